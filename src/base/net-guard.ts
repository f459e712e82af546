// Which addresses the gateway may call on behalf of a rule or a request: those of the own machine, private networks and special purposes only with
// basic.enablePrivateNet. Checked on the resolved address at connect, so that a name cannot resolve to something else in between.

import { BlockList, isIP, type LookupFunction } from 'node:net';
import { nodeDns } from './node-builtins.ts';

/** @source IANA registries of special-purpose IPv4 and IPv6 addresses, with multicast and what is reserved or was withdrawn */
export const internalNets: readonly (readonly [net: string, bits: number, what: string])[] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.31.196.0', 24, 'AS112'],
  ['192.52.193.0', 24, 'AMT'],
  ['192.88.99.0', 24, '6to4 relays'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'AS112'],
  ['198.18.0.0', 15, 'benchmarks'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved, broadcast'],
  ['::', 96, 'unspecified, loopback, IPv4-compatible'],
  ['::ffff:0:0:0', 96, 'IPv4-translated'],
  ['64:ff9b::', 96, 'NAT64'],
  ['64:ff9b:1::', 48, 'NAT64 of the local network'],
  ['100::', 64, 'discard'],
  ['100:0:0:1::', 64, 'dummy prefix'],
  ['2001::', 23, 'protocol assignments: Teredo, benchmarks, ORCHID'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4'],
  ['2620:4f:8000::', 48, 'AS112'],
  ['3fff::', 20, 'documentation'],
  ['5f00::', 16, 'segment routing'],
  ['fc00::', 7, 'unique local'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'site-local'],
  ['ff00::', 8, 'multicast'],
];

const internal = new BlockList();
for (const [net, bits] of internalNets) internal.addSubnet(net, bits, isIP(net) === 6 ? 'ipv6' : 'ipv4');

/** True for addresses of internalNets, also as IPv4 mapped into IPv6, and for what is not an address. */
export function isInternalAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4:
      return internal.check(plain, 'ipv4');
    case 6: {
      const mapped = mappedIpv4(plain);
      return mapped === undefined ? internal.check(plain, 'ipv6') : internal.check(mapped, 'ipv4');
    }
    default:
      return true;
  }
}

/** `::ffff:127.0.0.1`, `::ffff:7f00:1`, `0:0:0:0:0:FFFF:7F00:0001` → 127.0.0.1 */
function mappedIpv4(address: string): string | undefined {
  // a URL writes each address in one way
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!hex) return undefined;
  const [high, low] = [Number.parseInt(hex[1]!, 16), Number.parseInt(hex[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** For `http.request({ lookup })`: refuses names that resolve to an internal address. */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  nodeDns().lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const bad = addresses.find((a) => isInternalAddress(a.address));
    if (bad) return callback(new Error(`ip ${bad.address} is in internal network`) as NodeJS.ErrnoException, []);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

/** Addresses written as numbers are never looked up: they are checked here. @throws Error `ip X is in internal network` */
export function checkLiteralHost(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isInternalAddress(host)) throw new Error(`ip ${host} is in internal network`);
}
