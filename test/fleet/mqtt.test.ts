// Many gateways by MQTT: desired states as retained messages, reported ones back, over a real broker.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createMqttAgent, type MqttAgent, topicsOf } from '../../src/fleet/mqtt-agent.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';

const pair = generateKeyPairSync('ed25519');

describe.runIf(haveMosquitto)('a fleet over MQTT', () => {
  let broker: Mosquitto;
  let office: mqtt.MqttClient;
  let root: string;
  const retained = new Map<string, string>();
  const agents: MqttAgent[] = [];
  beforeAll(async () => {
    broker = await startMosquitto();
    office = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    office.on('message', (topic, payload) => retained.set(topic, payload.toString()));
    await office.subscribeAsync('plant/fleet/device/+/+');
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kuiper-fleet-mqtt-'));
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
    for (const topic of ['plant/fleet/device/gw1/desired', 'plant/fleet/group/hall/desired', 'plant/fleet/all/desired'])
      await office.publishAsync(topic, '', { retain: true, qos: 1 });
    rmSync(root, { recursive: true, force: true });
  });
  afterAll(async () => {
    await office.endAsync(true);
    await broker.remove();
  });

  const seen: string[] = [];
  const boot = (name: string, more: { groups?: string[]; refuse?: { reason: string }; signed?: boolean } = {}) => {
    const agent = createMqttAgent({
      settings: { server: broker.url, username: '', secret: '', prefix: 'plant' },
      tls: { ca: '', cert: '', key: '' },
      who: { id: `id-${name}`, name, groups: more.groups ?? [], version: '1' },
      folder: join(root, name),
      password: () => undefined,
      keys: () => (more.signed ? [pair.publicKey] : []),
      apply: {
        async run(tree, options) {
          seen.push(`${name} ${[...tree.keys()].sort().join()} ${options?.prune} ${options?.source}`);
          const reason = more.refuse?.reason ?? '';
          const items = reason === '' ? [] : [{ part: 'rules', name: 'r', path: 'rules/r.yaml', outcome: 'refused' as const, reason }];
          return { applied: reason === '', revision: [...tree.keys()].sort().join('+'), items, notes: [] };
        },
      },
      clock: createRealClock(),
      log: createMemoryLog().log,
      random: () => 0,
      changed: () => agent.report({ name, mqtt: agent.state() }),
    });
    agents.push(agent);
    agent.start();
    return agent;
  };
  const want = (topic: string, serial: number, file: string, more: object = {}) =>
    office.publishAsync(`plant/fleet/${topic}/desired`, JSON.stringify({ serial, files: { [file]: 'x' }, ...more }), {
      retain: true,
      qos: 1,
    });
  const reported = (name: string) =>
    JSON.parse(retained.get(`plant/fleet/device/${name}/reported`) ?? '{}') as { mqtt?: { revision: string; problem: string } };

  // @covers issue:22#6
  test('takes what was asked for before it was there, reports it retained, and follows the next one', async () => {
    seen.length = 0;
    await want('device/gw1', 1, 'a', { prune: true });
    const agent = boot('gw1');
    await until(() => reported('gw1').mqtt?.revision === 'a', 'the first is reported');
    expect(seen).toEqual(['gw1 a true mqtt plant/fleet/device/gw1/desired 1']);
    expect(retained.get('plant/fleet/device/gw1/online')).toBe('1');
    await want('device/gw1', 2, 'b');
    await until(() => reported('gw1').mqtt?.revision === 'b', 'the second is reported');
    expect(agent.state()).toMatchObject({ topic: 'plant/fleet/device/gw1/desired', problem: '', connected: true });
    await agent.stop();
    await until(() => retained.get('plant/fleet/device/gw1/online') === '0', 'it says goodbye');
    // after a restart the retained message comes again, and is done already
    const next = boot('gw1');
    await until(() => next.state().connected && retained.get('plant/fleet/device/gw1/online') === '1', 'it is back');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(seen.length).toBe(2);
    // an older one is not taken in the place of a newer one
    await want('device/gw1', 1, 'c');
    await until(() => reported('gw1').mqtt?.problem !== '', 'it is refused');
    expect(reported('gw1').mqtt?.problem).toBe('plant/fleet/device/gw1/desired: its serial is 1, and 2 was followed already');
    expect(seen.length).toBe(2);
  });

  test('follows the most specific of device, group and all, and falls back when that one is taken away', async () => {
    await want('all', 1, 'all');
    await want('group/hall', 1, 'hall');
    const one = boot('gw1', { groups: ['hall'] });
    const two = boot('gw2');
    await until(() => one.state().revision === 'hall' && two.state().revision === 'all', 'group before all');
    await want('device/gw1', 1, 'own');
    await until(() => one.state().revision === 'own', 'device before group');
    await office.publishAsync('plant/fleet/device/gw1/desired', '', { retain: true, qos: 1 });
    await until(() => one.state().revision === 'hall', 'back to the group');
    expect(two.state().revision).toBe('all');
  });

  test('reports a refusal with its reason, and what is no state at all', async () => {
    const refuse = { reason: 'fail to get stream demo' };
    const agent = boot('gw3', { refuse });
    await want('device/gw3', 1, 'rules/r.yaml');
    await until(() => agent.state().problem !== '', 'it is refused');
    expect(agent.state()).toMatchObject({
      problem: 'plant/fleet/device/gw3/desired: refused, nothing was changed: rules/r.yaml: fail to get stream demo',
      revision: '',
    });
    await office.publishAsync('plant/fleet/device/gw3/desired', '[1', { retain: true, qos: 1 });
    await until(() => agent.state().problem.includes('JSON'), 'it is told');
    refuse.reason = '';
    await want('device/gw3', 2, 'rules/r.yaml');
    await until(() => reported('gw3').mqtt?.problem === '', 'it is well');
    await office.publishAsync('plant/fleet/device/gw3/desired', '', { retain: true, qos: 1 });
  });

  test('takes signed states only where there are keys', async () => {
    seen.length = 0;
    const agent = boot('gw4', { signed: true });
    await want('device/gw4', 1, 'a');
    await until(() => agent.state().problem.includes('it is not signed'), 'unsigned is refused');
    const text = JSON.stringify({ serial: 2, files: { b: 'x' } });
    const publish = (signature: string) =>
      office.publishAsync('plant/fleet/device/gw4/desired', JSON.stringify({ signed: text, signature }), { retain: true, qos: 1 });
    await publish(sign(null, Buffer.from(`${text} `), pair.privateKey).toString('base64'));
    await until(() => agent.state().problem.includes('none of the keys'), 'a wrong signature is refused');
    expect(seen).toEqual([]);
    await publish(sign(null, Buffer.from(text), pair.privateKey).toString('base64'));
    await until(() => agent.state().revision === 'b', 'the right one is taken');
    await office.publishAsync('plant/fleet/device/gw4/desired', '', { retain: true, qos: 1 });
  });
});

test('the topics of a gateway hold its name and groups as one level each', () => {
  expect(topicsOf('kuiper', { id: 'i', name: 'hall/3+#', groups: ['a/b'], version: '1' })).toEqual({
    desired: ['kuiper/fleet/device/hall_3__/desired', 'kuiper/fleet/group/a_b/desired', 'kuiper/fleet/all/desired'],
    reported: 'kuiper/fleet/device/hall_3__/reported',
    online: 'kuiper/fleet/device/hall_3__/online',
  });
});
