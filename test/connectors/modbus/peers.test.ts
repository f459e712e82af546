// Against pymodbus and libmodbus, over TCP and over pty pairs: every type and order by their own encoders, faults by a proxy, deaths and returns.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import type { ModbusFunction } from '../../../src/connectors/modbus/frame.ts';
import { opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { createModbusSink } from '../../../src/connectors/modbus/sink.ts';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import { byteOrders, decodeValue, encodeValue, reorder } from '../../../src/connectors/modbus/value-types.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import { faultCampaign } from './fault-campaign.ts';
import { haveLibmodbus, libmodbusEncode } from './libmodbus.ts';
import { peers } from './peers.ts';
import { havePymodbus, holdingValue, pymodbusEncode, startPymodbus } from './pymodbus.ts';
import { killRounds, unplugRounds } from './return-rounds.ts';
import { seeded } from './seeded.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function rootWith(profile: string): string {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(join(root, 'etc/sources/modbus/meter.yaml'), profile);
  return root;
}

const PROFILE = `points:
  - {name: a, address: 10, type: uint16}
  - {name: b, function: input, address: 20, type: uint16}
  - {name: c, function: coil, address: 3, writable: true}
  - {name: w, address: 500, type: int32, order: CDAB, writable: true}
  - {name: f, address: 510, type: float32, writable: true, scale: 0.5}
  - {name: bit2, address: 520, type: uint16, bit: 2, writable: true}
  - {name: text, address: 530, type: string, registers: 5, writable: true}
  - {name: beyond, address: 5000, type: uint16, interval: slow}
intervals: {slow: 60s}
`;

async function openSource(props: Record<string, unknown>, root: string) {
  const rows: { row: Row; meta: Record<string, unknown>; atMs: number }[] = [];
  const source = createModbusSource();
  const ctx = Object.assign(createTestContext(), { getRootPath: () => root });
  await source.configure!('meter', props);
  await source.open(
    ctx,
    (data, meta) => void rows.push({ row: data as Row, meta: meta as Record<string, unknown>, atMs: performance.now() }),
    () => undefined,
  );
  closers.push(() => source.close(ctx));
  return { rows, ctx };
}

const busTo = (props: Record<string, unknown>, clock = createRealClock()): ModbusBus => {
  const p = parseConnection<ConnectionProps>('test', sourceOptions, props);
  const bus = new ModbusBus('test', opener(createTestContext(), p), clock, createMemoryLog().log);
  closers.push(() => bus.close());
  return bus;
};
const settings = { timeoutMs: 2000, retries: 0, quietMs: 0, gapMs: 0 };

/** Reads and writes with all functions that the connector uses, and refusals by name. */
async function exerciseFunctions(bus: ModbusBus, unit: number): Promise<void> {
  const ask = (fn: ModbusFunction, address: number, count: number, hex?: string) =>
    bus.request({ unit, fn, address, count, ...(hex === undefined ? {} : { data: Buffer.from(hex, 'hex') }) }, settings);
  const registers = (data: Buffer) => Array.from({ length: data.length / 2 }, (_, i) => data.readUInt16BE(i * 2));
  const bits = (data: Buffer, count: number) => Array.from({ length: count }, (_, i) => ((data[i >> 3]! >> (i & 7)) & 1) === 1);
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(bits(await ask(1, 5, 20), 20)).toEqual(range(20).map((i) => ((i + 5) * 7 + unit) % 3 === 0));
  expect(bits(await ask(2, 8, 9), 9)).toEqual(range(9).map((i) => ((i + 8) * 7 + unit + 1) % 3 === 0));
  expect(registers(await ask(3, 100, 125))).toEqual(range(125).map((i) => holdingValue(unit, 100 + i)));
  expect(registers(await ask(4, 7, 3))).toEqual(range(3).map((i) => holdingValue(unit, 7 + i) + 1024));
  await ask(5, 41, 1, 'ff00');
  await ask(5, 42, 1, '0000');
  expect(bits(await ask(1, 41, 2), 2)).toEqual([true, false]);
  await ask(15, 60, 11, 'a503');
  expect(bits(await ask(1, 60, 11), 11)).toEqual([...'10100101110'].map((c) => c === '1'));
  await ask(6, 300, 1, 'beef');
  await ask(
    16,
    301,
    123,
    range(123)
      .map((i) => (i * 257).toString(16).padStart(4, '0'))
      .join(''),
  );
  expect(registers(await ask(3, 300, 124))).toEqual([0xbeef, ...range(123).map((i) => i * 257)]);
  await ask(22, 300, 1, '00f00a05');
  expect(registers(await ask(3, 300, 1))).toEqual([(0xbeef & 0x00f0) | (0x0a05 & ~0x00f0)]);
  await expect(ask(3, 990, 20)).rejects.toThrow('exception 2: illegal data address');
  await expect(ask(6, 1200, 1, '0001')).rejects.toThrow('exception 2: illegal data address');
  await expect(ask(15, 995, 11, 'ff07')).rejects.toThrow('exception 2: illegal data address');
  // the line works after refusals
  expect(registers(await ask(3, 999, 1))).toEqual([holdingValue(unit, 999)]);
}

