// The process that owns the network, on a root of its own and without systemd: from a request of REST to files, and back unless somebody confirms.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recover, serve } from '../../image/network/main.ts';
import { wantedFiles } from '../../image/network/wanted.ts';
import { createRealClock } from '../../src/base/clock.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { NetworkState } from '../../src/system/network/machine.ts';
import type { NetworkStatus } from '../../src/system/network/request.ts';
import { restOf } from '../cli/rest-of.ts';
import { until } from '../helpers/mosquitto.ts';
import { makeService } from '../service/make-service.ts';

const WIRED = '/etc/systemd/network/10-gateway-wired.network';
let root: string;
let made: Awaited<ReturnType<typeof makeService>>;
let ran: string[];
let told: string[];
let failing = '';
const statusFile = () => join(root, 'var/lib/kuiper-device/network/status.json');
const stateFile = () => join(root, 'var/lib/kuiper-device/network/state.json');
const places = (trialMs = 60_000) => ({
  root,
  dataDir: join(made.root, 'data'),
  run: (program: string, args: readonly string[]) => {
    ran.push([program, ...args].join(' '));
    if (program === failing) throw new Error(`${program} failed`);
  },
  clock: createRealClock(),
  told: (text: string) => void told.push(text),
  trialMs,
});
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-net-'));
  mkdirSync(dirname(statusFile()), { recursive: true });
  ran = [];
  told = [];
  failing = '';
  made = await makeService(undefined, false, { networkStatus: statusFile() });
});
afterEach(async () => {
  await made.close();
  rmSync(root, { recursive: true, force: true });
});
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
const status = async () => JSON.parse((await made.call('GET', '/network')).text) as NetworkStatus;
const FIXED = { network: { wired: { address: '192.168.7.20/24', gateway: '192.168.7.1', dns: ['192.168.7.1'] } } };
const ask = async (parts: object) => JSON.parse((await made.call('PUT', '/network', parts)).text) as { id: string };

