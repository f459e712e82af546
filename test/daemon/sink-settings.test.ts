// Settings and registries reach sinks and formats of the real kuiperd: enablePrivateNet, aesKey, protobuf schemas.
import { createDecipheriv } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type HttpPeer, startHttpPeer } from '../helpers/http-peer.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

const KEY = Buffer.alloc(32, 5);
let root: string;
let peer: HttpPeer;
let daemon: RunningDaemon | undefined;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-settings-'));
  peer = await startHttpPeer();
});
afterEach(async () => {
  await daemon?.stop('SIGKILL');
  daemon = undefined;
  await peer.close();
  rmSync(root, { recursive: true, force: true });
});

const post = async (path: string, body: unknown) => {
  const answer = await daemon!.call('POST', path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
};
const PROPS = { confKey: 'rows' };
const stream = async (rows: object[]) => {
  await daemon!.call('PUT', '/metadata/sources/simulator/confKeys/rows', { data: rows, interval: '10ms', loop: true });
  await post('/streams', { sql: `CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="${PROPS.confKey}", FORMAT="JSON")` });
};

describe('settings reach sinks', () => {
  test('enablePrivateNet lets REST sinks call this machine, encrypted with aesKey', async () => {
    daemon = await runDaemon(root, { KUIPER__BASIC__ENABLEPRIVATENET: 'true', KUIPER__BASIC__AESKEY: KEY.toString('base64') });
    await stream([{ a: 1 }]);
    const rest = { url: `${peer.url}/in`, method: 'post', bodyType: 'binary', sendSingle: true, encryption: 'aes' };
    await post('/rules', { id: 'r', sql: 'SELECT a FROM s', actions: [{ rest }] });
    await vi.waitFor(() => expect(peer.asked.length).toBeGreaterThan(0), { timeout: 5000, interval: 20 });
    const sent = Buffer.from(peer.asked[0]!.body, 'latin1');
    const open = createDecipheriv('aes-256-gcm', KEY, sent.subarray(0, 12));
    open.setAuthTag(sent.subarray(-16));
    expect(Buffer.concat([open.update(sent.subarray(12, -16)), open.final()]).toString()).toBe('{"a":1}');
  });

  test('without enablePrivateNet a REST sink is refused this machine, and status says why; aes without a key refuses the rule', async () => {
    daemon = await runDaemon(root);
    await stream([{ a: 1 }]);
    await post('/rules', { id: 'r', sql: 'SELECT a FROM s', actions: [{ rest: { url: `${peer.url}/in`, method: 'post' } }] });
    await vi.waitFor(
      async () => {
        const status = JSON.parse((await daemon!.call('GET', '/rules/r/status')).text) as Record<string, unknown>;
        expect(status['sink_rest_0_0_last_exception']).toMatch(
          /^ip 127.0.0.1 is in internal network; "enablePrivateNet: true" below basic/,
        );
      },
      { timeout: 5000, interval: 20 },
    );
    expect(peer.asked).toEqual([]);
    const refused = await daemon.call('POST', '/rules', { id: 'x', sql: 'SELECT a FROM s', actions: [{ log: { encryption: 'aes' } }] });
    expect(refused.text).toContain('AES Key is not defined');
  });

  test('protobuf schemas of the registry are read by sinks', async () => {
    daemon = await runDaemon(root);
    await stream([{ a: 7 }]);
    await post('/schemas/protobuf', { name: 'm', content: 'syntax = "proto3"; message R { int64 a = 1; }' });
    const file = { path: join(root, 'out.bin'), format: 'protobuf', schemaId: 'm.R', sendSingle: true };
    await post('/rules', { id: 'r', sql: 'SELECT cast(a, "bigint") AS a FROM s', actions: [{ file }] });
    await vi.waitFor(
      () => {
        expect(existsSync(file.path)).toBe(true);
        expect([...readFileSync(file.path).subarray(0, 2)]).toEqual([8, 7]);
      },
      { timeout: 5000, interval: 20 },
    );
  });
});