describe.runIf(havePymodbus)('modbus with pymodbus', () => {
  it('decodes and encodes every type in every order as pymodbus does', () => {
    const samples: Record<string, string[]> = {
      int16: ['-2', '32767', '-32768'],
      uint16: ['65535', '258'],
      int32: ['-123456789', '2147483647'],
      uint32: ['4294967295', '66051'],
      int64: ['-9223372036854775808', '72623859790382856'],
      uint64: ['9223372036854775807', '72623859790382856'],
      float32: ['1.5', '-0.15625'],
      float64: ['3.141592653589793', '-1e300'],
      string: ['abcdefgh'],
      float16: ['1.5', '-0.0999755859375', '65504', '6e-8', '-0'],
      bcd16: ['0', '1234', '9999'],
      bcd32: ['12345678', '99999999', '7'],
    };
    const jobs = Object.entries(samples).flatMap(([type, values]) =>
      values.flatMap((value) => (['big', 'little'] as const).map((words) => ({ type, value, words }))),
    );
    pymodbusEncode(jobs).forEach((registers, i) => {
      const { type, value, words } = jobs[i]!;
      if (type === 'string' && words === 'little') return; // texts have no word order
      const theirs = Buffer.alloc(registers.length * 2);
      for (const [k, r] of registers.entries()) theirs.writeUInt16BE(r, k * 2);
      const number = type === 'float16' ? Math.f16round(Number(value)) : Number(value);
      const meant = type === 'string' ? value : type.startsWith('float') ? number : BigInt(value);
      // pymodbus knows word orders; with bytes swapped within its words they are our four
      for (const [order, bytes] of [
        [words === 'big' ? 'ABCD' : 'CDAB', theirs],
        [words === 'big' ? 'BADC' : 'DCBA', Buffer.from(theirs).swap16()],
      ] as const) {
        expect([type, order, decodeValue(bytes, type as 'int16', order)]).toEqual([type, order, meant]);
        expect(encodeValue(meant, type as 'int16', order, registers.length).toString('hex')).toBe(bytes.toString('hex'));
      }
    });
    for (const order of byteOrders) expect(reorder(reorder(Buffer.from([1, 2, 3, 4]), order), order)).toEqual(Buffer.from([1, 2, 3, 4]));
  });

  it('TCP: rows with quality, exceptions by name, writes confirmed by read-back', async () => {
    const port = await freePort();
    const server = await startPymodbus('tcp', port);
    closers.push(() => server.kill());
    const root = rootWith(PROFILE);
    const line = { host: '127.0.0.1', tcpPort: port, unit: 2 };
    const sink = createModbusSink();
    const ctx = Object.assign(createTestContext('sink'), { getRootPath: () => root });
    await sink.configure!({ ...line, profile: 'meter' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await sink.collect(ctx, { c: true, w: -70_000n, f: 2.25, bit2: true, text: 'pump', other: 1n });
    await expect(Promise.resolve(sink.collect(ctx, { w: 2n ** 40n }))).rejects.toThrow(/point w: 1099511627776 is outside int32/);
    const { rows } = await openSource({ ...line, interval: 100, emitBad: true }, root);
    await until(() => rows.length >= 3, 'rows');
    const all = Object.assign({}, ...rows.map((r) => r.row)) as Row;
    expect(all).toEqual({
      device: 'meter',
      a: BigInt(holdingValue(2, 10)),
      b: BigInt(holdingValue(2, 20) + 1024),
      c: true,
      w: -70_000n,
      f: 2.25,
      bit2: true,
      text: 'pump',
      beyond: null,
    });
    const quality = Object.assign({}, ...rows.map((r) => r.meta['quality'])) as Record<string, string>;
    expect(quality['a']).toBe('good');
    expect(quality['beyond']).toBe('bad: illegal data address');
  });

  it.each(['rtu', 'ascii'] as const)('%s on a pty pair: reads and writes', async (protocol) => {
    const pair = await createPtyPair();
    closers.push(() => pair.close());
    const server = await startPymodbus(protocol, pair.b);
    closers.push(() => server.kill());
    const bus = busTo({ protocol, port: pair.a, baudRate: 115_200 });
    await bus.request({ unit: 1, fn: 3, address: 0, count: 1 }, settings);
    const startMs = performance.now();
    for (let i = 0; i < 60; i++) {
      const unit = (i % 3) + 1;
      const data = await bus.request({ unit, fn: 3, address: i * 10, count: 5 }, settings);
      expect(data.readUInt16BE(8)).toBe(holdingValue(unit, i * 10 + 4));
    }
    // the driver's events are not left until something else wakes the event loop (then it is 500 ms each)
    expect((performance.now() - startMs) / 60).toBeLessThan(150);
    await bus.request({ unit: 1, fn: 16, address: 700, count: 2, data: Buffer.from([1, 2, 3, 4]) }, settings);
    expect((await bus.request({ unit: 1, fn: 3, address: 700, count: 2 }, settings)).toString('hex')).toBe('01020304');
  });
});

describe.each(peers)('modbus with $name', (peer) => {
  it.runIf(peer.have)('every function writes and reads, exceptions by name', async () => {
    const port = await freePort();
    const server = await peer.startTcp(port);
    closers.push(() => server.kill());
    await exerciseFunctions(busTo({ host: '127.0.0.1', tcpPort: port }), 2);
  });

  it.runIf(peer.have)('every function over a pty pair', async () => {
    const pair = await createPtyPair();
    closers.push(() => pair.close());
    const server = await peer.startRtu(pair.b);
    closers.push(() => server.kill());
    await exerciseFunctions(busTo({ protocol: 'rtu', port: pair.a, baudRate: 115_200 }), 1);
  });

  it.runIf(peer.have).each(['tcp', 'rtu'] as const)(
    '%s: 1,500 transactions with late, foreign, lost and damaged replies: none wrong, none invented',
    async (kind) => {
      const r = await faultCampaign(peer, kind, 1500, 20_261_123);
      expect({ wrong: r.wrong, invented: r.invented }).toEqual({ wrong: 0, invented: 0 });
      expect(r.good).toBe(1500);
      expect(r.spoilt).toBeGreaterThan(kind === 'tcp' ? 20 : 30);
    },
    120_000,
  );

  it.runIf(peer.have)(
    'server killed and back: rows flow within 3 s',
    async () => {
      const r = await killRounds(peer, 4);
      expect(Math.max(...r.returnMs)).toBeLessThan(3000);
      expect(r.wrong).toBe(0);
    },
    60_000,
  );

  it.runIf(peer.have)(
    'adapter unplugged and back: rows flow within 3 s',
    async () => {
      const r = await unplugRounds(peer, 4);
      expect(Math.max(...r.returnMs)).toBeLessThan(3000);
      expect(r.wrong).toBe(0);
    },
    60_000,
  );
});

describe.runIf(haveLibmodbus)('modbus with the encoder of libmodbus', () => {
  it('floats in every order, 32- and 64-bit integers', () => {
    const jobs = [
      ...byteOrders.flatMap((order) =>
        ['1.5', '-0.15625', '3.4e38', '1e-40', '0', '-0'].map((value) => ({ type: 'float32' as const, order, value })),
      ),
      ...['-123456789', '2147483647', '-2147483648'].map((value) => ({ type: 'int32' as const, order: 'ABCD' as const, value })),
      ...['-9223372036854775808', '72623859790382856', '-1'].map((value) => ({ type: 'int64' as const, order: 'ABCD' as const, value })),
    ];
    libmodbusEncode(jobs).forEach((hex, i) => {
      const { type, order, value } = jobs[i]!;
      const meant = type === 'float32' ? Math.fround(Number(value)) : BigInt(value);
      expect([order, decodeValue(Buffer.from(hex, 'hex'), type, order)]).toEqual([order, meant]);
      expect([order, value, encodeValue(meant, type, order, hex.length / 4).toString('hex')]).toEqual([order, value, hex]);
    });
  });
});

describe('modbus lines', () => {
  it.each(['tcp', 'rtu-over-tcp'] as const)(
    '%s: a server that answers nonsense causes errors, no hang and no uncaught error',
    async (protocol) => {
      const random = seeded(7);
      const server = net.createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.on('data', (request: Buffer) => {
          const size = Math.floor(random() * 300);
          const nonsense = Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
          // often a beginning that fits
          if (random() < 0.6) request.copy(nonsense, 0, 0, Math.min(size, 8));
          socket.write(nonsense);
          if (random() < 0.05) socket.destroy();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(() => new Promise((resolve) => server.close(resolve)));
      // a lost framing makes the connection anew, with pauses that are not the point here
      const real = createRealClock();
      const hurried = { ...real, setTimer: (ms: number, work: () => void) => real.setTimer(Math.min(ms, 10), work) };
      const bus = busTo({ protocol, host: '127.0.0.1', tcpPort: (server.address() as net.AddressInfo).port, baudRate: 115_200 }, hurried);
      let errors = 0;
      for (let i = 0; i < 300; i++)
        await bus.request({ unit: (i % 200) + 1, fn: 3, address: i, count: 2 }, { timeoutMs: 8, retries: 0, quietMs: 0, gapMs: 0 }).then(
          () => undefined,
          () => void errors++,
        );
      expect(errors).toBeGreaterThan(190);
      await bus.close();
    },
    60_000,
  );
});
