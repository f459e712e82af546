// The file sink gathers: one write and one fsync stand for many rows, none of which counts as delivered before; and what a failure leaves in the
// file is exactly what was confirmed. On real files; the calls of the system are watched, held up and made to fail.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import file from '../../../src/connectors/file/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

let root: string;
/** All file handles have one prototype. */
let calls: FileHandle;
const log: string[] = [];
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-gathered-'));
  const some = await open(root, 'r');
  calls = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  log.length = 0;
  const { write, datasync, sync } = calls;
  vi.spyOn(calls, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
    log.push(`write ${(args[0] as Uint8Array).byteLength}`);
    return Reflect.apply(write, this, args);
  } as never);
  vi.spyOn(calls, 'datasync').mockImplementation(function (this: FileHandle) {
    log.push('fsync');
    return Reflect.apply(datasync, this, []);
  });
  vi.spyOn(calls, 'sync').mockImplementation(function (this: FileHandle) {
    log.push('folder');
    return Reflect.apply(sync, this, []);
  });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

async function sinkOf(props: Props) {
  const sink = file.sink!.create();
  await sink.configure!({ path: 'out', ...props });
  const ctx = { ...createTestContext(), clock: createVirtualClock(), getRootPath: () => root };
  await sink.open(ctx, () => undefined);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await sink.close(ctx);
    isOpen = false;
  };
  closers.push(close);
  const done: string[] = [];
  const failed: unknown[] = [];
  return {
    ctx,
    /** Entries that were answered, in the order of the answers. */
    done,
    failed,
    close,
    reopen: async () => {
      await sink.close(ctx);
      await sink.open(ctx, () => undefined);
    },
    give(...entries: string[]) {
      for (const e of entries)
        Promise.resolve(sink.collect(ctx, e)).then(
          () => done.push(e),
          (error: unknown) => failed.push(error),
        );
    },
    put: async (entry: string, dynamic?: Record<string, unknown>) => sink.collect(ctx, entry, dynamic),
    /** Advances until everything given is answered. */
    async answered(count: number) {
      await vi.waitFor(async () => {
        await ctx.clock.advance(100);
        expect(done.length + failed.length).toBe(count);
      });
    },
  };
}
const text = (name = 'out') => readFileSync(join(root, name), 'utf8');
const rows = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `r${from + i}`);

/** The next call fails; the write may take some bytes before. */
function failOnce(call: 'write' | 'datasync', code: string, takes = 0): void {
  const before = calls[call];
  vi.spyOn(calls, call).mockImplementationOnce(async function (this: FileHandle, ...args: unknown[]) {
    if (takes > 0) await Reflect.apply(before, this, [args[0], 0, takes]);
    throw Object.assign(new Error(`${code}: it was made to fail`), { code, syscall: call });
  } as never);
}

