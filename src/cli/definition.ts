// The definition of a rule, plugin or schema: JSON as second argument, or a file with -f.

import { readFileSync } from 'node:fs';
import { messageOf } from '../base/errors/gateway-error.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command.ts';

/** @param what for messages, e.g. `rule`  @param at index of the JSON argument
 *  @throws CliError when both or neither are given, or the file cannot be read */
export function definitionText({ args, flags }: CommandContext, what: string, at = 1): string {
  const file = flags['file'];
  if (typeof file === 'string') {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // eKuiper's spelling
      throw new CliError(`The specified ${what} defenition file ${file} is not existed.`, 'usage');
    }
  }
  const text = args[at];
  if (text === undefined) throw new CliError(`Expect ${what} name and json.\nBut found ${args.length} args:[${args.join(' ')}].`, 'usage');
  return text;
}

/** @throws CliError when it is not a JSON object */
export function parseDefinition(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new CliError(`The definition of the ${what} is not valid JSON: ${messageOf(error)}`, 'usage');
  }
  throw new CliError(`The definition of the ${what} is not a JSON object.`, 'usage');
}
