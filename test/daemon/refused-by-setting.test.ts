// A sink whose address a setting refuses: the rows are not taken away, they wait and come in order when the owner allows it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type HttpPeer, startHttpPeer } from '../helpers/http-peer.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

let root = '';
let daemon: RunningDaemon | undefined;
let peer: HttpPeer;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'by-setting-'));
  peer = await startHttpPeer();
});
afterEach(async () => {
  await daemon?.stop('SIGKILL');
  daemon = undefined;
  await peer.close();
  rmSync(root, { recursive: true, force: true });
});

// @covers finding:appliance#3.5
test('rows that enablePrivateNet refuses wait with the reason in the status, and come in order after kuiper system config set', async () => {
  daemon = await runDaemon(root);
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await daemon!.call(method, path, body);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.text;
  };
  await call('PUT', '/metadata/sources/simulator/confKeys/rows', { data: [{ a: 1 }, { a: 2 }, { a: 3 }], interval: '50ms', loop: true });
  await call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="rows", FORMAT="JSON")' });
  const rest = { url: `${peer.url}/in`, method: 'post', sendSingle: true, resendInterval: 50 };
  await call('POST', '/rules', { id: 'r', sql: 'SELECT a FROM s', actions: [{ rest }], options: { qos: 1 } });
  await vi.waitFor(
    async () => {
      const status = JSON.parse(await call('GET', '/rules/r/status')) as Record<string, unknown>;
      expect(status['sink_rest_0_0_last_exception']).toMatch(/enablePrivateNet: true/);
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(peer.asked).toEqual([]);
  await call('PUT', '/settings/basic.enablePrivateNet', { value: true });
  await vi.waitFor(() => expect(peer.asked.length).toBeGreaterThanOrEqual(6), { timeout: 20_000, interval: 50 });
  const got = peer.asked.map((r) => (JSON.parse(String(r.body)) as { a: number }).a);
  // from the very first row on, and none is missing
  expect(got).toEqual(got.map((_a, i) => (i % 3) + 1));
});