describe('a file sink', () => {
  // @covers issue:24#1
  it('gives the rows of a turn to the system in one write and makes them safe with one fsync', async () => {
    const s = await sinkOf({});
    s.give(...rows(500));
    await s.answered(500);
    expect(log).toEqual([expect.stringMatching(/^write /), 'fsync'].toSpliced(0, 0, ...log.filter((l) => l === 'folder')));
    expect(text()).toBe(rows(500).join('\n'));
    expect(s.done).toEqual(rows(500));
  });

  // @covers finding:appliance#3.6
  it('answers for no row before the fsync behind it has ended, and for all rows of it then', async () => {
    const s = await sinkOf({});
    const held = Promise.withResolvers<void>();
    vi.spyOn(calls, 'datasync').mockImplementationOnce(async () => {
      log.push('fsync begins');
      await held.promise;
    });
    s.give('a', 'b');
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(1);
      expect(log).toContain('fsync begins');
    });
    expect(text()).toBe('a\nb');
    // this one comes while the fsync is under way: the next one is for it
    s.give('c');
    await s.ctx.clock.advance(1000);
    expect(s.done).toEqual([]);
    held.resolve();
    await vi.waitFor(() => expect(s.done.slice(0, 2)).toEqual(['a', 'b']));
    await s.answered(3);
    expect(log.filter((l) => l === 'fsync')).toEqual(['fsync']);
    expect(text()).toBe('a\nb\nc');
  });

  it('makes the name of a new file safe before it answers for its first row, with the folders that were made for it', async () => {
    const s = await sinkOf({ path: 'new/folder/out' });
    s.give('a');
    await s.answered(1);
    expect(log.filter((l) => l !== 'write 1')).toEqual(['folder', 'folder', 'folder', 'fsync']);
    const synced = vi.mocked(calls.sync).mock.contexts.length;
    s.give('b');
    await s.answered(2);
    expect(vi.mocked(calls.sync).mock.contexts.length).toBe(synced);
  });

  it('waits for its interval with the next fsync, and writes after 10 ms already', async () => {
    const s = await sinkOf({ syncInterval: '200ms' });
    s.give('a');
    await vi.waitFor(() => expect(s.done).toEqual(['a']));
    s.give('b');
    await s.ctx.clock.advance(9);
    expect(text()).toBe('a');
    await s.ctx.clock.advance(1);
    await vi.waitFor(() => expect(text()).toBe('a\nb'));
    await s.ctx.clock.advance(189);
    expect(s.done).toEqual(['a']);
    await s.ctx.clock.advance(1);
    await vi.waitFor(() => expect(s.done).toEqual(['a', 'b']));
  });

  it('does not wait for its interval when several rows wait and no more come: their source may wait for the confirmation', async () => {
    const s = await sinkOf({});
    s.give('first');
    await vi.waitFor(() => expect(s.done).toEqual(['first']));
    await s.ctx.clock.advance(20);
    s.give(...rows(7));
    await s.ctx.clock.advance(20);
    expect(s.done.length).toBe(1);
    s.give('eighth');
    await vi.waitFor(() => expect(text().endsWith('eighth')).toBe(true));
    await s.ctx.clock.advance(5);
    await vi.waitFor(() => expect(s.done.length).toBe(9));
  });

  it('with syncInterval 0 makes each gathered write safe at once', async () => {
    const s = await sinkOf({ syncInterval: 0 });
    s.give('a', 'b');
    await vi.waitFor(() => expect(s.done).toEqual(['a', 'b']));
    s.give('c');
    await vi.waitFor(() => expect(s.done).toEqual(['a', 'b', 'c']));
    expect(log.filter((l) => l === 'fsync').length).toBe(2);
  });

  it('with sync: system answers when the system has the rows, without an fsync', async () => {
    const s = await sinkOf({ sync: 'system' });
    s.give('a', 'b');
    await vi.waitFor(() => expect(s.done).toEqual(['a', 'b']));
    expect(text()).toBe('a\nb');
    expect(log).toEqual(['write 3']);
  });

  it.each(['gzip', 'zstd'] as const)('answers for a row of a %s file when a reader could unpack it', async (compression) => {
    const s = await sinkOf({ compression, sync: 'system', syncInterval: 0 });
    s.give('a', 'b');
    await vi.waitFor(() => expect(s.done).toEqual(['a', 'b']));
    expect(unpackCut(compression, readFileSync(join(root, 'out')))).toBe('a\nb');
  });

  it.each([
    ['an fsync that fails', 'datasync', 0],
    ['a write that fails half way', 'write', 4],
  ] as const)(
    'after %s refuses all rows that are not safe, cuts the file behind the safe ones and goes on there',
    async (_n, call, takes) => {
      const s = await sinkOf({ syncInterval: 0 });
      s.give('safe 1', 'safe 2');
      await s.answered(2);
      failOnce(call, 'ENOSPC', takes);
      s.give('x', 'y');
      await s.answered(4);
      expect(s.done).toEqual(['safe 1', 'safe 2']);
      expect(s.failed.map((e) => [isRetriable(e), String(e).includes('ENOSPC'), String(e).includes(join(root, 'out'))])).toEqual([
        [true, true, true],
        [true, true, true],
      ]);
      expect(text()).toBe('safe 1\nsafe 2');
      s.give('x', 'y');
      await s.answered(6);
      expect(text()).toBe('safe 1\nsafe 2\nx\ny');
    },
  );

  it('goes on with a write of which the system took only a part', async () => {
    const s = await sinkOf({ syncInterval: 0 });
    const whole = calls.write;
    vi.spyOn(calls, 'write').mockImplementationOnce(async function (this: FileHandle, ...args: unknown[]) {
      return Reflect.apply(whole, this, [args[0], 0, 3]);
    } as never);
    s.give('first', 'second');
    await s.answered(2);
    expect(text()).toBe('first\nsecond');
    expect(s.done).toEqual(['first', 'second']);
  });

  it('that cannot cut the file after a failure cuts it when it opens it again', async () => {
    const s = await sinkOf({ syncInterval: 0 });
    s.give('safe');
    await s.answered(1);
    failOnce('write', 'EIO', 2);
    vi.spyOn(calls, 'truncate').mockRejectedValueOnce(new Error('EIO'));
    s.give('x');
    await s.answered(2);
    expect(text()).toBe('safe\nx');
    s.give('x');
    await s.answered(3);
    expect(text()).toBe('safe\nx');
    expect(s.done).toEqual(['safe', 'x']);
  });

  it('with append cuts a failed first write off what was there before', async () => {
    const first = await sinkOf({ append: true, syncInterval: 0 });
    await first.put('old');
    await first.close();
    const s = await sinkOf({ append: true, syncInterval: 0 });
    failOnce('write', 'ENOSPC', 3);
    s.give('x');
    await s.answered(1);
    expect(text()).toBe('old');
    s.give('x');
    await s.answered(2);
    expect(text()).toBe('old\nx');
  });

  it.each(['gzip', 'zstd'] as const)('leaves a %s file that is whole after a failure, and goes on in it', async (compression) => {
    const unpack = compression === 'gzip' ? zlib.gunzipSync : zlib.zstdDecompressSync;
    const s = await sinkOf({ compression, fileType: 'json', syncInterval: 0 });
    s.give('1');
    await s.answered(1);
    s.give('2');
    await s.answered(2);
    failOnce('datasync', 'EIO');
    s.give('3');
    await s.answered(3);
    s.give('3', '4');
    await s.answered(5);
    await s.close();
    expect(JSON.parse(String(unpack(readFileSync(join(root, 'out')))))).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['lines', ''],
    ['lines', 'gzip'],
    ['json', ''],
    ['json', 'gzip'],
  ] as const)('that is closed and opened again by its gateway goes on in its file (%s %s)', async (fileType, compression) => {
    const s = await sinkOf({ fileType, compression, syncInterval: 0 });
    await s.put('1');
    await s.reopen();
    await s.put('2');
    await s.reopen();
    await s.put('3');
    await s.close();
    const bytes = readFileSync(join(root, 'out'));
    const all = String(compression ? zlib.gunzipSync(bytes) : bytes);
    expect(fileType === 'json' ? JSON.parse(all) : all.split('\n').map(Number)).toEqual([1, 2, 3]);
  });

  it('rolls by count to the row, also when many come at once', async () => {
    const s = await sinkOf({ rollingCount: 3, rollingNamePattern: 'suffix', path: 'out.log' });
    s.give(...rows(8));
    await s.answered(8);
    await s.close();
    const { readdirSync } = await import('node:fs');
    const names = readdirSync(root).sort();
    expect(names.map(text)).toEqual(['r0\nr1\nr2', 'r3\nr4\nr5', 'r6\nr7']);
  });

  it('begins a rolled file of the same name when the one before is safe and closed', async () => {
    const s = await sinkOf({ rollingCount: 2, syncInterval: 0 });
    const held = Promise.withResolvers<void>();
    vi.spyOn(calls, 'datasync').mockImplementationOnce(() => held.promise);
    s.give('1', '2', '3');
    await vi.waitFor(() => expect(text()).toBe('1\n2'));
    await s.ctx.clock.advance(1000);
    expect(text()).toBe('1\n2');
    held.resolve();
    await s.answered(3);
    expect(text()).toBe('3');
    expect(s.done).toEqual(['1', '2', '3']);
  });

  it('does not overwrite what another program did to its file while it rested', async () => {
    const s = await sinkOf({ path: '{{.p}}', syncInterval: 0 });
    await s.put('one', { path: 'a' });
    await Promise.all(rows(64).map((r) => s.put(r, { path: r })));
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(root, 'a'), '');
    await s.put('two', { path: 'a' });
    expect(text('a')).toBe('\ntwo');
  });

  it('makes the names of folders safe once, and the folder of a file for each new file', async () => {
    const s = await sinkOf({ path: 'a/b/{{.p}}', syncInterval: 0 });
    await s.put('1', { path: 'a/b/x' });
    expect(log.filter((l) => l === 'folder').length).toBe(3);
    await s.put('2', { path: 'a/b/y' });
    expect(log.filter((l) => l === 'folder').length).toBe(4);
  });

  it('opens files after many that could not be opened', async () => {
    const s = await sinkOf({ path: 'out/{{.p}}', syncInterval: 0 });
    await s.put('x', { path: 'out/file' });
    const refused = await Promise.allSettled(rows(70).map((r) => s.put(r, { path: `out/file/${r}` })));
    expect(refused.every((r) => r.status === 'rejected')).toBe(true);
    await s.put('1', { path: 'out/other' });
    expect(text('out/other')).toBe('1');
  });

  it('refuses rows of a place that is not for results, and takes those of others in the same turn', async () => {
    const s = await sinkOf({ path: 'out/{{.p}}', syncInterval: 0 });
    await s.put('x', { path: 'out/a/b' });
    const results = await Promise.allSettled([s.put('1', { path: 'out/a' }), s.put('2', { path: 'out/c' })]);
    expect(results.map((r) => r.status)).toEqual(['rejected', 'fulfilled']);
    expect(isRetriable((results[0] as PromiseRejectedResult).reason)).toBe(false);
    expect(text('out/c')).toBe('2');
    expect(dirname(join(root, 'out/c'))).toBe(join(root, 'out'));
  });
});

/** What a reader gets of a file whose end is not there yet. */
function unpackCut(kind: 'gzip' | 'zstd', bytes: Buffer): string {
  if (kind === 'gzip') return String(zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH }));
  return String(zlib.zstdDecompressSync(Buffer.concat([bytes, Buffer.from([1, 0, 0])])));
}
