// Which port is meant, on folders that look like /dev and /sys.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { characterMs, findPort, lineText, listPorts, type PortRoots, toLineSettings } from '../../../src/connectors/port/index.ts';

let root = '';
let roots: PortRoots;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'kuiper-ports-'));
  roots = { dev: path.join(root, 'dev'), sys: path.join(root, 'sys') };
  for (const f of ['serial/by-id', 'serial/by-path']) mkdirSync(path.join(roots.dev, f), { recursive: true });
  mkdirSync(path.join(roots.sys, 'class/tty'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function plug(name: string, usb?: { vendor: string; product: string; serial?: string; byId: string; byPath: string }) {
  const node = path.join(roots.dev, name);
  writeFileSync(node, '');
  const device = path.join(roots.sys, 'devices', name, 'usb', 'iface', name);
  mkdirSync(device, { recursive: true });
  mkdirSync(path.join(roots.sys, 'class/tty', name));
  symlinkSync(device, path.join(roots.sys, 'class/tty', name, 'device'));
  if (!usb) return;
  const at = path.join(roots.sys, 'devices', name, 'usb');
  writeFileSync(path.join(at, 'idVendor'), `${usb.vendor}\n`);
  writeFileSync(path.join(at, 'idProduct'), `${usb.product}\n`);
  if (usb.serial) writeFileSync(path.join(at, 'serial'), `${usb.serial}\n`);
  symlinkSync(node, path.join(roots.dev, 'serial/by-id', usb.byId));
  symlinkSync(node, path.join(roots.dev, 'serial/by-path', usb.byPath));
}
const none = { port: '', vendorId: '', productId: '', serialNumber: '' };
const where = (s: Partial<typeof none>) => {
  const found = findPort({ ...none, ...s }, roots);
  return typeof found === 'string' ? found : path.basename(found.device);
};

describe('port selection', () => {
  const scale = { vendor: '0403', product: '6001', serial: 'A1', byId: 'usb-FTDI_A1-if00', byPath: 'usb-0:1.1' };
  const meter = { vendor: '0403', product: '6001', serial: 'B2', byId: 'usb-FTDI_B2-if00', byPath: 'usb-0:1.2' };

  it('follows the adapter, not the number', () => {
    plug('ttyUSB0', meter);
    plug('ttyUSB1', scale);
    expect(where({ port: 'by-id:usb-FTDI_A1-if00' })).toBe('ttyUSB1');
    expect(where({ port: 'by-id:*A1*' })).toBe('ttyUSB1');
    expect(where({ port: 'by-path:usb-0:1.2' })).toBe('ttyUSB0');
    expect(where({ vendorId: '0x0403', serialNumber: 'A1' })).toBe('ttyUSB1');
    expect(where({ port: path.join(roots.dev, 'serial/by-id', scale.byId) })).toBe('ttyUSB1');
    expect(where({ port: 'ttyUSB0' })).toBe('ttyUSB0');
  });

  it('says which ports fit when it is not one', () => {
    plug('ttyUSB0', meter);
    plug('ttyUSB1', scale);
    expect(where({ vendorId: '0403' })).toMatch(/fits several ports \(.*ttyUSB0, .*ttyUSB1\): add the serialNumber/);
    expect(where({ serialNumber: 'C3' })).toMatch(/no port fits serialNumber C3: unplugged\? There are: .*by-id:usb-FTDI_B2/);
    // the path is there, but it is another adapter
    expect(where({ port: path.join(roots.dev, 'ttyUSB0'), serialNumber: 'A1' })).toMatch(/no port fits/);
  });

  it('lists what is known of each port', () => {
    plug('ttyAMA0');
    plug('ttyUSB0', scale);
    symlinkSync(path.join(roots.dev, 'ttyAMA0'), path.join(roots.dev, 'serial0'));
    expect(listPorts(roots)).toEqual([
      { path: path.join(roots.dev, 'ttyAMA0'), aliases: [path.join(roots.dev, 'serial0')] },
      {
        path: path.join(roots.dev, 'ttyUSB0'),
        aliases: [],
        byId: scale.byId,
        byPath: scale.byPath,
        vendorId: '0403',
        productId: '6001',
        serialNumber: 'A1',
      },
    ]);
  });
});

describe('line settings', () => {
  it('reads the short form, which wins', () => {
    const line = toLineSettings({ baudRate: 1200, mode: '7e1', dataBits: 8 });
    expect(lineText(line)).toBe('1200 7E1');
    expect(characterMs(line)).toBeCloseTo(10_000 / 1200);
    expect(lineText(toLineSettings({ flowControl: 'rtscts', mode: '8N2' }))).toBe('9600 8N2 rtscts');
    // what YAML makes of 8E1 and 7E2 without quotes
    expect(lineText(toLineSettings({ mode: 80 }))).toBe('9600 8E1');
    expect(lineText(toLineSettings({ mode: '700' }))).toBe('9600 7E2');
    expect(() => toLineSettings({ mode: '9X3' })).toThrow(/property mode: "9X3" is not a character frame/);
  });
});
