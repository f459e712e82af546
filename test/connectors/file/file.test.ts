// File source and sink on real files: types, positions over a restart, folders, rolling, compression.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import file from '../../../src/connectors/file/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

let root: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-file-'));
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(root, { recursive: true, force: true });
});
const put = (name: string, text: string | Uint8Array, atSeconds?: number): void => {
  writeFileSync(join(root, name), text);
  if (atSeconds !== undefined) utimesSync(join(root, name), atSeconds, atSeconds);
};
const context = () => ({ ...createTestContext(), clock: createVirtualClock(Date.now()), getRootPath: () => root });

/** Items: objects as they are, bytes as text. */
async function read(name: string, props: Props, saved?: unknown, hold?: () => Promise<void> | undefined) {
  const source = file.source!.create();
  await source.configure!(name, { path: '.', ...props });
  if (saved !== undefined) source.rewind!(saved);
  const ctx = context();
  const got: unknown[] = [];
  const metas: unknown[] = [];
  const ends: (Error & { code?: string })[] = [];
  await source.open(
    ctx,
    (data, meta) => {
      got.push(data instanceof Uint8Array ? Buffer.from(data).toString() : data);
      metas.push(meta);
      return hold?.();
    },
    (e) => ends.push(e),
  );
  closers.push(() => source.close(ctx));
  return { source, ctx, got, metas, ends, ended: () => vi.waitFor(() => expect(ends.length).toBe(1)) };
}

