// System calls a message, counted by the kernel and the same on every machine: what a socket read at once is decoded, filtered, written and confirmed
// together. The broker is played here, so that a burst is one segment; the next one comes when the results of the last are there.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Daemon, must, running, startDaemon } from '../../bench/daemon.ts';
import { until } from '../helpers/mosquitto.ts';

// @covers issue:24#9
const BURSTS = 20;
const BURST = 100;
/** Half of the messages pass. */
const RESULTS = BURST / 2;
/** Reads and writes for a burst. One for each packet were 150 and more. */
const MAX_CALLS = 10;

let server: Server;
let daemon: Daemon | undefined;
const sockets = new Set<Socket>();
/** Of the source. */
let subscriber: Socket | undefined;
let results = 0;
let confirmed = 0;

beforeEach(async () => {
  results = confirmed = 0;
  subscriber = undefined;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    let answers: Buffer[] = [];
    const say = (packet: object) => answers.push(mqttPacket.generate(packet as Packet, { protocolVersion: 4 }));
    parser.on('packet', (p: Packet) => {
      if (p.cmd === 'connect') say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
      if (p.cmd === 'subscribe') {
        say({ cmd: 'suback', messageId: p.messageId, granted: p.subscriptions.map((s) => s.qos) });
        // another connection asks for the broker's own counters
        if (p.subscriptions.some((s) => s.topic === 'bench/in')) subscriber = socket;
      }
      if (p.cmd === 'publish') results++;
      if (p.cmd === 'publish' && p.qos === 1) say({ cmd: 'puback', messageId: p.messageId });
      if (p.cmd === 'puback') confirmed++;
      if (p.cmd === 'pingreq') say({ cmd: 'pingresp' });
    });
    socket.on('data', (data: Buffer) => {
      parser.parse(data);
      if (answers.length > 0) socket.write(Buffer.concat(answers));
      answers = [];
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

const calls = (pid: number): number => {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  return Number(/syscr: (\d+)/.exec(io)![1]) + Number(/syscw: (\d+)/.exec(io)![1]);
};

function burst(qos: 0 | 1, first: number): Buffer {
  return Buffer.concat(
    Array.from({ length: BURST }, (_, k) =>
      mqttPacket.generate({
        cmd: 'publish',
        topic: 'bench/in',
        payload: JSON.stringify({ id: first + k, temperature: k % 2 ? 60 : 40 }),
        qos,
        dup: false,
        retain: false,
        messageId: (first % 60_000) + k + 1,
      }),
    ),
  );
}

async function callsPerBurst(qos: 0 | 1, action: object, seen: () => number, file = false): Promise<number> {
  const { port } = server.address() as AddressInfo;
  daemon = await startDaemon(port);
  const { pid } = daemon;
  await must(daemon, 'POST', '/streams', { sql: `CREATE STREAM s () WITH (DATASOURCE="bench/in", FORMAT="json")` });
  await must(daemon, 'PUT', '/metadata/sources/mqtt/confKeys/default', {
    server: `tcp://127.0.0.1:${port}`,
    qos,
    protocolVersion: '3.1.1',
  });
  await must(daemon, 'POST', '/rules', {
    id: 'r',
    sql: 'SELECT id, temperature FROM s WHERE temperature > 50',
    actions: [action],
    options: { qos: file ? 0 : qos },
  });
  await running(daemon, 'r');
  await until(() => subscriber !== undefined, 'the source subscribed', 20_000);
  let before = 0;
  for (let i = 0; i < BURSTS + 2; i++) {
    // the first two make connections and code warm
    if (i === 2) before = calls(pid);
    const done = (i + 1) * RESULTS;
    subscriber!.write(burst(qos, i * BURST));
    await until(() => seen() >= done && (qos === 0 || confirmed >= (i + 1) * BURST), `burst ${i} is through`, 20_000);
  }
  return (calls(pid) - before) / BURSTS;
}

describe('a burst of a hundred messages', { timeout: 120_000 }, () => {
  const mqtt = (qos: number) => ({
    mqtt: {
      server: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
      topic: 'out',
      qos,
      sendSingle: true,
      protocolVersion: '3.1.1',
    },
  });

  // @covers issue:24#9
  it.each([0, 1] as const)('takes few system calls from MQTT over a filter to MQTT, at QoS %d', async (qos) => {
    expect(await callsPerBurst(qos, mqtt(qos), () => results)).toBeLessThanOrEqual(MAX_CALLS);
    expect(results).toBe((BURSTS + 2) * RESULTS);
    expect(confirmed).toBe(qos * (BURSTS + 2) * BURST);
  });

  // @covers issue:24#9
  it('takes few system calls from MQTT over a filter to a file', async () => {
    const file = () => path.join(daemon!.root, 'out.txt');
    const rows = () => (existsSync(file()) ? readFileSync(file(), 'utf8').split('\n').filter(Boolean).length : 0);
    const action = { file: { path: 'out.txt', sendSingle: true, rollingCount: 0, rollingInterval: '24h' } };
    expect(await callsPerBurst(0, action, rows, true)).toBeLessThanOrEqual(MAX_CALLS);
  });
});
