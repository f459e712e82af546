// Against pymodbus, over TCP and over a pty pair: every type and order by its own encoder, faults by a proxy, deaths and returns.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus.ts';
import { opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { createPlc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { serveStream } from '../../../src/connectors/modbus/simulator/serve-stream.ts';
import { createModbusSink } from '../../../src/connectors/modbus/sink.ts';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import { byteOrders, decodeValue, encodeValue, reorder } from '../../../src/connectors/modbus/value-types.ts';
import { defaultLine, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import { faultCampaign, seeded } from './fault-campaign.ts';
import { freePort, havePymodbus, holdingValue, pymodbusEncode, startPymodbus } from './pymodbus.ts';

/** Rounds of kills and of pulled adapters; the campaign asks for 100. */
const KILLS = Number(process.env['MODBUS_KILLS'] ?? 4);
const UNPLUGS = Number(process.env['MODBUS_UNPLUGS'] ?? 5);

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

const busTo = (props: Record<string, unknown>): ModbusBus => {
  const p = parseConnection<ConnectionProps>('test', sourceOptions, props);
  const bus = new ModbusBus('test', opener(createTestContext(), p), createRealClock(), createMemoryLog().log);
  closers.push(() => bus.close());
  return bus;
};
const settings = { timeoutMs: 2000, retries: 0, quietMs: 0, gapMs: 0 };

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
    };
    const jobs = Object.entries(samples).flatMap(([type, values]) =>
      values.flatMap((value) => (['big', 'little'] as const).map((words) => ({ type, value, words }))),
    );
    pymodbusEncode(jobs).forEach((registers, i) => {
      const { type, value, words } = jobs[i]!;
      if (type === 'string' && words === 'little') return; // texts have no word order
      const theirs = Buffer.alloc(registers.length * 2);
      for (const [k, r] of registers.entries()) theirs.writeUInt16BE(r, k * 2);
      const meant = type === 'string' ? value : type.startsWith('float') ? Number(value) : BigInt(value);
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

  it.each(['tcp', 'rtu'] as const)(
    '%s: 1,500 transactions with late, foreign, lost and damaged replies: none wrong, none invented',
    async (kind) => {
      const r = await faultCampaign(kind, 1500, 20_261_123);
      expect({ wrong: r.wrong, invented: r.invented }).toEqual({ wrong: 0, invented: 0 });
      expect(r.good).toBe(1500);
      expect(r.spoilt).toBeGreaterThan(kind === 'tcp' ? 20 : 40);
    },
    120_000,
  );

  it(
    'server killed and back: rows flow within 3 s',
    async () => {
      const port = await freePort();
      let server = await startPymodbus('tcp', port);
      closers.push(() => server.kill());
      const { rows } = await openSource(
        { host: '127.0.0.1', tcpPort: port, interval: 1000 },
        rootWith('points: [{name: a, address: 10, type: uint16}]'),
      );
      await until(() => rows.length > 0, 'first row', 10_000);
      for (let i = 0; i < KILLS; i++) {
        await server.kill();
        await new Promise((resolve) => setTimeout(resolve, 200 + ((i * 531) % 1500)));
        server = await startPymodbus('tcp', port);
        const backMs = performance.now();
        await until(() => rows.at(-1)!.atMs > backMs, `row after return ${i}`, 10_000);
        expect(rows.find((r) => r.atMs > backMs)!.atMs - backMs).toBeLessThan(3000);
        expect(rows.at(-1)!.row['a']).toBe(BigInt(holdingValue(1, 10)));
      }
    },
    60_000 + KILLS * 10_000,
  );
});

describe('modbus lines', () => {
  it(
    'adapter unplugged and back: rows flow within 3 s',
    async () => {
      const pair = await createPtyPair();
      closers.push(() => pair.close());
      const plc = createPlc([1]);
      plc.units.get(1)!.holding[10] = 321;
      const slave = async () => {
        const port = await openPort({
          selector: { port: pair.b, vendorId: '', productId: '', serialNumber: '' },
          line: { ...defaultLine, baudRate: 115_200 },
          owner: 'slave',
          locks: new PortLocks(),
          clock: createRealClock(),
        });
        serveStream(plc, port.stream);
        return port;
      };
      let port = await slave();
      closers.push(() => port.close());
      const { rows, ctx } = await openSource(
        { protocol: 'rtu', port: pair.a, baudRate: 115_200, interval: 500, timeout: 200 },
        rootWith('points: [{name: a, address: 10, type: uint16}]'),
      );
      await until(() => rows.length > 0, 'first row', 10_000);
      for (let i = 0; i < UNPLUGS; i++) {
        await pair.unplug();
        await port.close();
        await until(() => ctx.states.at(-1)?.state === 'disconnected', 'loss seen', 5000);
        await pair.plug();
        port = await slave();
        const backMs = performance.now();
        await until(() => rows.at(-1)!.atMs > backMs, `row after return ${i}`, 10_000);
        expect(rows.find((r) => r.atMs > backMs)!.atMs - backMs).toBeLessThan(3000);
      }
      expect(rows.every((r) => r.row['a'] === 321n)).toBe(true);
    },
    60_000 + UNPLUGS * 10_000,
  );

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
      const bus = busTo({ protocol, host: '127.0.0.1', tcpPort: (server.address() as net.AddressInfo).port, baudRate: 115_200 });
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
