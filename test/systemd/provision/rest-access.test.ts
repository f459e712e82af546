// REST opened and closed while the device runs: the files of rest.remote, in an order in which the door is never open without a lock.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setRemoteRest } from '../../../image/provision/rest-access.ts';

let root: string;
let seen: string[];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-rest-'));
  seen = [];
  await mkdir(join(root, 'etc/nftables.d'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const places = () => ({ boot: join(root, 'boot'), root, own: () => Promise.resolve() });
const text = (path: string) => readFile(join(root, path), 'utf8').catch(() => undefined);
/** What is there when a program is run. */
const look = async (program: string, args: readonly string[]) => {
  const there = (path: string) => {
    try {
      return readFileSync(join(root, path), 'utf8').length > 0;
    } catch {
      return false;
    }
  };
  seen.push(
    `${program} ${args.join(' ')}, ${there('etc/nftables.d/rest.nft') ? 'rule' : 'no rule'}, ${there('opt/kuiper/etc/mgmt/tokens') ? 'token' : 'no token'}`,
  );
};
const set = (open: boolean, token = 'new-token') => setRemoteRest(places(), open, token, (program, args) => void look(program, args));

// @covers issue:16#3
test('opening starts the gateway with token and certificate before the firewall lets anybody in', async () => {
  await set(true);
  expect(seen).toEqual(['systemctl try-restart kuiper.service, rule, token', 'systemctl reload nftables.service, rule, token']);
  expect(await text('etc/kuiper/rest.env')).toContain('KUIPER__BASIC__AUTHENTICATION=true');
  expect(await text('etc/nftables.d/rest.nft')).toBe('add rule inet filter extra tcp dport 9081 accept comment "REST over TLS"\n');
  expect(await text('var/lib/kuiper-device/rest-token')).toBe('new-token\n');
});

// @covers issue:16#3
test('closing shuts the firewall first, then the gateway, and the token is worth nothing any more', async () => {
  await set(true);
  seen = [];
  await set(false);
  expect(seen).toEqual(['systemctl reload nftables.service, no rule, no token', 'systemctl try-restart kuiper.service, no rule, no token']);
  expect(await readdir(join(root, 'etc/nftables.d'))).toEqual([]);
  expect(await text('etc/kuiper/rest.env')).toBeUndefined();
  expect(await text('var/lib/kuiper-device/rest-token')).toBeUndefined();
  await set(true, 'another');
  expect(await text('var/lib/kuiper-device/rest-token')).toBe('another\n');
});

test('opening what is open keeps the token that machines know', async () => {
  await set(true);
  await set(true, 'another');
  expect(await text('var/lib/kuiper-device/rest-token')).toBe('new-token\n');
});

test('a program that fails is told to who asked', async () => {
  const fails = () => {
    throw new Error('Job for kuiper.service failed');
  };
  await expect(setRemoteRest(places(), true, 't', fails)).rejects.toThrow('Job for kuiper.service failed');
  // the firewall was not read again: nothing is open
  expect(await text('etc/nftables.d/rest.nft')).toBeDefined();
});
