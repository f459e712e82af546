// Files on the machine of the CLI, with errors for people.
import { readFileSync, writeFileSync } from 'node:fs';
import { CliError } from './cli-error.ts';

export function readLocalFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, 'usage');
  }
}

export function writeLocalFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`, 'usage');
  }
}
