// The image's data files agree with each other: partitions and offsets, lock, layers, boards, boot configuration.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { debianComponents, toSpdx } from '../../image/sbom.ts';

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

  test('are named everywhere by the disk id of the table', () => {
    const id = layout['KUIPER_DISK_ID']!;
    expect(table).toContain(`label-id: 0x${id}`);
    for (const file of [
      'layers/40-storage/overlay/etc/fstab',
      'layers/30-boot/overlay/usr/lib/kuiper/rauc.conf',
      'boards/generic-uefi/grub.cfg',
      'layers/40-storage/overlay/usr/lib/kuiper/grow-data',
    ]) {
      const ids = [...read(file).matchAll(/([0-9a-f]{8})-0/g)].map((m) => m[1]);
      expect(ids.length, file).toBeGreaterThan(0);
      expect(new Set(ids), file).toEqual(new Set([id]));
    }
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
