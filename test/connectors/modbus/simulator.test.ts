// The simulated controller: each fault does what it says, over a pty pair and over TCP, and pymodbus's client reads it rightly.
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import { opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { parseFaults, parseUnits } from '../../../src/connectors/modbus/simulator/parse-faults.ts';
import { createPlc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { serveStream } from '../../../src/connectors/modbus/simulator/serve-stream.ts';
import { serveTcp } from '../../../src/connectors/modbus/simulator/serve-tcp.ts';
import { defaultLine, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import { havePymodbus, pymodbusRead } from './pymodbus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const newPlc = () =>
  createPlc([1, 2], 1000, (unit, id) => {
    for (let i = 0; i < 1000; i++) unit.holding[i] = id * 1000 + i;
    unit.coils[3] = 1;
  });

async function simulatorAt(device: string) {
  const port = await openPort({
    selector: { port: device, vendorId: '', productId: '', serialNumber: '' },
    line: { ...defaultLine, baudRate: 115_200 },
    owner: 'simulator',
    locks: new PortLocks(),
    clock: createRealClock(),
  });
  closers.push(() => port.close());
  return serveStream(newPlc(), port.stream);
}

function busTo(props: Record<string, unknown>) {
  const p = parseConnection<ConnectionProps>('test', sourceOptions, props);
  const bus = new ModbusBus('test', opener(createTestContext(), p), createRealClock(), createMemoryLog().log);
  closers.push(() => bus.close());
  return bus;
}

async function onPty() {
  const pair = await createPtyPair();
  closers.push(() => pair.close());
  const line = await simulatorAt(pair.b);
  const bus = busTo({ protocol: 'rtu', port: pair.a, baudRate: 115_200 });
  const read = async (address: number, unit = 1): Promise<number | string> =>
    bus.request({ unit, fn: 3, address, count: 1 }, { timeoutMs: 120, retries: 0, quietMs: 150, gapMs: 0, patient: true }).then(
      (data) => data.readUInt16BE(0),
      (error: Error) => error.message,
    );
  expect(await read(1)).toBe(1001);
  return { line, bus, read };
}

describe('modbus simulator over a pty', () => {
  it('drop, damage and a dead unit: no answer', async () => {
    for (const faults of [{ drop: 1 }, { corrupt: 1 }, { dead: new Set([1]) }]) {
      const { line, read } = await onPty();
      line.faults = faults;
      expect(await read(2)).toMatch(/^unit 1 does not answer within 120 ms/);
      // the other unit is dead only with the first two
      expect(await read(2, 2)).toEqual('dead' in faults ? 2002 : expect.stringMatching(/^unit 2 does not answer/));
    }
  });

  it('delay, foreign replies and exceptions', async () => {
    const { line, read } = await onPty();
    line.faults = { delayMs: 60 };
    const startMs = performance.now();
    expect(await read(2)).toBe(1002);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(59);
    line.faults = { foreign: 1 };
    expect(await read(3)).toBe(1003);
    line.faults = { exception: 1 };
    expect(await read(4)).toBe('unit 1 answers exception 6: server device busy');
  });

  it('a late reply comes, and is not taken for the next', async () => {
    const { line, bus, read } = await onPty();
    line.faults = { late: 1, lateMs: 200 };
    expect(await read(2)).toMatch(/does not answer/);
    line.faults = {};
    await until(() => bus.aside.length === 0, 'the next probe', 3000);
    expect(await read(3)).toBe(1003);
  });

  it('reboot: silent for its time, then with the values of power-up', async () => {
    const { line, bus, read } = await onPty();
    await bus.request(
      { unit: 1, fn: 6, address: 7, count: 1, data: Buffer.from([0, 5]) },
      { timeoutMs: 500, retries: 0, quietMs: 0, gapMs: 0 },
    );
    expect(await read(7)).toBe(5);
    line.reboot(400);
    expect(await read(7)).toMatch(/does not answer/);
    await until(async () => (await read(7)) === 1007, 'values of power-up', 5000);
  });

  it.runIf(havePymodbus)("pymodbus's client reads and writes it", async () => {
    const pair = await createPtyPair();
    closers.push(() => pair.close());
    await simulatorAt(pair.b);
    expect(await pymodbusRead('rtu', pair.a, 2)).toEqual(OUTSIDE);
  });
});

/** What the client of pymodbus-server.py finds at unit 2. */
const OUTSIDE = { coils: [false, true, false], registers: [2010, 2011, 2012], written: [7, 8], mask: 15, exception: 2 };

describe('modbus simulator over TCP', () => {
  it('reboot by chance: connections drop, the line comes back with the values of power-up', async () => {
    const server = await serveTcp(newPlc());
    closers.push(() => server.close());
    const bus = busTo({ host: '127.0.0.1', tcpPort: server.port });
    const settings = { timeoutMs: 500, retries: 0, quietMs: 0, gapMs: 0 };
    const read = () =>
      bus.request({ unit: 1, fn: 3, address: 7, count: 1 }, settings).then(
        (data) => data.readUInt16BE(0),
        (error: Error) => error.message,
      );
    await bus.request({ unit: 1, fn: 6, address: 7, count: 1, data: Buffer.from([0, 5]) }, settings);
    expect(await read()).toBe(5);
    server.faults = { reboot: 1, rebootMs: 100 };
    expect(await read()).toMatch(/closed the connection|ECONNRESET/);
    server.faults = {};
    await until(async () => (await read()) === 1007, 'values of power-up', 5000);
  });

  it('closes while it starts anew', async () => {
    const server = await serveTcp(newPlc());
    const back = server.reboot(60_000);
    await server.close();
    await back;
  });

  it.runIf(havePymodbus)("pymodbus's client reads and writes it", async () => {
    const server = await serveTcp(newPlc());
    closers.push(() => server.close());
    expect(await pymodbusRead('tcp', server.port, 2)).toEqual(OUTSIDE);
  });
});

describe('modbus simulator: faults as text', () => {
  it('reads chances, times and dead units', () => {
    expect(parseFaults('drop=0.02, late=1,lateMs=300,dead=3+5-7,rebootMs=5')).toEqual({
      drop: 0.02,
      late: 1,
      lateMs: 300,
      dead: new Set([3, 5, 6, 7]),
      rebootMs: 5,
    });
    expect(parseFaults('')).toEqual({});
    expect(parseUnits('1-3+247')).toEqual([1, 2, 3, 247]);
  });

  it.each([
    ['drop=2', 'drop "2": a chance from 0 to 1'],
    ['drop', 'drop "": a chance from 0 to 1'],
    ['lateMs=-1', 'lateMs "-1": milliseconds from 0 to 3600000'],
    ['dead=0', 'units "0": numbers from 1 to 247'],
    ['dead=5-3', 'units "5-3": numbers from 1 to 247'],
    ['noise=1', 'fault "noise" is not known; known are drop'],
  ])('says what is wrong: %s', (text, error) => {
    expect(() => parseFaults(text)).toThrow(error);
  });
});
