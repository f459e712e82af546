// Which addresses the gateway may call on behalf of a rule or a request: loopback, private, link-local and multicast ones only with
// basic.enablePrivateNet. Checked on the resolved address at connect, so that a name cannot resolve to something else in between.

import { BlockList, isIP, type LookupFunction } from 'node:net';
import { nodeDns } from './node-builtins.ts';

const internal = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  internal.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  internal.addSubnet(net, bits, 'ipv6');

/** Loopback, private, link-local, multicast, unspecified; also as IPv4 mapped into IPv6. */
export function isInternalAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return internal.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
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
