// What was typed at the prompt of `kuiper query`, newest first, in a file of the user alone. Used by query.ts.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../config/index.ts';

export const MAX_LINES = 500;

/** Where the XDG base directories say. */
export const historyFile = (env: Environment): string =>
  join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state'), 'kuiper/query-history');

export function readHistory(env: Environment): string[] {
  try {
    return readFileSync(historyFile(env), 'utf8').split('\n').filter(Boolean).slice(-MAX_LINES).reverse();
  } catch {
    return []; // the first time
  }
}

/** @param lines newest first */
export function writeHistory(env: Environment, lines: readonly string[]): void {
  const file = historyFile(env);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, `${lines.slice(0, MAX_LINES).toReversed().join('\n')}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // a home that cannot be written: the prompt works without a memory
  }
}
