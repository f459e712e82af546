// What was checked on which image, when, and what came of it: image/out/test-image.json of the last runs, and test/image/record.json, which is committed and must not
// grow old (test/docs/image-record.test.ts). A machine that is run again replaces its own part only. Used by main.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '../../src/system/update/download.ts';
import type { CheckResult } from './report.ts';

export interface PartRecord {
  /** Of the source that the test was run from. */
  commit: string;
  /** Of the image file. */
  image: string;
  at: string;
  /** Work of the machine that emulated: figures in notes depend on it. */
  load: number;
  checks: CheckResult[];
}

export type ImageRecord = Record<string, PartRecord>;

export const RECORD = join(import.meta.dirname, 'record.json');

export interface Results {
  image: string;
  part: string;
  results: readonly CheckResult[];
  /** All checks of the part ran. */
  whole: boolean;
  record: boolean;
}

export async function writeResults({ image, part, results, whole, record }: Results): Promise<void> {
  const entry: PartRecord = {
    commit: execFileSync('git', ['-C', import.meta.dirname, 'rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim(),
    image: await sha256Of(image),
    at: new Date().toISOString().slice(0, 16).concat('Z'),
    load: Math.round(loadavg()[1]!),
    checks: [...results],
  };
  for (const file of [join(image, '../test-image.json'), ...(record && whole ? [RECORD] : [])]) {
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ImageRecord) : {};
    writeFileSync(file, `${JSON.stringify({ ...before, [part]: entry }, null, 2)}\n`);
  }
}
