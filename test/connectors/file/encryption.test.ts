// Encrypted files of the file sink: one stream of AES-CFB behind 16 bytes of IV, as eKuiper writes them, also when a file is gone on with at any byte.
// @covers issue:21#6 finding:parity#11
import { createDecipheriv } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import file from '../../../src/connectors/file/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-file-aes-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** As a reader of eKuiper's files does it. */
function open(name: string, key: Uint8Array): Buffer {
  const bytes = readFileSync(join(root, name));
  const decipher = createDecipheriv(`aes-${key.length * 8}-cfb`, key, bytes.subarray(0, 16));
  return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
}

async function sinkOf(props: Props, aesKey: Uint8Array | undefined) {
  const sink = file.sink!.create();
  await sink.configure!({ encryption: 'aes', ...props });
  const ctx = { ...createTestContext(), clock: createVirtualClock(), getRootPath: () => root, aesKey };
  await sink.open(ctx, () => undefined);
  return {
    async write(text: string, path?: string) {
      const safe = Promise.resolve(sink.collect(ctx, text, path === undefined ? undefined : { path }));
      let done = false;
      const settled = safe.finally(() => {
        done = true;
      });
      settled.catch(() => undefined);
      while (!done) {
        await ctx.clock.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return settled;
    },
    async close() {
      await sink.close(ctx);
    },
  };
}

describe('encryption of the file sink', () => {
  it.each([16, 24, 32])('writes one stream with a key of %i bytes; no two files begin alike', async (size) => {
    const key = Buffer.alloc(size, 7);
    for (const name of ['a', 'b']) {
      const s = await sinkOf({ path: name }, key);
      await s.write('{"planted":1}');
      await s.write('{"planted":2}');
      await s.close();
      expect(open(name, key).toString()).toBe('{"planted":1}\n{"planted":2}');
      expect(readFileSync(join(root, name)).includes('planted')).toBe(false);
    }
    expect(readFileSync(join(root, 'a'))).not.toEqual(readFileSync(join(root, 'b')));
  });

  const key = Buffer.from('0123456789abcdef0123456789abcdef');

  it('goes on at every length of what is there (append)', async () => {
    let written = '';
    for (let length = 1; length <= 40; length++) {
      const s = await sinkOf({ path: 'x', append: true }, key);
      const line = String(length % 10).repeat(length);
      await s.write(line);
      await s.close();
      written += (written === '' ? '' : '\n') + line;
      expect(open('x', key).toString()).toBe(written);
    }
  });

  it.each([
    ['lines', '', (b: Buffer) => b.toString().split('\n')],
    ['json', '', (b: Buffer) => (JSON.parse(b.toString()) as number[]).map(String)],
    ['json', 'gzip', (b: Buffer) => (JSON.parse(zlib.gunzipSync(b).toString()) as number[]).map(String)],
    ['lines', 'zstd', (b: Buffer) => zlib.zstdDecompressSync(b).toString().split('\n')],
  ] as const)('goes on with files that rested (%s %s): compressed first, then encrypted', async (fileType, compression, read) => {
    const s = await sinkOf({ path: '{{.p}}', fileType, compression }, key);
    for (let round = 0; round < 3; round++) for (let i = 0; i < 70; i++) await s.write(String(round), `f${i}`);
    await s.close();
    for (let i = 0; i < 70; i++) expect(read(open(`f${i}`, key))).toEqual(['0', '1', '2']);
  });

  it('does not add to a file that is none of it', async () => {
    writeFileSync(join(root, 'x'), 'plain');
    const s = await sinkOf({ path: 'x', append: true }, key);
    await expect(s.write('row')).rejects.toThrow('it is no encrypted file');
    await s.close();
    expect(readFileSync(join(root, 'x'), 'utf8')).toBe('plain');
  });

  it('writes nothing without a key, and refuses another algorithm', async () => {
    await expect(sinkOf({ path: 'x' }, undefined)).rejects.toThrow('AES Key is not defined');
    await expect(sinkOf({ path: 'x', encryption: 'des' }, key)).rejects.toThrow("encryptor 'des' is not supported");
    expect(existsSync(join(root, 'x'))).toBe(false);
  });
});
