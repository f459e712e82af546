// Which port is meant: a path, a stable name, or USB facts. Resolved anew at every open, since ttyUSB0 and ttyUSB1 swap when both
// adapters are pulled out and put back. Called by open.ts and kept-port.ts.
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OptionSpec } from '../../contract/props.ts';
import { listPorts, type PortInfo, type PortRoots, systemRoots } from './list.ts';
import { isNetworkPort, parseNetworkPort } from './network.ts';

/** What the user says about the port. All given facts must hold. */
export interface PortSelector {
  /** A path (`/dev/ttyUSB0`, `/dev/serial/by-id/…`), `by-id:NAME` or `by-path:NAME`; NAME may hold `*`. */
  port: string;
  vendorId: string;
  productId: string;
  serialNumber: string;
}

export const selectorOptions: readonly OptionSpec[] = [
  {
    name: 'port',
    aliases: ['path'],
    type: 'string',
    default: '',
    doc: 'The port: a path, or by-id:NAME, or by-path:NAME (`kuiper device list` shows the names; * matches any text); or on the network tcp://HOST:PORT, rfc2217://HOST:PORT, udp://HOST:PORT, udp://:PORT. The stable names do not depend on the order of plugging in, a plain /dev/ttyUSB0 does not.',
    example: 'by-id:usb-FTDI_FT232R_USB_UART_A9007abc-if00-port0',
  },
  {
    name: 'vendorId',
    type: 'string',
    default: '',
    doc: 'USB vendor, four hex digits. With productId and serialNumber instead of port.',
    example: '0403',
  },
  { name: 'productId', type: 'string', default: '', doc: 'USB product, four hex digits.', example: '6001' },
  { name: 'serialNumber', type: 'string', default: '', doc: 'Serial number of the USB adapter.', example: 'A9007abc' },
];

/** @throws Error when nothing is given */
export function checkSelector(s: PortSelector): void {
  if (isNetworkPort(s.port)) parseNetworkPort(s.port);
  if (s.port || s.vendorId || s.productId || s.serialNumber) return;
  throw new Error('property port is required: a path, by-id:NAME or by-path:NAME; or vendorId, productId, serialNumber');
}

/** As the user wrote it, for messages. */
export function selectorText(s: PortSelector): string {
  const facts = [
    s.vendorId && `vendorId ${s.vendorId}`,
    s.productId && `productId ${s.productId}`,
    s.serialNumber && `serialNumber ${s.serialNumber}`,
  ].filter((f) => f !== '');
  return [s.port, ...facts].filter((f) => f !== '').join(', ');
}

export interface FoundPort {
  /** Path to open. */
  path: string;
  /** The device behind links: what the lock is on. */
  device: string;
  /** Differs when another device took the place. */
  identity: string;
}

/** @returns the one port that is meant, or a sentence that says why there is none */
export function findPort(s: PortSelector, roots: PortRoots = systemRoots): FoundPort | string {
  const stable = /^by-(id|path):(.*)$/.exec(s.port);
  const facts = s.vendorId !== '' || s.productId !== '' || s.serialNumber !== '';
  if (!stable && !facts) return found(s.port.startsWith('/') ? s.port : join(roots.dev, s.port), s);
  const all = listPorts(roots);
  const direct = s.port !== '' && !stable ? pathIdentity(s.port) : undefined;
  if (s.port !== '' && !stable && direct === undefined) return `${s.port} is not there: unplugged? \`kuiper device list\` shows the ports`;
  const fits = all.filter(
    (p) =>
      (!stable || matches(stable[2]!, stable[1] === 'id' ? p.byId : p.byPath)) &&
      (direct === undefined || p.path === direct.device) &&
      sameId(s.vendorId, p.vendorId) &&
      sameId(s.productId, p.productId) &&
      (s.serialNumber === '' || s.serialNumber === p.serialNumber),
  );
  if (fits.length === 1) return found(fits[0]!.path, s);
  if (fits.length > 1)
    return `${selectorText(s)} fits several ports (${fits.map((p) => p.path).join(', ')}): add the serialNumber, or use by-path:NAME for adapters without one`;
  return `no port fits ${selectorText(s)}: unplugged? There are: ${all.map(shortText).join('; ') || 'none'}`;
}

function found(path: string, s: PortSelector): FoundPort | string {
  const at = pathIdentity(path);
  return at ? { path, ...at } : `${selectorText(s)} is not there: unplugged? \`kuiper device list\` shows the ports`;
}

/** @returns device behind the path and what tells it from a later one of the same name; undefined when there is none */
export function pathIdentity(path: string): { device: string; identity: string } | undefined {
  try {
    const device = realpathSync(path);
    const stat = statSync(device);
    return { device, identity: `${device} ${stat.ino} ${stat.rdev} ${stat.birthtimeMs}` };
  } catch {
    return undefined; // not there: the caller says so in its words
  }
}

const matches = (pattern: string, name: string | undefined): boolean => {
  if (name === undefined) return false;
  const parts = pattern.split('*').map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
};

const sameId = (wanted: string, has: string | undefined): boolean =>
  wanted === '' || wanted.toLowerCase().replace(/^0x/, '').padStart(4, '0') === has;

const shortText = (p: PortInfo): string => (p.byId ? `${p.path} (by-id:${p.byId})` : p.path);
