// Which addresses count as internal: every address of every special net, however it is written, and no other.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkLiteralHost, guardedLookup, internalNets, isInternalAddress } from '../../src/base/net-guard.ts';

type Bits = bigint;
const v4 = (b: Bits) => [24n, 16n, 8n, 0n].map((s) => (b >> s) & 255n).join('.');
const v6 = (b: Bits) => Array.from({ length: 8 }, (_, i) => ((b >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
const bitsOf = (net: string): Bits => {
  if (isIP(net) === 4) return net.split('.').reduce((n, p) => (n << 8n) | BigInt(p), 0n);
  const [head = '', tail] = net.split('::') as [string, string | undefined];
  const groups = (t: string) => (t === '' ? [] : t.split(':'));
  const [a, b] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? a : [...a, ...Array<string>(8 - a.length - b.length).fill('0'), ...b];
  return all.reduce((n, g) => (n << 16n) | BigInt(`0x${g}`), 0n);
};
const nets = internalNets.map(([net, bits]) => {
  const width = isIP(net) === 4 ? 32 : 128;
  return { net, width, first: bitsOf(net), free: BigInt(width - bits) };
});
const text = (width: number, b: Bits) => (width === 32 ? v4(b) : v6(b));
const member = fc.constantFrom(...nets).chain((n) => fc.bigInt(0n, (1n << n.free) - 1n).map((low) => ({ ...n, address: n.first | low })));

describe('internal addresses', () => {
  // @covers issue:13#5
  // @covers finding:security#D8
  it.each([
    '64:ff9b::7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '::127.0.0.1',
    '::7f00:1',
    '::',
    '::1',
    'fec0::1',
    '192.0.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '2001::1',
    '240.0.0.1',
    '255.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '2001:db8::1',
    '3fff::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:7F00:0001',
    '::ffff:10.0.0.1',
    '::ffff:0:127.0.0.1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '100::1',
    '[::1]',
    'localhost',
    '',
    '0x7f.1',
  ])('%j is one', (a) => {
    expect(isInternalAddress(a)).toBe(true);
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '198.17.255.255',
    '198.20.0.1',
    '192.0.1.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2001:200::1',
    '2a00::1',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '64:ff9a::1',
    '2003::1',
  ])('%s is none', (a) => {
    expect(isInternalAddress(a)).toBe(false);
  });

  it('are all addresses of the nets, and of IPv4 ones also those mapped into IPv6', () => {
    fc.assert(
      fc.property(member, ({ width, address }) => {
        expect(isInternalAddress(text(width, address))).toBe(true);
        if (width === 32) {
          expect(isInternalAddress(`::ffff:${v4(address)}`)).toBe(true);
          expect(isInternalAddress(v6((0xffffn << 32n) | address))).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are no others: an address outside of all nets is none', () => {
    const outside = (width: number) => fc.bigInt(0n, (1n << BigInt(width)) - 1n).filter((a) => nets.every((n) => n.width !== width || a >> n.free !== n.first >> n.free) && (width === 32 || a >> 32n !== 0xffffn)).map((a) => text(width, a)); // biome-ignore format: one line
    fc.assert(fc.property(fc.oneof(outside(32), outside(128)), (a) => !isInternalAddress(a)), { numRuns: 2000 }); // biome-ignore format: one line
  });

  it('the first and the last of each net are members, and what lies beside is not of that net', () => {
    for (const { net, width, first, free } of nets) {
      const last = first | ((1n << free) - 1n);
      expect([isInternalAddress(text(width, first)), isInternalAddress(text(width, last))], net).toEqual([true, true]);
    }
  });
});

describe('a host that is called', () => {
  afterEach(() => vi.restoreAllMocks());
  type Address = { address: string; family: number };
  const resolved = (addresses: Address[], all: boolean) => {
    const dns = process.getBuiltinModule('node:dns');
    vi.spyOn(dns, 'lookup').mockImplementation(((_host: string, _options: object, done: (e: null, a: Address[]) => void) => done(null, addresses)) as never); // biome-ignore format: one thought
    return new Promise((resolve) => guardedLookup('name.example', { all }, (error, address) => resolve(error?.message ?? address)));
  };
  const open = { address: '8.8.8.8', family: 4 };

  // @covers issue:13#5
  it.each([true, false])('by a name: one internal address among several is enough to refuse it (all: %s)', async (all) => {
    for (const bad of ['127.0.0.1', '::ffff:10.0.0.1', 'fe80::1'])
      expect(await resolved([open, { address: bad, family: 4 }], all)).toBe(`ip ${bad} is in internal network`);
    expect(await resolved([open], all)).toEqual(all ? [open] : '8.8.8.8');
  });

  // @covers issue:13#5
  it('by an address: is checked without a lookup; names are left to the lookup', () => {
    for (const host of ['127.0.0.1', '169.254.169.254', '[::1]', '::1', '[::ffff:7f00:1]'])
      expect(() => checkLiteralHost(host), host).toThrow('is in internal network');
    for (const host of ['8.8.8.8', '[2606:4700::1111]', 'localhost']) expect(() => checkLiteralHost(host), host).not.toThrow();
  });
});