describe('file source', () => {
  const cases: [name: string, content: string, props: Props, expected: unknown[]][] = [
    ['json: an array of objects', '[{"a":1},{"a":2}]', {}, [{ a: 1 }, { a: 2 }]],
    ['json: one object', '{"a":{"b":[1]}}', {}, [{ a: { b: [1] } }]],
    ['json: an empty file', '', {}, []],
    ['lines', 'one\r\ntwo\n\nthree', { fileType: 'lines' }, ['one', 'two', 'three']],
    ['any other type as a whole', 'a\nb', { fileType: 'raw' }, ['a\nb']],
    ['csv without names', '1,x\n2,y\n', { fileType: 'csv' }, [{ cols0: '1', cols1: 'x' }, { cols0: '2', cols1: 'y' }]], // biome-ignore format: one case per line
    ['csv with a header', 'id,name\n1,x', { fileType: 'csv', hasHeader: true }, [{ id: '1', name: 'x' }]],
    ['csv with columns', '1;x', { fileType: 'csv', columns: ['id', 'n'], delimiter: ';' }, [{ id: '1', n: 'x' }]],
    [
      'csv with columns and a header to skip',
      'a,b\n1,x',
      { fileType: 'csv', columns: ['id', 'n'], hasHeader: true },
      [{ id: '1', n: 'x' }],
    ],
    ['csv with quotes', 'a,b\n"x, ""y""","two\nlines"', { fileType: 'csv', hasHeader: true }, [{ a: 'x, "y"', b: 'two\nlines' }]],
    [
      'csv rows that are short or long',
      'a,b\n1\n1,2,3',
      { fileType: 'csv', hasHeader: true },
      [{ a: '1' }, { a: '1', b: '2', cols2: '3' }],
    ],
    ['without lines at both ends', '#1\n#2\na\nb\nend', { fileType: 'lines', ignoreStartLines: 2, ignoreEndLines: 1 }, ['a', 'b']],
    [
      'csv below a preamble',
      '# made by x\nid\n1\n2\ntotal',
      { fileType: 'csv', hasHeader: true, ignoreStartLines: 1, ignoreEndLines: 1 },
      [{ id: '1' }, { id: '2' }],
    ],
  ];
  it.each(cases)('reads %s', async (_name, content, props, expected) => {
    put('f', content);
    const s = await read('f', props);
    await s.ended();
    expect(s.ends[0]!.code).toBe('END_OF_INPUT');
    expect(s.got).toEqual(expected);
    expect(s.metas.every((m) => (m as { file: string }).file === join(root, 'f'))).toBe(true);
  });

  it('keeps whole numbers beyond 2^53 exact when asked', async () => {
    put('f.json', '[{"a":9007199254740993,"b":1.5}]');
    const s = await read('f.json', { useInt64ForWholeNumber: true });
    await s.ended();
    expect(s.got).toEqual([{ a: 9007199254740993n, b: 1.5 }]);
  });

  it.each([
    ['gzip', zlib.gzipSync],
    ['zlib', zlib.deflateSync],
    ['flate', zlib.deflateRawSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)('unpacks %s', async (decompression, pack) => {
    put('f', pack(Buffer.from('{"a":1}')));
    const s = await read('f', { decompression });
    await s.ended();
    expect(s.got).toEqual([{ a: 1 }]);
  });

  it.each([
    ['{"a":', 'invalid JSON payload'],
    ['[1]', 'must hold an object or an array of objects'],
  ])('reports %s', async (content, part) => {
    put('f', content);
    const s = await read('f', {});
    await s.ended();
    expect(s.ends[0]!.message).toContain(part);
    expect(s.ends[0]!.code).not.toBe('END_OF_INPUT');
  });

  it('goes on within a file after a restart', async () => {
    put('f', 'a\nb\nc\nd', 1000);
    let release: () => void = () => undefined;
    const first = await read('f', { fileType: 'lines' }, undefined, () => {
      if (first.got.length < 2) return undefined;
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    await vi.waitFor(() => expect(first.got).toEqual(['a', 'b']));
    const offset = structuredClone(first.source.offset!());
    await first.source.close(first.ctx);
    release();
    const second = await read('f', { fileType: 'lines' }, offset);
    await second.ended();
    expect(second.got).toEqual(['c', 'd']);
  });

  it('reads a file from its beginning when it was truncated or replaced meanwhile', async () => {
    put('f', 'a\nb\nc\nd', 1000);
    const first = await read('f', { fileType: 'lines' }, undefined, () =>
      first.got.length < 3 ? undefined : new Promise(() => undefined),
    );
    await vi.waitFor(() => expect(first.got.length).toBe(3));
    const offset = structuredClone(first.source.offset!());
    await first.source.close(first.ctx);
    truncateSync(join(root, 'f'), 3);
    const second = await read('f', { fileType: 'lines' }, offset);
    await second.ended();
    expect(second.got).toEqual(['a', 'b']);
  });

  it('reads again at each interval, also when the file comes later', async () => {
    put('f', 'a');
    const s = await read('f', { fileType: 'lines', interval: '10s' });
    await vi.waitFor(() => expect(s.got).toEqual(['a']));
    rmSync(join(root, 'f'));
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(10_000);
    });
    put('f', 'b');
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(10_000);
      expect(s.got.at(-1)).toBe('b');
    });
    expect(s.ends).toEqual([]);
  });

  it('pauses between rows', async () => {
    put('f', '[{"a":1},{"a":2}]');
    const s = await read('f', { sendInterval: '1s' });
    await vi.waitFor(() => expect(s.got.length).toBe(1));
    await s.ctx.clock.advance(999);
    expect(s.got.length).toBe(1);
    await s.ctx.clock.advance(1);
    await vi.waitFor(() => expect(s.got.length).toBe(2));
  });

  it('deletes or moves files that were read', async () => {
    put('f', 'a');
    await (await read('f', { fileType: 'lines', actionAfterRead: 1 })).ended();
    expect(existsSync(join(root, 'f'))).toBe(false);
    put('g', 'a');
    await (await read('g', { fileType: 'lines', actionAfterRead: 2, moveTo: 'done/today' })).ended();
    expect(existsSync(join(root, 'g'))).toBe(false);
    expect(readFileSync(join(root, 'done/today/g'), 'utf8')).toBe('a');
  });

  it('reads the files of a folder, oldest first, then those that come; a bad one is counted and left behind', async () => {
    mkdirSync(join(root, 'in/sub'), { recursive: true });
    put('in/b', 'first', 1000);
    put('in/a', 'second', 2000);
    put('in/.hidden', 'no', 1500);
    const s = await read('in', { fileType: 'lines' });
    await vi.waitFor(() => expect(s.got).toEqual(['first', 'second']));
    put('in/c', 'third');
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(1000);
      expect(s.got).toEqual(['first', 'second', 'third']);
    });
    const offset = structuredClone(s.source.offset!());
    await s.source.close(s.ctx);
    put('in/d', 'while away', Date.now() / 1000 + 5);
    const again = await read('in', { fileType: 'lines' }, offset);
    await vi.waitFor(async () => {
      await again.ctx.clock.advance(6000);
      expect(again.got).toEqual(['while away']);
    });
  });

  it('reads a folder at an interval, and goes on after a file that cannot be read', async () => {
    mkdirSync(join(root, 'in'));
    put('in/a', '{bad', 1000);
    put('in/b', '{"x":1}', 2000);
    const s = await read('in', { interval: '5s' });
    await vi.waitFor(() => expect(s.got).toEqual([{ x: 1 }]));
    expect(s.ctx.drops[0]).toContain('1 file a: file');
    put('in/c', '{"x":2}', 3000);
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(5000);
      expect(s.got).toEqual([{ x: 1 }, { x: 2 }]);
    });
  });

  it('refuses a file that does not exist, and wrong properties', async () => {
    await expect(read('none', {})).rejects.toThrow(`file ${join(root, 'none')} not exist`);
    await expect(read('f', { actionAfterRead: 3 })).rejects.toThrow('invalid actionAfterRead: 3');
    await expect(read('f', { actionAfterRead: 2 })).rejects.toThrow('missing moveTo');
    await expect(read('f', { fileType: 'csv', decompression: 'gzip' })).rejects.toThrow('decompression is not supported for csv file type');
    await expect(read('f', { decompression: 'rar' })).rejects.toThrow('rar');
  });
});

