// Files on the machine of the CLI, with errors for people.

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { messageOf } from '../base/errors/gateway-error.ts';
import { CliError } from './cli-error.ts';

/** @param prefix how the command begins its errors */
export function readLocalFile(file: string, prefix = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${prefix}${file} cannot be read: ${messageOf(error)}`, 'usage');
  }
}

export function readLocalBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 'usage');
  }
}

/** @param mode for a file with secrets; one that is there gets it before the text */
export function writeLocalFile(file: string, text: string, mode?: number): void {
  try {
    if (mode !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile()) chmodSync(file, mode);
    writeFileSync(file, text, { mode });
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${messageOf(error)}`, 'usage');
  }
}
