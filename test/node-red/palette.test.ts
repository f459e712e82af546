// The palette in a real, headless Node-RED beside a real gateway: flow imported, rule deployed, messages both ways, gateway stopped and back.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPalette } from '../../scripts/node-red.ts';
import { type RunningDaemon, runDaemon } from '../daemon/daemon-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { haveNodeRed, type RunningRed, startNodeRed } from './red-process.ts';

async function until(what: string, test: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const beganMs = performance.now();
  while (!(await test())) {
    if (performance.now() - beganMs > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

describe.runIf(haveNodeRed)('the palette in Node-RED', () => {
  let folder: string;
  let red: RunningRed;
  let daemon: RunningDaemon;
  let ports: { rest: number; data: number };
  /** What the nodes told the editor: statuses and debug messages, over the editor's own web socket. */
  const seen: { topic: string; data: any }[] = [];
  let socket: WebSocket;
  const statusOf = (node: string) => seen.findLast((m) => m.topic === `status/${node}`)?.data ?? {};
  const debugs = () => seen.filter((m) => m.topic === 'debug' && m.data.id === 'k_debug').map((m) => JSON.parse(m.data.msg));
  const startGateway = () =>
    runDaemon(join(folder, 'root'), { KUIPER__BASIC__RESTPORT: String(ports.rest), KUIPER__SOURCE__HTTPSERVERPORT: String(ports.data) });
  /** The shipped example with the address of this test, and faster. */
  const example = () =>
    (JSON.parse(readFileSync('src/node-red/examples/temperature.json', 'utf8')) as Record<string, unknown>[]).map((n) => {
      if (n['type'] === 'kuiper-gateway') return { ...n, url: `http://127.0.0.1:${ports.rest}`, dataPort: String(ports.data) };
      return n['type'] === 'inject' ? { ...n, repeat: '0.1', onceDelay: '0.1' } : n;
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-node-red-'));
    ports = { rest: await freePort(), data: await freePort() };
    const palette = await buildPalette(join(folder, 'out'));
    [red, daemon] = await Promise.all([startNodeRed(join(folder, 'red'), palette), startGateway()]);
    socket = new WebSocket(`${red.url.replace('http', 'ws')}/comms`);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.addEventListener('message', (e) => {
      const list = JSON.parse(String(e.data)) as { topic: string; data: any }[];
      seen.push(...[list].flat());
    });
    for (const topic of ['status/#', 'debug']) socket.send(JSON.stringify({ subscribe: topic }));
  }, 120_000);
  afterAll(async () => {
    socket?.close();
    await red?.stop();
    if (daemon?.child.exitCode === null) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:15#5
  test('the palette is installed from its .tgz with four node types, help and icon', async () => {
    const sets = await red.call<{ module: string; types: string[]; enabled: boolean; err?: string }[]>('GET', '/nodes');
    const own = sets.find((s) => s.module === 'node-red-contrib-kuiper-gateway')!;
    expect(own).toMatchObject({ enabled: true, types: ['kuiper-gateway', 'kuiper in', 'kuiper out', 'kuiper rule'] });
    expect(own.err).toBeUndefined();
    expect((await fetch(`${red.url}/icons/node-red-contrib-kuiper-gateway/kuiper.svg`)).status).toBe(200);
    expect(await red.call('GET', '/icons')).toHaveProperty('node-red-contrib-kuiper-gateway');
  });

  test('the example flow deploys its rule, and messages go both ways', async () => {
    await red.deploy(example());
    await until('the rule runs', () => statusOf('k_rule').text === 'running');
    await until('results', () => debugs().length > 3);
    for (const d of debugs()) expect(d.temperature).toBeGreaterThan(25);
    expect(statusOf('k_out')).toMatchObject({ fill: 'green', shape: 'dot' });
    expect(statusOf('k_in')).toMatchObject({ fill: 'green', text: 'connected' });
    const rule = JSON.parse((await daemon.call('GET', '/rules/nodered_hot')).text);
    expect(rule.sql).toBe('SELECT temperature FROM nodered_readings WHERE temperature > 25');
  }, 40_000);

  test('the dots tell that the gateway is gone, and messages go on when it is back', async () => {
    await daemon.stop();
    await until('all three are red', () => ['k_rule', 'k_in', 'k_out'].every((n) => statusOf(n).fill === 'red'));
    expect(statusOf('k_in').text).toMatch(/ended the stream|does not answer|fetch failed|terminated/);
    await until('messages wait', () => /^[1-9]\d* wait/.test(statusOf('k_out').text));
    const before = debugs().length;
    daemon = await startGateway();
    await until('results again', () => debugs().length > before + 3, 40_000);
    await until('all three are green', () => ['k_rule', 'k_in', 'k_out'].every((n) => statusOf(n).fill === 'green'), 40_000);
  }, 90_000);

  test('the editor gets the gateway’s own text for a wrong statement, with place and hint', async () => {
    const wrong = await red.call('POST', '/kuiper/validate', { gateway: 'k_gateway', sql: 'SELECT temperature FORM nodered_readings' });
    expect(wrong.ok).toBe(false);
    expect(wrong.text).toMatch(
      /found "FORM", expected FROM[\s\S]*\n {2}SELECT temperature FORM nodered_readings\n +\^{4}\nhint: did you mean FROM\?/,
    );
    expect(await red.call('POST', '/kuiper/validate', { gateway: 'k_gateway', sql: 'SELECT * FROM nodered_readings' })).toMatchObject({
      ok: true,
    });
  });

  test('a wrong statement that is deployed is a red dot with the reason, and a deleted node takes its rule along', async () => {
    const flows = example().map((n) =>
      (n as { id: string }).id === 'k_rule' ? { ...n, sql: 'SELECT temperature FORM nodered_readings' } : n,
    );
    await red.deploy(flows);
    await until('red', () => statusOf('k_rule').fill === 'red' && statusOf('k_rule').shape === 'dot');
    await red.deploy(example());
    await until('green again', () => statusOf('k_rule').text === 'running');
    await red.deploy(example().filter((n) => !['kuiper rule', 'kuiper in'].includes(String((n as { type: string }).type))));
    await until('the rule is gone', async () => (await daemon.call('GET', '/rules/nodered_hot')).status === 404);
  }, 60_000);
});