async function sinkOf(props: Props) {
  const sink = file.sink!.create();
  // the clock stands still: nothing is gathered over time
  await sink.configure!({ syncInterval: 0, ...props });
  const ctx = context();
  await sink.open(ctx, () => undefined);
  let open = true;
  const close = async () => {
    if (open) await sink.close(ctx);
    open = false;
  };
  closers.push(close);
  return { ctx, close, write: async (data: string, dynamic?: Record<string, unknown>) => sink.collect(ctx, data, dynamic) };
}
const text = (name: string) => readFileSync(join(root, name), 'utf8');

describe('file sink', () => {
  it('writes lines without one at the end, and truncates a file that it opens', async () => {
    put('out.log', 'old old old');
    const s = await sinkOf({ path: 'out.log' });
    await s.write('{"a":1}');
    await s.write('{"a":2}');
    await s.close();
    expect(text('out.log')).toBe('{"a":1}\n{"a":2}');
  });

  it('with append goes on at the end of what is there; a file that is rolled in a run is begun anew', async () => {
    put('out.log', 'old');
    for (const line of ['one', 'two']) {
      const s = await sinkOf({ path: 'out.log', append: true });
      await s.write(line);
      await s.close();
    }
    expect(text('out.log')).toBe('old\none\ntwo');
    const s = await sinkOf({ path: 'new.log', append: true, rollingCount: 2 });
    for (const line of ['1', '2', '3']) await s.write(line);
    await s.close();
    expect(text('new.log')).toBe('3');
    await expect(sinkOf({ path: 'x', append: true, fileType: 'json' })).rejects.toThrow('append is for fileType lines and csv');
  });

  it.each([
    ['lines', '', (t: Buffer) => String(t).split('\n')],
    ['json', '', (t: Buffer) => (JSON.parse(String(t)) as number[]).map(String)],
    ['json', 'gzip', (t: Buffer) => (JSON.parse(String(zlib.gunzipSync(t))) as number[]).map(String)],
  ] as const)('keeps what it wrote to more files than may be open (%s %s)', async (fileType, compression, read) => {
    const s = await sinkOf({ path: '{{.p}}', fileType, compression });
    for (let round = 0; round < 3; round++) for (let i = 0; i < 80; i++) await s.write(String(round), { path: `f${i}` });
    await s.close();
    for (let i = 0; i < 80; i++) expect(read(readFileSync(join(root, `f${i}`)))).toEqual(['0', '1', '2']);
  });

  it('has an entry in the file when it says so', async () => {
    const s = await sinkOf({ path: 'deep/er/out.log' });
    await s.write('one');
    expect(text('deep/er/out.log')).toBe('one');
  });

  it('writes one array per json file', async () => {
    const s = await sinkOf({ path: 'out.json', fileType: 'json' });
    await s.write('{"a":1}');
    await s.write('{"a":2}');
    await s.close();
    expect(JSON.parse(text('out.json'))).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('writes csv with a header per file', async () => {
    const s = await sinkOf({ path: 'out.csv', fileType: 'csv', format: 'delimited', hasHeader: true, fields: ['b', 'a'], rollingCount: 2, rollingNamePattern: 'suffix' }); // biome-ignore format: one line
    await s.write('1,2');
    await s.write('3,4');
    await s.ctx.clock.advance(5);
    await s.write('5,6');
    await s.close();
    const names = readdirSync(root).sort();
    expect(names.every((n) => /^out-\d{13}\.csv$/.test(n))).toBe(true);
    expect(names.map(text)).toEqual(['b,a\n1,2\n3,4', 'b,a\n5,6']);
  });

  it('rolls by size', async () => {
    const s = await sinkOf({ path: 'x.log', rollingSize: 10, rollingNamePattern: 'prefix' });
    for (const line of ['12345', '67890', 'abc']) {
      await s.write(line);
      await s.ctx.clock.advance(1);
    }
    await s.close();
    const names = readdirSync(root).sort();
    expect(names.every((n) => /^\d{13}-x\.log$/.test(n))).toBe(true);
    expect(names.map(text)).toEqual(['12345\n67890', 'abc']);
  });

  it('rolls by age, and never without rollingInterval', async () => {
    const s = await sinkOf({ path: 'x.log', rollingInterval: '1m', rollingNamePattern: 'suffix' });
    const kept = await sinkOf({ path: 'kept.txt' });
    await s.write('a');
    await kept.write('a');
    await s.ctx.clock.advance(61_000);
    await kept.ctx.clock.advance(3_600_000);
    await s.write('b');
    await kept.write('b');
    await s.close();
    await kept.close();
    expect(readdirSync(root).filter((n) => n.endsWith('.log')).sort().map(text)).toEqual(['a', 'b']); // biome-ignore format: one line
    expect(text('kept.txt')).toBe('a\nb');
  });

  it('never writes two rolled files over each other within one millisecond', async () => {
    const s = await sinkOf({ path: 'x.log', rollingCount: 1, rollingNamePattern: 'suffix' });
    for (const line of ['a', 'b', 'c']) await s.write(line);
    await s.close();
    expect(readdirSync(root).map(text).sort()).toEqual(['a', 'b', 'c']);
  });

  it('names files by a template, each with its own entries', async () => {
    const s = await sinkOf({ path: '{{.dev}}.log' });
    for (const [dev, line] of [['a', '1'], ['b', '2'], ['a', '3']] as const) await s.write(line, { path: `${dev}.log` }); // biome-ignore format: one line
    await s.close();
    expect([text('a.log'), text('b.log')]).toEqual(['1\n3', '2']);
  });

  it('keeps the number of open files bounded', async () => {
    const s = await sinkOf({ path: '{{.dev}}.log', rollingNamePattern: 'suffix' });
    for (let i = 0; i < 100; i++) await s.write(String(i), { path: `${i}.log` });
    await s.close();
    expect(readdirSync(root).length).toBe(100);
  });

  it.each([
    ['gzip', zlib.gunzipSync],
    ['zstd', zlib.zstdDecompressSync],
  ] as const)('writes %s', async (compression, unpack) => {
    const s = await sinkOf({ path: 'x', compression });
    await s.write('a');
    await s.write('b');
    await s.close();
    expect(unpack(readFileSync(join(root, 'x'))).toString()).toBe('a\nb');
  });

  it('says that a path cannot be written, and may be tried again', async () => {
    put('f', 'x');
    const s = await sinkOf({ path: 'f/below/a.log' });
    const error = await s.write('a').catch((e: unknown) => e);
    expect(isRetriable(error)).toBe(true);
    expect(String(error)).toContain('f/below');
  });

  it.each([
    [{ fileType: 'csv' }, 'format must be delimited when fileType is csv'],
    [{ rollingCount: 0 }, 'one of rollingInterval, rollingCount, or rollingSize must be set'],
    [{ compression: 'zlib' }, 'compression must be one of gzip, zstd'],
    [{ fileType: 'xml' }, 'fileType'],
    [{ rollingNamePattern: 'middle' }, 'rollingNamePattern'],
    [{ rollingHook: 'h' }, 'rolling hook h is not registered'],
  ] as [Props, string][])('refuses %j', async (props, part) => {
    await expect(sinkOf({ path: 'x', ...props })).rejects.toThrow(part);
  });
});
