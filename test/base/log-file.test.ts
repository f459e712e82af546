// A log file that is rotated by size and survives a disk that takes nothing.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogFile } from '../../src/base/log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nothing = () => undefined;
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('log file', () => {
  it('is begun anew at its size; the oldest one goes', async () => {
    for (let i = 1; i <= 5; i++) {
      const file = createLogFile({ path: join(folder, 'r.log'), maxBytes: 10, keep: 2, failed: nothing });
      file.write(`line ${i} ..`);
      await file.close();
    }
    expect([read('r.log'), read('r.log.1'), read('r.log.2')]).toEqual(['line 5 ..\n', 'line 4 ..\n', 'line 3 ..\n']);
    expect(existsSync(join(folder, 'r.log.3'))).toBe(false);
  });

  it('goes on in a file that is there, and makes its folder', async () => {
    const path = join(folder, 'sub', 'r.log');
    for (const line of ['a', 'b']) {
      const file = createLogFile({ path, maxBytes: 0, keep: 0, failed: nothing });
      file.write(line);
      await file.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
  });

  it('says once that it cannot be written, and how many lines are missing', async () => {
    writeFileSync(join(folder, 'blocked'), '');
    const failures: string[] = [];
    const file = createLogFile({ path: join(folder, 'blocked', 'r.log'), maxBytes: 0, keep: 0, failed: (f) => void failures.push(f) });
    file.write('a');
    await file.close();
    file.write('too late');
    expect(failures).toHaveLength(1);
  });

  it('takes no more than a bound when lines come faster than the disk writes', async () => {
    const file = createLogFile({ path: join(folder, 'r.log'), maxBytes: 0, keep: 0, failed: nothing });
    const line = 'x'.repeat(100_000);
    for (let i = 0; i < 30; i++) file.write(line);
    await file.close();
    const lines = read('r.log').trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ level: 'warn', msg: 'Lines are missing here.', lines: 19 });
  });
});
