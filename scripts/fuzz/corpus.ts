// The kept corpus: one text file per target below test/fuzz/corpus, one input per line as a JSON string (a character per byte), so that a
// change can be read. Used by the drivers and by test/fuzz.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const CORPUS_FOLDER = path.join(import.meta.dirname, '../../test/fuzz/corpus');

const lineOf = (input: Uint8Array): string =>
  JSON.stringify(Buffer.from(input).toString('latin1')).replace(/[\x7f-\xff]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

/** @returns [] when nothing is kept yet */
export function readCorpus(target: string, folder = CORPUS_FOLDER): Uint8Array[] {
  const file = path.join(folder, `${target}.txt`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(JSON.parse(line) as string, 'latin1'));
}

export function writeCorpus(target: string, inputs: readonly Uint8Array[], folder = CORPUS_FOLDER): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${target}.txt`), inputs.map((i) => `${lineOf(i)}\n`).join(''));
}
