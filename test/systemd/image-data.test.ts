// The image's data files agree with each other: partitions and offsets, lock, layers, boards, boot configuration.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { debianLicence } from '../../image/lib/debian-licences.ts';
import { debianComponents, toSpdx, withoutLicence } from '../../image/sbom.ts';

const image = fileURLToPath(new URL('../../image/', import.meta.url));
const read = (path: string) => readFileSync(join(image, path), 'utf8');
const dataLines = (text: string) => text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
const env = (path: string) => Object.fromEntries(dataLines(read(path)).map((line) => line.split('=') as [string, string]));

describe('partitions', () => {
  const layout = env('partitions/layout.env');
  const table = read('partitions/mbr-ab.sfdisk');
  const parts = [...table.matchAll(/start=(\d+), size=(\d+), type=(\w+)/g)].map((m) => ({
    start: Number(m[1]),
    size: Number(m[2]),
    type: m[3]!,
  }));
  const mib = (sectors: number) => (sectors * 512) / 1024 / 1024;

  test('are four, in order, without overlap, as the scripts place them', () => {
    expect(parts.map((p) => p.type)).toEqual(['c', '83', '83', '83']);
    const { KUIPER_BOOT_AT_MIB, KUIPER_SLOT_A_AT_MIB, KUIPER_SLOT_B_AT_MIB, KUIPER_DATA_AT_MIB } = layout;
    expect(parts.map((p) => mib(p.start))).toEqual(
      [KUIPER_BOOT_AT_MIB, KUIPER_SLOT_A_AT_MIB, KUIPER_SLOT_B_AT_MIB, KUIPER_DATA_AT_MIB].map(Number),
    );
    expect(parts.map((p) => mib(p.size))).toEqual(
      [layout['KUIPER_BOOT_MIB'], layout['KUIPER_SLOT_MIB'], layout['KUIPER_SLOT_MIB'], layout['KUIPER_DATA_MIB']].map(Number),
    );
    for (const [i, part] of parts.entries()) if (i > 0) expect(part.start).toBeGreaterThanOrEqual(parts[i - 1]!.start + parts[i - 1]!.size);
    expect(Number(layout['KUIPER_DISK_MIB'])).toBeGreaterThanOrEqual(mib(parts[3]!.start + parts[3]!.size));
  });

  test('are flashed with the disk id that the first start looks for', () => {
    const id = layout['KUIPER_DISK_ID']!;
    expect(table).toContain(`label-id: 0x${id}`);
    expect(read('layers/20-kernel/overlay/etc/initramfs-tools/scripts/local-top/kuiper-disk')).toContain(`factory=${id}\n`);
    expect(read('boards/generic-uefi/grub.cfg')).toContain(`set disk_id=${id};`);
  });
});

describe('lock', () => {
  const names = new Set(debianComponents(read('lock/packages.lock')).map((c) => c.name));
  const layers = readdirSync(join(image, 'layers')).filter((name) => !name.startsWith('.'));

  test('holds every package of every layer, with hash', () => {
    for (const layer of layers) {
      if (!readdirSync(join(image, 'layers', layer)).includes('packages')) continue;
      for (const name of dataLines(read(`layers/${layer}/packages`))) expect(names, `${layer}: run make image-lock`).toContain(name);
    }
    for (const name of dataLines(read('lock/unpacked-packages'))) expect(names).toContain(name);
  });

  test('each layer says what it is about', () => {
    for (const layer of layers) {
      const files = readdirSync(join(image, 'layers', layer));
      const text = read(`layers/${layer}/${files.includes('hook.sh') ? 'hook.sh' : 'packages'}`);
      expect(text.length, layer).toBeGreaterThan(0);
    }
  });
});

describe('bill of materials', () => {
  test('is the same for the same input, whatever its order', () => {
    const components = debianComponents(read('lock/packages.lock'));
    const one = toSpdx(components, '1.0.0', 1_795_392_000);
    expect(toSpdx([...components].reverse(), '1.0.0', 1_795_392_000)).toEqual(one);
    expect((one as { packages: unknown[] }).packages).toHaveLength(components.length);
  });
});

