// Clean-up on a full disk: rules, states and queues can be deleted, the space comes back, and the reserve too. Needs a small tmpfs, and so root.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog, type LogFields } from '../../src/base/log.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { canMount } from '../helpers/mount.ts';

let folder: string;
let store: Store;
let lines: LogFields[];
const clock = createVirtualClock();
const open = () => {
  const memory = createMemoryLog();
  lines = memory.lines;
  return openStore({ dataDir: folder, clock, log: memory.log });
};
const fill = () => {
  for (let i = 0, size = 1 << 20; size >= 512; size >>= 1)
    try {
      for (;;) writeFileSync(join(folder, `filler-${i++}`), Buffer.alloc(size));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
};
const free = () => execFileSync('sh', ['-c', `rm -f ${folder}/filler-*`]);
const page = (seq: number) => ({ seq, rows: 1, bytes: 20_000, atMs: 1 });

describe.runIf(canMount)('on a full disk', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
    store = open();
    for (let i = 0; i < 50; i++) await store.kv('rule').set(`r${i}`, 'x'.repeat(1000));
    await store.checkpoints.save({ rule: 'r1', atMs: 1, state: Buffer.alloc(30_000) });
    for (let seq = 1; seq <= 200; seq++) await store.sinkQueues.append('r1/mqtt_0', page(seq), Buffer.alloc(20_000, seq));
  });
  afterEach(async () => {
    await store.close();
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:13#6
  // @covers finding:security#D6
  it('what a rule has is deleted, the space of its queue goes back to the disk, and it stays deleted', async () => {
    expect(statSync(join(folder, 'reserve')).size).toBeGreaterThanOrEqual(512 * 1024);
    fill();
    await expect(store.kv('rule').set('new', 'y'.repeat(200_000))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await store.kv('rule').delete('r1')).toBe(true);
    await store.checkpoints.delete('r1');
    await store.sinkQueues.clear('r1/mqtt_0');
    expect(await store.sinkQueues.pages('r1/mqtt_0')).toEqual([]);
    // 4 MB of rows were there
    expect(statSync(join(folder, 'cache.db')).size).toBeLessThan(200_000);
    expect(store.freeBytes()).toBeGreaterThan(3_000_000);
    // and now others can work again
    await store.kv('rule').set('new', 'y'.repeat(20_000));
    await store.close();
    store = open();
    expect(await store.kv('rule').keys()).toHaveLength(50);
    expect(await store.kv('rule').get('r1')).toBeUndefined();
    expect(await store.checkpoints.load('r1')).toBeUndefined();
  });

  // @covers issue:13#6
  it('the reserve is used in need, told, and made again when there is space', async () => {
    fill();
    // the log of the database has no room either: its file is given back at a clean stop
    await store.close();
    fill();
    store = open();
    expect(await store.kv('rule').delete('r2')).toBe(true);
    for (let i = 10; i < 30; i++) expect(await store.kv('rule').delete(`r${i}`)).toBe(true);
    expect(await store.kv('rule').keys()).toHaveLength(29);
    expect(existsSync(join(folder, 'reserve'))).toBe(false);
    expect(store.reports().map((r) => r.text)).toContain(
      'the disk was full; the reserve for deletions was used and comes back when there is space',
    );
    expect(lines.some((l) => l['code'] === 'STORE_RESERVE')).toBe(true);
    free();
    await clock.advance(10_000);
    expect(statSync(join(folder, 'reserve')).size).toBeGreaterThanOrEqual(256 * 1024);
    expect(store.reports().filter((r) => r.file === 'reserve')).toEqual([]);
  });
});

describe('the file of an earlier version', () => {
  // @covers issue:13#6
  it('shrinks too, once nothing is in it', async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-shrink-'));
    const { createDatabase } = await import('../../src/store/database.ts');
    const { default: sqlite } = await import('sqlite3');
    // without auto_vacuum, as it was made
    await new Promise<void>((resolve) => {
      const db = new sqlite.Database(join(folder, 'cache.db'), () =>
        db.exec('PRAGMA journal_mode = WAL; CREATE TABLE x (a)', () => db.close(() => resolve())),
      );
    });
    expect(typeof createDatabase).toBe('function');
    store = open();
    for (let seq = 1; seq <= 100; seq++) await store.sinkQueues.append('q', page(seq), Buffer.alloc(20_000, seq));
    await store.sinkQueues.append('other', page(1), Buffer.alloc(10));
    await store.sinkQueues.clear('q');
    expect(await store.sinkQueues.read('other', 1)).toEqual(Buffer.alloc(10));
    await store.sinkQueues.clear('other');
    expect(statSync(join(folder, 'cache.db')).size).toBeLessThan(100_000);
    await store.close();
    rmSync(folder, { recursive: true });
  });
});
