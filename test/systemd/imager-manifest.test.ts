// The list for Raspberry Pi Imager as a program: sizes and sums of both files, as Imager checks them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const repo = join(import.meta.dirname, '../..');

test('names the file with sizes and checksums of both forms, the boards, and the day of the build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imager-'));
  try {
    const image = join(folder, 'x.img');
    const packed = join(folder, 'x.img.zst');
    writeFileSync(image, Buffer.alloc(5000, 1));
    writeFileSync(packed, 'packed');
    const out = join(folder, 'list.json');
    const args = [
      '--image',
      image,
      '--packed',
      packed,
      '--version',
      '0.2.0',
      '--epoch',
      '1795392000',
      '--out',
      out,
      '--url',
      'https://example.org/files',
    ];
    execFileSync(join(repo, 'node_modules/node/bin/node'), [join(repo, 'image/lib/imager-manifest.ts'), ...args]);
    const { os_list } = JSON.parse(readFileSync(out, 'utf8')) as { os_list: Record<string, unknown>[] };
    const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(os_list).toHaveLength(1);
    expect(os_list[0]).toMatchObject({
      url: 'https://example.org/files/x.img.zst',
      extract_size: 5000,
      extract_sha256: sha(Buffer.alloc(5000, 1)),
      image_download_size: 6,
      image_download_sha256: sha(Buffer.from('packed')),
      release_date: '2026-11-23',
      devices: ['pi3-64bit', 'pi4-64bit'],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