describe('a change of the network over REST', () => {
  // @covers issue:17#6
  test('is in effect on trial, and stays when it is confirmed', async () => {
    put(WIRED, 'before');
    const { id } = await ask(FIXED);
    const served = serve(places());
    await until(async () => (await status()).phase === 'trial', 'it is on trial');
    expect(read(WIRED)).toContain('Address=192.168.7.20/24');
    expect(ran).toEqual(['nft -f /etc/nftables.conf', 'networkctl reload', 'systemctl try-restart iwd.service']);
    expect(await status()).toMatchObject({ id, what: 'wired 192.168.7.20/24', untilMs: expect.any(Number) });
    expect((await made.call('PUT', '/network', FIXED)).text).toContain('another change is under way');
    expect((await made.call('POST', '/network/other/confirm')).text).toContain(`the change on trial is ${id}`);
    expect((await made.call('POST', `/network/${id}/confirm`)).status).toBe(200);
    await served;
    expect(await status()).toMatchObject({ phase: 'steady', last: { id, by: 'rest', result: 'confirmed' } });
    expect(read(WIRED)).toContain('Address=192.168.7.20/24');
    expect(await recover(places())).toBe(false);
    expect((await made.call('POST', `/network/${id}/confirm`)).text).toContain('nothing is on trial');
  });

  test('that nobody confirms is taken back with what was there before', async () => {
    put(WIRED, 'before');
    await ask({ ...FIXED, firewall: { allow: [{ port: 502, from: '10.0.0.0/8' }] } });
    const served = serve(places(1_000));
    await until(() => read('/etc/nftables.d/owner.nft') !== undefined, 'it is there');
    expect(read('/etc/nftables.d/owner.nft')).toContain('add rule inet filter extra ip saddr 10.0.0.0/8 tcp dport 502 accept');
    await served;
    expect(read(WIRED)).toBe('before');
    expect(read('/etc/nftables.d/owner.nft')).toBeUndefined();
    expect((await status()).last).toMatchObject({ result: 'reverted', reason: 'nobody confirmed it in time' });
    // both were taken into effect
    expect(ran.filter((r) => r.startsWith('networkctl')).length).toBe(2);
  });

  // @covers issue:17#6
  test('that was on trial when the device went down is taken back early in the next boot', async () => {
    put(WIRED, 'before');
    const { id } = await ask(FIXED);
    const abandoned = serve(places());
    await until(async () => (await status()).phase === 'trial', 'it is on trial');
    const onDisk = readFileSync(stateFile(), 'utf8');
    // the process is gone without a word; its state and files are what the disk has
    await made.call('POST', `/network/${id}/revert`);
    await abandoned;
    writeFileSync(stateFile(), onDisk);
    put(WIRED, 'Address=192.168.7.20/24');
    ran.length = 0;
    expect(await recover(places())).toBe(true);
    expect(read(WIRED)).toBe('before');
    expect(ran).toEqual([]);
    expect(JSON.parse(readFileSync(stateFile(), 'utf8')) as NetworkState).toMatchObject({ phase: 'steady' });
    expect((await status()).last).toMatchObject({ id, result: 'reverted', reason: 'the device restarted before it was confirmed' });
  });

  test('that the system does not take is taken back at once', async () => {
    put(WIRED, 'before');
    await ask(FIXED);
    failing = 'nft';
    const served = serve(places());
    await until(async () => (await status()).phase === 'reverting', 'it goes back');
    failing = '';
    await served;
    expect(read(WIRED)).toBe('before');
    expect((await status()).last?.reason).toBe('it could not be applied: nft failed');
  }, 20_000);

  test.each([
    [{ network: { wired: { address: '192.168.7.20' } } }, 'expected dhcp or an address with its prefix'],
    [{ network: { wired: { adress: 'dhcp' } } }, 'adress'],
    [{ network: { wired: { address: '192.168.7.20/24', gateway: '10.0.0.1' } } }, 'is not in the network of'],
    [{ firewall: { allow: [{ port: 0 }] } }, 'expected a port'],
    [{ firewall: { allow: [{ port: 1, from: 'x; flush ruleset' }] } }, 'expected an address or a network'],
    [{ firewall: { allow: [{ port: 1, protocol: 'sctp' }] } }, 'expected tcp or udp'],
    [{ firewall: { open: [] } }, 'expected allow'],
  ])('of %j is refused, and nothing is touched', async (parts, problem) => {
    put(WIRED, 'before');
    const { id } = await ask(parts);
    await serve(places());
    expect((await status()).refused?.id).toBe(id);
    expect((await status()).refused?.problems.join()).toContain(problem);
    expect(read(WIRED)).toBe('before');
    expect(ran).toEqual([]);
  });

  test('with parts that mean nothing, or on a machine whose network nobody owns, is refused by REST', async () => {
    expect((await made.call('PUT', '/network', {})).text).toContain('expected network and firewall');
    rmSync(dirname(statusFile()), { recursive: true });
    const answer = await made.call('PUT', '/network', FIXED);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('does not own the network');
    expect((await made.call('GET', '/network')).status).toBe(400);
  });

  test('never leads the process that runs as root to another file', async () => {
    writeFileSync(join(root, 'secret'), JSON.stringify({ id: 'x', by: 'x', parts: FIXED }));
    mkdirSync(join(made.root, 'data/network'), { recursive: true });
    symlinkSync(join(root, 'secret'), join(made.root, 'data/network/request.json'));
    await serve(places());
    expect(read(WIRED)).toBeUndefined();
    expect(existsSync(join(root, 'secret'))).toBe(true);
    expect(existsSync(join(made.root, 'data/network/request.json'))).toBe(false);
  });

  test('hides the Wi-Fi password in what everybody may read, and removes the request', async () => {
    const { id } = await ask({ network: { wifi: { country: 'DE', networks: [{ ssid: 'hall', password: 'geheim1234' }] } } });
    const served = serve(places());
    await until(async () => (await status()).phase === 'trial', 'it is on trial');
    expect(readFileSync(statusFile(), 'utf8')).not.toContain('geheim1234');
    expect(existsSync(join(made.root, 'data/network/request.json'))).toBe(false);
    expect(read('/var/lib/iwd/hall.psk')).toContain('Passphrase=geheim1234');
    await made.call('POST', `/network/${id}/revert`);
    await served;
    expect(read('/var/lib/iwd/hall.psk')).toBeUndefined();
    expect(await wantedFiles({})).toMatchObject({ problems: ['it asks for nothing'] });
  });
});

test('kuiper network set, show, confirm and revert', async () => {
  const server = await restOf(made);
  const kuiper = async (...args: string[]) => {
    const lines: string[] = [];
    const code = await runCli(['--url', server.url, 'network', ...args], {}, (t) => lines.push(t));
    return { code, text: lines.join('\n') };
  };
  try {
    writeFileSync(join(root, 'net.yaml'), 'network:\n  wired: {address: 192.168.7.20/24}\n');
    const watching = (async () => {
      await until(() => existsSync(join(made.root, 'data/network/request.json')), 'it is asked for');
      return serve(places());
    })();
    const set = await kuiper('set', join(root, 'net.yaml'));
    expect(set.text).toMatch(/is handed over[\s\S]*trial: wired 192\.168\.7\.20\/24[\s\S]*kuiper network confirm/);
    expect(set.code).toBe(0);
    expect((await kuiper('confirm')).text).toBe('Confirmed: it stays.');
    await watching;
    expect((await kuiper('show')).text).toMatch(/^Nothing is on trial\.\nLast: wired 192\.168\.7\.20\/24, confirmed at /);
    expect((await kuiper('revert')).code).toBe(1);
    expect((await kuiper('set', join(root, 'none'))).code).toBe(2);
  } finally {
    server.destroy();
    await server.close();
  }
}, 30_000);