describe('licences of Debian packages', () => {
  const DEP5 = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tool

Files: *
Copyright: 2001 Somebody
License: GPL-2+

Files: lib/*
Copyright: 2002 Somebody
License: LGPL-2.1+ or Expat

Files: old/*
Copyright: 1990 Somebody
License: Tool-Licence and BSD-3-clause

License: Tool-Licence
 Do what you like,
 but keep this text.

License: GPL-2+
 See /usr/share/common-licenses/GPL-2.
`;

  // @covers issue:16#6
  test('are an SPDX expression of all groups of files, with the texts that have no SPDX name', () => {
    const { expression, own } = debianLicence('tool', DEP5);
    expect(expression).toBe('(LGPL-2.1-or-later OR MIT) AND BSD-3-Clause AND GPL-2.0-or-later AND LicenseRef-tool-Tool-Licence');
    expect(own).toEqual([{ id: 'LicenseRef-tool-Tool-Licence', text: 'Do what you like,\nbut keep this text.' }]);
  });

  test('are the whole text where the file is not machine-readable', () => {
    const text = 'This package was put together by hand.\n\nIt is under the GPL-2 or later.\n';
    expect(debianLicence('old', text)).toEqual({
      expression: 'LicenseRef-old-copyright',
      own: [{ id: 'LicenseRef-old-copyright', text: text.trim() }],
    });
  });

  test.each([
    ['GPL-2', 'GPL-2.0-only'],
    ['GPL-3+', 'GPL-3.0-or-later'],
    ['LGPL-2.1', 'LGPL-2.1-only'],
    ['AGPL-3', 'AGPL-3.0-only'],
    ['GFDL-1.3+', 'GFDL-1.3-or-later'],
    ['Apache-2.0', 'Apache-2.0'],
    ['zlib', 'Zlib'],
    ['GPL-2+ with OpenSSL exception', 'LicenseRef-p-GPL-2-with-OpenSSL-exception'],
  ])('name %s as SPDX does', (debian, spdx) => {
    expect(debianLicence('p', `Files: *\nLicense: ${debian}\n`).expression).toBe(spdx);
  });

  // @covers issue:16#6
  test('must be there for every entry: what has none is named, and its texts go along', () => {
    const lock = `tool=1 ${'a'.repeat(64)}\nbare=2 ${'b'.repeat(64)}\n`;
    const components = debianComponents(lock, (name) => (name === 'tool' ? DEP5 : undefined));
    expect(withoutLicence(components)).toEqual(['bare']);
    const spdx = toSpdx(components, '1.0.0', 0) as {
      packages: { licenseDeclared: string }[];
      hasExtractedLicensingInfos: { licenseId: string; extractedText: string }[];
    };
    expect(spdx.packages.map((p) => p.licenseDeclared)).toEqual(['NOASSERTION', components[0]!.licence]);
    expect(spdx.hasExtractedLicensingInfos).toEqual([
      { licenseId: 'LicenseRef-tool-Tool-Licence', extractedText: 'Do what you like,\nbut keep this text.' },
    ]);
  });
});

describe('boot', () => {
  test('no kernel console on a serial line, so none on the header UART', () => {
    const consoles = [...read('boards/generic-uefi/grub.cfg').matchAll(/^[^#]*console=(\w+)/gm)].map((m) => m[1]);
    expect(consoles).toEqual(['tty0']);
    expect(read('boards/raspberry-pi/config.txt')).toMatch(/^enable_uart=0$/m);
  });

  test('firmware settings are one a line, for 64 bit and U-Boot', () => {
    for (const line of dataLines(read('boards/raspberry-pi/config.txt'))) expect(line).toMatch(/^[a-z0-9_]+=[\w.-]+$/);
    expect(read('boards/raspberry-pi/config.txt')).toContain('kernel=u-boot.bin');
  });

  test('the UART overlay gives PL011 to the header and silences the mini UART', () => {
    const dts = read('boards/raspberry-pi/header-uart.dts');
    expect(dts).toMatch(/&uart0 \{[^}]*uart0_gpio14[^}]*"okay"/s);
    expect(dts).toMatch(/&uart1 \{[^}]*"disabled"/s);
  });
});

describe('broker', () => {
  const hook = read('layers/80-broker/hook.sh');

  test('the server of the package never starts: our own listener has the ports', () => {
    expect(hook).toMatch(/^mask mosquitto\.service$/m);
    expect(hook).toMatch(/^rm -rf .*\/usr\/sbin\/mosquitto"/m);
  });
});
