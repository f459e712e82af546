// Gateways that do not keep to the letter: other transaction ids, other units, silence after connecting. Told by name, and taken where the user says so.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import { acquireBus, hostOf, lineKey, opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Peer {
  /** Function, size and data of the reply. */
  pdu?: (fn: number) => number[];
  id?: (id: number) => number;
  unit?: (unit: number) => number;
  /** Connections are closed when asked earlier, ms. */
  closeBeforeMs?: number;
}

async function peer({ id = (n) => n, unit = (n) => n, pdu = (fn) => [fn, 2, 0, 42], closeBeforeMs = 0 }: Peer) {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    const sinceMs = performance.now();
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      if (performance.now() - sinceMs < closeBeforeMs) {
        socket.destroy();
        return;
      }
      const body = [unit(data[6]!), ...pdu(data[7]!)];
      const reply = Buffer.from([0, 0, 0, 0, 0, body.length, ...body]);
      reply.writeUInt16BE(id(data.readUInt16BE(0)) & 0xffff, 0);
      socket.write(reply);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as net.AddressInfo).port, connections: () => connections };
}

function busTo(port: number, more: Record<string, unknown> = {}) {
  const props = parseConnection<ConnectionProps>('modbus', sourceOptions, {
    host: '127.0.0.1',
    tcpPort: port,
    timeout: 150,
    retries: 0,
    ...more,
  });
  const ctx = createTestContext();
  const clock = createRealClock();
  const { log } = createMemoryLog();
  const bus = new ModbusBus('odd', opener({ ...ctx, clock, log }, props), clock, log, { lenient: props.lenient });
  closers.push(() => bus.close());
  return { bus, ask: (unit = 1) => bus.request({ unit, fn: 3, address: 0, count: 1 }, props) };
}

// @covers issue:19#5 @covers finding:field#2.8
describe('odd Modbus peers', () => {
  const odd: [string, Peer, number, string][] = [
    ['transaction id 0', { id: () => 0 }, 1, "replies come with transaction id 0 instead of the request's"],
    ['transaction id + 1', { id: (n) => n + 1 }, 1, "replies come with transaction id n + 1 instead of the request's"],
    ['unit 255', { unit: () => 255 }, 1, 'replies come from unit 255 instead of unit 1'],
    ['unit 0', { unit: () => 0 }, 7, 'replies come from unit 0 instead of unit 7'],
    ['unit 1 for 0', { unit: () => 1 }, 0, 'replies come from unit 1 instead of unit 0'],
  ];
  it.each(odd)('%s: refused, and what is odd is said with the cure', async (_name, behaviour, unit, oddity) => {
    const { port } = await peer(behaviour);
    const { bus, ask } = busTo(port);
    await expect(ask(unit)).rejects.toThrow(`unit ${unit} does not answer within 150 ms (1 try); ${oddity}: lenient: true takes them`);
    expect(bus.report(unit)).toMatchObject({ oddity, answers: 0 });
    expect(bus.report(unit)!.strays).toBeGreaterThanOrEqual(1);
  });

  it.each(odd)('%s: taken with lenient', async (_name, behaviour, unit) => {
    const { port } = await peer(behaviour);
    const { bus, ask } = busTo(port, { lenient: true });
    for (let i = 0; i < 5; i++) expect((await ask(unit)).readUInt16BE(0)).toBe(42);
    expect(bus.report(unit)).toMatchObject({ oddity: '', answers: 5, strays: 0 });
  });

  it('a reply of another unit or with any other transaction id is not taken, lenient or not', async () => {
    const other = await peer({ unit: (n) => n + 1 });
    await expect(busTo(other.port, { lenient: true }).ask(3)).rejects.toThrow('unit 3 does not answer within 150 ms (1 try)');
    const far = await peer({ id: (n) => n + 2 });
    await expect(busTo(far.port, { lenient: true }).ask(3)).rejects.toThrow('unit 3 does not answer within 150 ms (1 try)');
  });

  it.each<[string, (fn: number) => number[], string]>([
    ['too short', (fn) => [fn, 0], '0 data bytes instead of 2'],
    ['too long', (fn) => [fn, 4, 0, 42, 0, 43], '4 data bytes instead of 2'],
    ['of another function', () => [4, 2, 0, 42], 'function 4 instead of 3'],
    ['with a size that is not its own', (fn) => [fn, 0, 0, 42], 'other contents than those of the request'],
  ])('a reply to the request that is %s is not taken, and what does not fit is said', async (_what, pdu, words) => {
    const { port } = await peer({ pdu });
    const { bus, ask } = busTo(port);
    const oddity = `its replies do not fit: ${words}`;
    await expect(ask()).rejects.toThrow(`unit 1 does not answer within 150 ms (1 try); ${oddity}`);
    expect(bus.report(1)).toMatchObject({ oddity, answers: 0, strays: 1 });
  });

  it('a device that closes early connections is read with connectDelay, and never without', async () => {
    const { port } = await peer({ closeBeforeMs: 200 });
    await expect(busTo(port).ask()).rejects.toThrow();
    const patient = busTo(port, { connectDelay: 300 });
    expect((await patient.ask()).readUInt16BE(0)).toBe(42);
  });

  it.each([
    ['PLC.Local.', 'plc.local'],
    ['192.168.001.020', '192.168.1.20'],
    ['localhost', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['0:0:0:0:0:0:0:1', '[::1]'],
    [' 10.0.0.1 ', '10.0.0.1'],
  ])('host %s is the same line as %s', (host, same) => {
    expect(hostOf(host)).toBe(same);
    expect(hostOf(same)).toBe(same);
  });

  it('streams that spell the host differently share the connection of a device that takes one only', async () => {
    const { port, connections } = await peer({});
    const ctx = createTestContext();
    const props = (host: string) => parseConnection<ConnectionProps>('modbus', sourceOptions, { host, tcpPort: port });
    const one = acquireBus(ctx, props('127.0.0.1'));
    const two = acquireBus(ctx, props('localhost'));
    closers.push(() => one.close());
    expect(two).toBe(one);
    await one.request({ unit: 1, fn: 3, address: 0, count: 1 }, props('localhost'));
    expect(connections()).toBe(1);
    expect(lineKey(props('LOCALHOST'))).toBe(`tcp://127.0.0.1:${port}`);
    expect(() => acquireBus(ctx, { ...props('127.0.0.1'), lenient: true })).toThrow(
      `the line tcp://127.0.0.1:${port} is in use with the default settings, but here with lenient: true: use the same settings for both`,
    );
  });

  it('a point of a profile cannot be named as a column of the gateway', () => {
    expect(() => parseProfile('points: [{name: device, address: 1}]', 'm.yaml')).toThrow(
      'm.yaml:1: point "device": the name device is a column of the gateway\'s own; choose another',
    );
  });
});
