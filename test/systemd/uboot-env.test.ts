// U-Boot's environment file, made from the defaults inside a binary.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { defaultEnvironment, environmentFile } from '../../image/lib/uboot-env.ts';

const binary = Buffer.from(
  '\x7fELF code\0junk text\0arch=arm\0bootcmd=bootflow scan\0bootdelay=2\0stdin=serial,usbkbd\0\0more\0',
  'latin1',
);

test('finds the whole block of defaults and nothing around it', () => {
  expect([...defaultEnvironment(binary)]).toEqual([
    ['arch', 'arm'],
    ['bootcmd', 'bootflow scan'],
    ['bootdelay', '2'],
    ['stdin', 'serial,usbkbd'],
  ]);
});

test('a binary without defaults is an error', () => {
  expect(() => defaultEnvironment(Buffer.from('nothing\0'))).toThrow('no default environment');
});

test('the file has its checksum, its size and its end', () => {
  const file = environmentFile(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
    64,
  );
  expect(file).toHaveLength(64);
  expect(file.readUInt32LE(0)).toBe(crc32(file.subarray(4)));
  expect(file.toString('latin1', 4, 13)).toBe('a=1\0b=2\0\0');
  expect(() => environmentFile(new Map([['a', 'x'.repeat(100)]]), 64)).toThrow('needs 104 bytes');
});

test('U-Boot boots without looking at its serial input', () => {
  // -2: no countdown and no check for a key (U-Boot documentation, bootdelay)
  expect(readFileSync(new URL('../../image/lib/boot.sh', import.meta.url), 'utf8')).toContain('bootdelay=-2');
});
