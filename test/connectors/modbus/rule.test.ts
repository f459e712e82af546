// The whole way in the real daemon: stream TYPE="modbus" → rule → modbus sink, and a lookup join, against a simulated controller.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConnection, parseDevices, type SourceProps, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { createPlc, type Plc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { type SimulatedServer, serveTcp } from '../../../src/connectors/modbus/simulator/serve-tcp.ts';
import { lineText } from '../../../src/connectors/port/line.ts';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { until } from '../../helpers/mosquitto.ts';

let root: string;
let plc: Plc;
let server: SimulatedServer;
let daemon: RunningDaemon;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-'));
  plc = createPlc([1, 2]);
  server = await serveTcp(plc);
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(
    join(root, 'etc/sources/modbus.yaml'),
    `line:\n  host: 127.0.0.1\n  tcpPort: ${server.port}\n  interval: 100ms\n  devices: [{name: one, unit: 1, profile: map}, {name: two, unit: 2, profile: map}]\n`,
  );
  writeFileSync(
    join(root, 'etc/sources/modbus/map.yaml'),
    'points:\n  - {name: t, address: 10, type: int16, scale: 0.1}\n  - {name: gone, address: 5000, type: int16}\n  - {name: out, address: 20, type: int32, writable: true}\n  - {name: high, function: coil, address: 2, writable: true}\n  - {name: joined, address: 30, type: int16, writable: true}\n',
  );
  daemon = await runDaemon(root);
}, 60_000);
afterAll(async () => {
  await daemon?.stop();
  await server?.close();
  rmSync(root, { recursive: true, force: true });
});

async function must(method: string, path: string, body: unknown): Promise<void> {
  const answer = await daemon.call(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
}

describe('modbus in a rule', () => {
  it('reads devices, computes, uses quality from meta(), writes and confirms', async () => {
    plc.units.get(1)!.holding[10] = 215;
    plc.units.get(2)!.holding[10] = 480;
    await must('POST', '/streams', { sql: 'CREATE STREAM plc () WITH (TYPE="modbus", CONF_KEY="line", FORMAT="json", SHARED="true")' });
    await must('POST', '/rules', {
      id: 'control',
      sql: 'SELECT cast(t * 10, "bigint") + 1 AS out, t > 40 AS high, meta(unit) AS unit, json_path_query(meta(quality), "$.gone") AS why FROM plc WHERE device = "two"',
      actions: [{ modbus: { host: '127.0.0.1', tcpPort: server.port, profile: 'map', unit: '{{.unit}}', sendSingle: true } }],
    });
    const two = plc.units.get(2)!;
    await until(() => two.holding[21] === 481 && two.coils[2] === 1, 'written values', 10_000).catch(async (error) => {
      throw new Error(`${(error as Error).message}: ${(await daemon.call('GET', '/rules/control/status')).text}`);
    });
    expect(plc.units.get(1)!.holding[21]).toBe(0);
    // a point that the device refuses is a problem of the rule, and named
    const health = JSON.parse((await daemon.call('GET', '/rules/control/health')).text) as {
      ok: boolean;
      problems: string[];
      sources: { devices: unknown[] }[];
    };
    expect(health.ok).toBe(false);
    expect(health.problems).toContainEqual(
      `Source plc: Device one (unit 1, tcp://127.0.0.1:${server.port}) refuses 1 of 5 points (gone: illegal data address). Check function, address and type in its profile.`,
    );
    expect(health.sources[0]!.devices).toMatchObject([
      { name: 'one', unit: 1, state: 'answering', refused: { gone: 'illegal data address' } },
      { name: 'two', unit: 2, state: 'answering' },
    ]);
    two.holding[10] = 100;
    await until(() => two.holding[21] === 101 && two.coils[2] === 0, 'changed values', 10_000);
  }, 40_000);

  it('joins a device as a lookup table', async () => {
    await must('POST', '/tables', { sql: 'CREATE TABLE devices () WITH (TYPE="modbus", CONF_KEY="line", KIND="lookup", FORMAT="json")' });
    await must('POST', '/rules', {
      id: 'joined',
      sql: 'SELECT cast(devices.t * 10, "bigint") AS joined FROM plc INNER JOIN devices ON plc.device = devices.device WHERE plc.device = "one"',
      actions: [{ modbus: { host: '127.0.0.1', tcpPort: server.port, profile: 'map', unit: 1, sendSingle: true } }],
    });
    await until(() => plc.units.get(1)!.holding[30] === 215, 'joined value', 10_000).catch(async (error) => {
      throw new Error(`${(error as Error).message}: ${(await daemon.call('GET', '/rules/joined/status')).text}`);
    });
  }, 40_000);

  it('says what is wrong with a profile', async () => {
    writeFileSync(join(root, 'etc/sources/modbus/broken.yaml'), 'points:\n  - {name: x, address: 1, type: int12}\n');
    const answer = await daemon.call('POST', '/rules', {
      id: 'broken',
      sql: 'SELECT * FROM plc',
      actions: [{ modbus: { host: '127.0.0.1', tcpPort: server.port, profile: 'broken' } }],
    });
    await until(
      async () => /broken\.yaml:2: point .{1,2}x.{1,2}: type/.test(answer.text + (await daemon.call('GET', '/rules/broken/status')).text),
      'the mistake is shown',
      10_000,
    );
  }, 30_000);

  it('the example files that are shipped are valid', () => {
    const file = 'etc/sources/modbus/example.yaml';
    expect(parseProfile(readFileSync(file, 'utf8'), file).points.map((p) => p.name)).toContain('setpoint');
    // the commented lines too, as a user takes them in
    const lines = readFileSync('etc/sources/modbus.yaml', 'utf8').replaceAll(/^# (?=plc:|hall:| )/gm, '');
    const { default: common, plc, hall } = parse(lines) as Record<string, Record<string, unknown>>;
    const devices = [plc, hall].map((key) => {
      const props = parseConnection<SourceProps>('modbus', sourceOptions, { ...common, ...key });
      return [lineText(props.line), ...parseDevices(props, '').map((d) => `${d.name} ${d.settings.timeoutMs}`)];
    });
    expect(devices).toEqual([
      ['9600 8N1', 'example 1000'],
      ['19200 8E1', 'meter1 300', 'meter2 600'],
    ]);
  });
});
