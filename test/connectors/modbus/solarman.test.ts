// Solarman V5: envelopes against package pysolarmanv5, with what real loggers do to their clients; recorded frames of its issues.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import type { ModbusRequest } from '../../../src/connectors/modbus/frame.ts';
import { acquireBus, lineKey, opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import {
  type SolarmanFrame,
  solarmanReply,
  solarmanRequest,
  takeSolarman,
} from '../../../src/connectors/modbus/transport/solarman-frame.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePysolarman, startLogger } from './solarman.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const SERIAL = 2_712_345_678;

function busTo(port: number, more: Record<string, unknown> = {}) {
  const props = parseConnection<ConnectionProps>('modbus', sourceOptions, {
    protocol: 'solarman',
    host: '127.0.0.1',
    tcpPort: port,
    ...more,
  });
  const { log } = createMemoryLog();
  const bus = new ModbusBus('solar', opener({ ...createTestContext(), clock: createRealClock(), log }, props), createRealClock(), log);
  closers.push(() => bus.close());
  const request = (r: Partial<ModbusRequest>) => bus.request({ unit: 1, fn: 3, address: 0, count: 1, ...r }, props);
  const read = async (address: number, count = 1) => {
    const data = await request({ address, count });
    return Array.from({ length: count }, (_, i) => data.readUInt16BE(2 * i));
  };
  return { bus, props, request, read };
}

// @covers issue:19#9
describe('a solar logger', () => {
  it.runIf(havePysolarman)('is read and written whatever it does to its replies: 24 requests, 24 right answers', async () => {
    const logger = await startLogger(SERIAL);
    closers.push(() => logger.close());
    const { bus, read, request } = busTo(logger.port, { loggerSerial: SERIAL });
    for (let i = 0; i < 12; i++)
      expect(await read(i * 7, 1 + (i % 5))).toEqual(Array.from({ length: 1 + (i % 5) }, (_, k) => 5000 + i * 7 + k));
    for (let i = 0; i < 6; i++) {
      await request({ fn: 6, address: 300 + i, data: Buffer.from([0x12, i]) });
      expect(await read(300 + i)).toEqual([0x1200 + i]);
    }
    expect(bus.counters).toMatchObject({ requests: 24, timeouts: 0, exceptions: 0 });
    expect(logger.told.filter((t) => t.startsWith('rtu'))).toHaveLength(24);
    // each heartbeat got the time, with the next sequence number and the code of its answer
    await until(() => logger.told.filter((t) => t.startsWith('time')).length === 8, 'each heartbeat is answered');
    const time = Buffer.from(logger.told.find((t) => t.startsWith('time'))!.slice(5), 'hex');
    expect(time.length).toBe(23);
    expect(time.readUInt16LE(3)).toBe(0x1710);
    expect(time.readUInt32LE(7)).toBe(SERIAL);
    expect(Math.abs(time.readUInt32LE(13) - Date.now() / 1000)).toBeLessThan(60);
  });

  it.runIf(havePysolarman)('tells its serial number when none is given: the first request is sent again with it', async () => {
    const logger = await startLogger(SERIAL);
    closers.push(() => logger.close());
    const { bus, read } = busTo(logger.port);
    expect(await read(10)).toEqual([5010]);
    expect(await read(11)).toEqual([5011]);
    expect(logger.told.map((t) => t.replace(/ [0-9a-f]{6,}$/, ''))).toEqual(['refused serial 0', 'rtu', 'rtu']);
    expect(bus.counters).toMatchObject({ requests: 2, timeouts: 0, exceptions: 0, strays: 0 });
  });

  it.runIf(havePysolarman)('with another serial number is named with the right one, and nothing is made up', async () => {
    const logger = await startLogger(SERIAL);
    closers.push(() => logger.close());
    const { read } = busTo(logger.port, { loggerSerial: 2_700_000_001, timeout: 400, retries: 0 });
    await expect(read(10)).rejects.toThrow(
      `unit 1 does not answer within 400 ms (1 try); the logger's serial number is ${SERIAL}, not 2700000001: write loggerSerial: ${SERIAL}`,
    );
  });

  it.runIf(havePysolarman)(
    'its own refusals are exceptions: a silent inverter is one behind a gateway, others keep their code',
    async () => {
      const logger = await startLogger(SERIAL);
      closers.push(() => logger.close());
      const { bus, read } = busTo(logger.port, { loggerSerial: SERIAL });
      await expect(read(901)).rejects.toThrow('unit 1 answers exception 2: illegal data address');
      await expect(read(900)).rejects.toThrow('unit 1 answers exception 11: gateway target device failed to respond');
      await until(() => bus.report(1)!.probeInMs === 0, 'it may be tried again');
      expect(await read(5)).toEqual([5005]);
    },
  );

  it('a late reply to an earlier request is not taken for the next one, though unit, function and length fit', async () => {
    const reply = (sequence: number, value: number): Buffer => {
      const rtu = Buffer.from([1, 3, 2, value >> 8, value & 255, 0, 0]);
      rtu.writeUInt16LE(crc(rtu.subarray(0, 5)), 5);
      const payload = Buffer.concat([Buffer.from([2, 1, ...Array(12).fill(0)]), rtu]);
      return asReply(SERIAL, sequence, payload);
    };
    const sequences: number[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (data: Buffer) => {
        sequences.push(data[5]!);
        // the first is answered when the second is asked, before its own answer
        if (sequences.length === 2) socket.write(Buffer.concat([reply(sequences[0]!, 111), reply(sequences[1]!, 222)]));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const { bus, read } = busTo((server.address() as net.AddressInfo).port, { timeout: 200, retries: 1 });
    expect(await read(1)).toEqual([222]);
    expect(sequences[1]).toBe((sequences[0]! + 1) & 0xff);
    expect(bus.counters).toMatchObject({ requests: 2, timeouts: 1 });
    expect(bus.report(1)!.strays).toBe(1);
  });

  it('a logger that speaks Modbus TCP is named, and other bytes make the connection anew', async () => {
    let bytes = Buffer.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 42]);
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', () => socket.write(bytes));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const { read } = busTo((server.address() as net.AddressInfo).port);
    await expect(read(1)).rejects.toThrow('the logger speaks Modbus TCP here: write protocol: tcp, with this tcpPort');
    bytes = Buffer.alloc(100, 0x55);
    await expect(read(1)).rejects.toThrow('received bytes that are not Solarman V5; reconnecting');
  });

  it('has port 8899, a time-out of 5 s and no quiet time unless the user says otherwise, and one bus for its host', async () => {
    const props = parseConnection<ConnectionProps>('modbus', sourceOptions, { protocol: 'solarman', host: 'Logger.Local.' });
    expect(props).toMatchObject({ tcpPort: 8899, timeoutMs: 5000, quietMs: 0, loggerSerial: 0 });
    expect(lineKey(props)).toBe('solarman://logger.local:8899');
    expect(parseConnection<ConnectionProps>('modbus', sourceOptions, { host: 'h' })).toMatchObject({
      tcpPort: 502,
      timeoutMs: 1000,
      quietMs: 0,
    });
    expect(
      parseConnection<ConnectionProps>('modbus', sourceOptions, { protocol: 'solarman', host: 'h', timeout: 700, tcpPort: 1 }),
    ).toMatchObject({
      tcpPort: 1,
      timeoutMs: 700,
    });
    expect(() => parseConnection('modbus', sourceOptions, { protocol: 'solarman' })).toThrow(
      'property host is required for protocol solarman',
    );
    const ctx = createTestContext();
    const first = acquireBus(ctx, props);
    closers.push(() => first.close());
    expect(() => acquireBus(ctx, { ...props, loggerSerial: 7 })).toThrow('loggerSerial: 7');
  });
});

// frames that users of pysolarmanv5 put into its issues 19 and 48
describe('frames of Solarman V5', () => {
  const take = (hex: string): { frames: SolarmanFrame[]; rest: number; skipped: number } => {
    const frames: SolarmanFrame[] = [];
    const { rest, skipped } = takeSolarman(Buffer.from(hex.replaceAll(' ', ''), 'hex'), (f) => void frames.push(f));
    return { frames, rest: rest.length, skipped };
  };
  const REPLY = 'a5 15 00 10 15 97 6c aa 4c 2c 8e 02 01 b6 a6 0f 00 1b 27 00 00 53 76 07 63 01 03 02 01 0a 39 d3 ed 15';
  const HEARTBEAT = 'a5 01 00 10 47 97 6d aa 4c 2c 8e 00 0c 15';

  it('a request is made as the package makes it, byte by byte', () => {
    const rtu = Buffer.from('010300aa0001a42a', 'hex');
    expect(solarmanRequest(0x8e2c4caa, 0x97, rtu).toString('hex')).toBe(
      'a5170010459700aa4c2c8e020000000000000000000000000000010300aa0001a42a3215',
    );
  });

  it('a reply, a heartbeat and a refusal in one read are three frames; what is damaged is skipped, what is not whole is kept', () => {
    const { frames, rest, skipped } = take(`${REPLY} ${HEARTBEAT} ${REPLY.slice(0, 40)}`);
    expect(frames.map((f) => [f.control, f.sequence, f.serial])).toEqual([
      [0x1510, 0x6c97, 0x8e2c4caa],
      [0x4710, 0x6d97, 0x8e2c4caa],
    ]);
    expect([rest, skipped]).toEqual([13, 0]);
    expect(solarmanReply(frames[0]!)).toEqual({ rtu: Buffer.from('010302010a39d3', 'hex') });
    expect(solarmanReply(frames[1]!)).toBeUndefined();
    const [refusal] = take('a5 10 00 10 15 0b 1e e4 7c c3 a1 02 01 c2 0f 01 00 58 13 00 00 bb ed 84 65 05 00 f8 15').frames;
    expect(solarmanReply(refusal!)).toEqual({ refusal: 5 });
    const damaged = take(`${REPLY.replace('01 0a', '01 0b')} ${HEARTBEAT}`);
    expect(damaged.frames.map((f) => f.control)).toEqual([0x4710]);
    expect(damaged.skipped).toBe(34);
  });

  it('a length that no logger sends is no start of a frame', () => {
    expect(take(`a5 ff ff 10 15 00 00 00 00 00 00 00 ${HEARTBEAT}`)).toMatchObject({ skipped: 12, rest: 0, frames: [{ control: 0x4710 }] });
  });
});

function crc(bytes: Buffer): number {
  let c = 0xffff;
  for (const b of bytes) {
    c ^= b;
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >> 1) ^ 0xa001 : c >> 1;
  }
  return c;
}

function asReply(serial: number, sequence: number, payload: Buffer): Buffer {
  const frame = Buffer.concat([
    Buffer.from([0xa5, payload.length, 0, 0x10, 0x15, sequence, 0, 0, 0, 0, 0]),
    payload,
    Buffer.from([0, 0x15]),
  ]);
  frame.writeUInt32LE(serial, 7);
  frame[frame.length - 2] = frame.subarray(1, -2).reduce((sum, b) => (sum + b) & 0xff, 0);
  return frame;
}
