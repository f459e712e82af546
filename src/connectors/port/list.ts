// The serial ports of this machine with their stable names, read from /dev and /sys: no udevadm, no database, so it also works in a
// container and before udev has settled. Used by the selector (select.ts), by discovery and by connection tests.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where to look; tests give folders of their own. */
export interface PortRoots {
  dev: string;
  sys: string;
}

export const systemRoots: PortRoots = { dev: '/dev', sys: '/sys' };

export interface PortInfo {
  /** `/dev/ttyUSB0`: changes with the order of plugging in. */
  path: string;
  /** Name below /dev/serial/by-id: follows the adapter. */
  byId?: string;
  /** Name below /dev/serial/by-path: follows the socket it is plugged into. */
  byPath?: string;
  /** USB ids, four hex digits in lower case. */
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
  manufacturer?: string;
  product?: string;
  /** Kernel driver, e.g. ftdi_sio, cdc_acm, uart-pl011. */
  driver?: string;
  /** `/dev/serial0` and the like: further names that point here. */
  aliases: string[];
}

/** @returns ports that exist in hardware, by path. Empty when there is none. */
export function listPorts(roots: PortRoots = systemRoots): PortInfo[] {
  const byId = links(join(roots.dev, 'serial/by-id'));
  const byPath = links(join(roots.dev, 'serial/by-path'));
  const ports = new Map<string, PortInfo>();
  for (const name of entries(join(roots.sys, 'class/tty'))) {
    const device = real(join(roots.sys, 'class/tty', name, 'device'));
    if (device === undefined || isEmptySlot(join(roots.sys, 'class/tty', name), device)) continue;
    const path = join(roots.dev, name);
    ports.set(path, { path, aliases: [], ...usbFacts(device), ...driverOf(device) });
  }
  for (const [key, names] of [
    ['byId', byId],
    ['byPath', byPath],
  ] as const)
    for (const [link, target] of names) {
      const port = ports.get(target) ?? { path: target, aliases: [] };
      // several by-path names may lead to one port (usb, usbv2): the first stays
      port[key] ??= basename(link);
      ports.set(target, port);
    }
  for (const [link, target] of links(roots.dev)) if (/^(serial\d|ttyKuiper)/.test(basename(link))) ports.get(target)?.aliases.push(link);
  return [...ports.values()].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** The 8250 driver keeps ttyS nodes for UARTs that do not exist; their type is 0 (PORT_UNKNOWN). */
function isEmptySlot(tty: string, device: string): boolean {
  const type = text(join(tty, 'type'));
  if (type !== undefined) return type === '0';
  return basename(dirname(device)) === 'serial8250' || basename(device) === 'serial8250';
}

/** Facts of the USB device above the tty: the first parent folder that has idVendor. */
function usbFacts(device: string): Partial<PortInfo> {
  for (let at = device, i = 0; i < 6 && at !== '/'; at = dirname(at), i++) {
    const vendorId = text(join(at, 'idVendor'));
    if (vendorId === undefined) continue;
    return present({
      vendorId,
      productId: text(join(at, 'idProduct')),
      serialNumber: text(join(at, 'serial')),
      manufacturer: text(join(at, 'manufacturer')),
      product: text(join(at, 'product')),
    });
  }
  return {};
}

function driverOf(device: string): Partial<PortInfo> {
  const driver = real(join(device, 'driver'));
  return driver === undefined ? {} : { driver: basename(driver) };
}

function present(facts: Record<string, string | undefined>): Partial<PortInfo> {
  return Object.fromEntries(Object.entries(facts).filter(([, v]) => v !== undefined && v !== ''));
}

// A missing file or folder is a fact here (no such port, no such property), not a failure: these return undefined or [].

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function links(folder: string): [link: string, target: string][] {
  return entries(folder).flatMap((name) => {
    const link = join(folder, name);
    try {
      readlinkSync(link);
      return [[link, realpathSync(link)] as [string, string]];
    } catch {
      return [];
    }
  });
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
