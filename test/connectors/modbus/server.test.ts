// The gateway as a Modbus TCP server: read and written by pymodbus, and by hand where bytes matter.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { UnitImage } from '../../../src/connectors/modbus/server/image.ts';
import { parseAllow, parseListen, startListener } from '../../../src/connectors/modbus/server/listener.ts';
import { createModbusServerSink } from '../../../src/connectors/modbus/server/sink.ts';
import { createModbusServerSource } from '../../../src/connectors/modbus/server/source.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePymodbus, pymodbusRead } from './pymodbus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const PROFILE = `points:
  - {name: c2, function: coil, address: 2}
  - {name: c3, function: coil, address: 3}
  - {name: c4, function: coil, address: 4, writable: true}
  - {name: power, address: 10, type: int32, order: CDAB, scale: 0.1}
  - {name: state, address: 12, type: uint16, texts: {0: "off", 3: "on"}}
  - {name: temp, function: input, address: 0, type: float32}
  - {name: limit, address: 20, type: int16, notAvailable: 0x8000}
  - {name: word, address: 22, type: uint16}
  - {name: alarm, address: 30, type: uint16, bit: 0}
  - {name: level, address: 30, type: uint16, bit: 4, bits: 3}
  - {name: setpoint, address: 500, type: float32, writable: true, min: -40, max: 90}
  - {name: mask, address: 510, type: uint16, writable: true}
  - {name: fan, address: 511, type: uint16, bit: 0, writable: true}
  - {name: pump, address: 511, type: uint16, bit: 1, writable: true}
`;

function rootWith(profiles: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-server-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  for (const [name, text] of Object.entries(profiles)) writeFileSync(join(root, 'etc/sources/modbus', `${name}.yaml`), text);
  return root;
}

type Pool = Parameters<typeof createTestContext>[1];

interface Site {
  port: number;
  root: string;
  pool: Pool;
}

const site = async (profiles: Record<string, string> = { plant: PROFILE }): Promise<Site> => ({
  port: await freePort(),
  root: rootWith(profiles),
  pool: new Map(),
});

async function openSink({ port, root, pool }: Site, more: Record<string, unknown> = {}) {
  const sink = createModbusServerSink();
  const ctx = Object.assign(createTestContext('sink', pool), { getRootPath: () => root });
  await sink.configure!({ listen: String(port), profile: 'plant', ...more });
  await sink.open(ctx, () => undefined);
  closers.push(() => sink.close(ctx));
  return { put: (row: Row | Row[]) => sink.collect(ctx, row), close: () => sink.close(ctx), notes: () => sink.notes!() };
}

async function openSource({ port, root, pool }: Site, more: Record<string, unknown> = {}, acks = true) {
  const source = createModbusServerSource();
  const rows: { row: Row; meta: unknown; ack: (() => void) | undefined }[] = [];
  const ctx = Object.assign(createTestContext('source', pool), { getRootPath: () => root });
  await source.configure!('plant', { listen: String(port), ...more });
  await source.open(
    ctx,
    (row, meta, ack) => {
      rows.push({ row: row as Row, meta, ack });
      if (acks) ack?.();
    },
    () => undefined,
  );
  closers.push(() => source.close(ctx));
  return { rows, source, close: () => source.close(ctx) };
}

/** A master that sends unit and PDU in hex and gives the reply in hex; '' when the server hung up. */
async function master(port: number) {
  const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
  closers.push(() => socket.destroy());
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let waiting: ((hex: string) => void) | undefined;
  let rest = Buffer.alloc(0);
  const ids: number[] = [];
  socket.on('error', () => undefined).on('close', () => waiting?.(''));
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
      const size = 6 + rest.readUInt16BE(4);
      ids.push(rest.readUInt16BE(0));
      waiting?.(rest.subarray(6, size).toString('hex'));
      rest = Buffer.from(rest.subarray(size));
    }
  });
  let id = 0x1233;
  const frame = (hex: string): Buffer => {
    const body = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const head = Buffer.alloc(6);
    head.writeUInt16BE(++id, 0);
    head.writeUInt16BE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  const raw = (bytes: Buffer) =>
    new Promise<string>((resolve) => {
      waiting = resolve;
      socket.write(bytes);
    });
  return {
    socket,
    ids,
    frame,
    raw,
    ask: (hex: string) => raw(frame(hex)),
  };
}

// @covers issue:19#9
describe('the gateway as a Modbus server', () => {
  it.runIf(havePymodbus)('gives a client of pymodbus the values of a rule, and a rule what the client writes', async () => {
    const at = await site();
    const sink = await openSink(at);
    const source = await openSource(at);
    sink.put({ c2: true, c3: false, c4: true, power: 1234.5, state: 'on', mask: 0n });
    // 500, 501 as words 7 and 8 are a tiny float: 7 << 16 | 8
    const found = await pymodbusRead('tcp', at.port, 1);
    expect(found).toEqual({ coils: [true, false, true], registers: [12345, 0, 3], written: [7, 8], mask: 0x000f, exception: 2 });
    expect(source.rows.map((r) => r.row)).toEqual([
      { setpoint: Buffer.from('00070008', 'hex').readFloatBE() },
      { mask: 0xf0n },
      { mask: 0x0fn },
    ]);
    expect(source.rows[0]!.meta).toEqual({ unit: 1n, function: 16n, client: '127.0.0.1' });
    expect(source.rows.map((r) => (r.meta as { function: bigint }).function)).toEqual([16n, 6n, 22n]);
  });

  it('a point without a value is never a 0: exception 4, its "not available", or NaN', async () => {
    const at = await site();
    const sink = await openSink(at);
    const m = await master(at.port);
    expect(await m.ask('01 03 000a 0003')).toBe('018304');
    expect(await m.ask('01 03 0014 0001')).toBe('0103028000');
    expect(await m.ask('01 04 0000 0002')).toBe('0104047fc00000');
    sink.put({ power: -0.1, state: 'off', limit: -5n, temp: 21.5 });
    expect(await m.ask('01 03 000a 0003')).toBe('010306ffffffff0000');
    expect(await m.ask('01 03 0014 0001')).toBe('010302fffb');
    expect(await m.ask('01 04 0000 0002')).toBe('01040441ac0000');
    sink.put({ power: null, limit: null, temp: null });
    expect(await m.ask('01 03 000a 0001')).toBe('018304');
    expect(await m.ask('01 03 0014 0001')).toBe('0103028000');
    expect(await m.ask('01 04 0000 0002')).toBe('0104047fc00000');
    // bits of one register: all of them, or none
    sink.put({ alarm: true });
    expect(await m.ask('01 03 001e 0001')).toBe('018304');
    sink.put({ level: 5n });
    expect(await m.ask('01 03 001e 0001')).toBe('0103020051');
    // registers between points are 0; a request without a point is refused, and other units are not here
    expect(await m.ask('01 03 000c 000b')).toBe('018304');
    sink.put({ word: 7n });
    expect(await m.ask('01 03 000c 000b')).toBe(`01031600000000000000000000000000000000800000000007`);
    expect(await m.ask('01 03 0100 0002')).toBe('018302');
    expect(await m.ask('02 03 000a 0001')).toBe('02830b');
    // each reply has the number of its request
    expect(m.ids).toEqual(m.ids.map((_, i) => 0x1234 + i));
  });

  it('with missing: zero such a point is 0, and maxAge ends a value', async () => {
    const at = await site();
    const sink = await openSink(at, { missing: 'zero', maxAge: '300ms' });
    const m = await master(at.port);
    expect(await m.ask('01 03 000a 0002')).toBe('01030400000000');
    sink.put({ word: 9n, limit: 4n });
    expect(await m.ask('01 03 0016 0001')).toBe('0103020009');
    await until(async () => (await m.ask('01 03 0016 0001')) === '0103020000', 'the value is too old');
    expect(await m.ask('01 03 0014 0001')).toBe('0103028000');
  });

  it('a row with one bad value changes nothing, and says which and why', async () => {
    const at = await site();
    const sink = await openSink(at, { ignoreUnknown: false });
    sink.put({ word: 1n, state: 'on' });
    expect(() => sink.put({ word: 2n, state: 'broken' })).toThrow(/^modbusServer sink: point state: /);
    expect(() => sink.put({ word: 70_000n })).toThrow('modbusServer sink: point word: 70000 is outside uint16 (0 … 65535)');
    expect(() => sink.put({ word: 2n, other: 1n })).toThrow('modbusServer sink: other is not a point of profile plant');
    expect(() => sink.put({ level: 8n })).toThrow('modbusServer sink: point level: 8 does not fit into 3 bits');
    expect(() => sink.put({ c2: 1n })).toThrow('modbusServer sink: point c2: 1 is not true or false');
    const m = await master(at.port);
    expect(await m.ask('01 03 0016 0001')).toBe('0103020001');
  });

  it('a write is taken whole or not at all: only writable points, whole ones, possible values, and only when a stream reads them', async () => {
    const at = await site();
    const sink = await openSink(at);
    const m = await master(at.port);
    expect(await m.ask('01 06 01fe 0001')).toBe('018604');
    const source = await openSource(at);
    sink.put({ word: 5n, mask: 1n });
    for (const [asked, answer] of [
      ['01 06 0016 0001', '018602'], // not writable
      ['01 06 01f4 0001', '018602'], // half of a float
      ['01 10 01f4 0003 06 41a00000 0001', '019002'], // a float and a register of no point
      ['01 10 01f4 0002 04 42c80000', '019003'], // 100 is above its maximum
      ['01 10 01f4 0002 04 7fc00000', '019003'], // NaN
      ['01 10 01f4 0002 03 42c800', '019003'], // a length that is none
      ['01 05 0004 1234', '018503'],
      ['01 05 0002 ff00', '018502'],
      ['01 17 0000', '019701'],
      ['01 03 0000 0000', '018303'],
      ['01 03 0000 007e', '018303'],
      ['01 03 ffff 0002', '018302'],
    ] as const)
      expect([asked, await m.ask(asked)]).toEqual([asked, answer]);
    expect(source.rows).toEqual([]);
    expect(await m.ask('01 10 01f4 0002 04 41a00000')).toBe('011001f40002');
    expect(await m.ask('01 05 0004 ff00')).toBe('01050004ff00');
    expect(await m.ask('01 0f 0004 0001 01 00')).toBe('010f00040001');
    // both bits of the register at once
    expect(await m.ask('01 06 01ff 0002')).toBe('010601ff0002');
    expect(await m.ask('01 16 01ff fffc 0001')).toBe('011601fffffc0001');
    expect(source.rows.map((r) => r.row)).toEqual([
      { setpoint: 20 },
      { c4: true },
      { c4: false },
      { fan: false, pump: true },
      { fan: true, pump: false },
    ]);
    expect(await m.ask('01 03 01f4 0002')).toBe('01030441a00000');
    expect(await m.ask('01 03 01ff 0001')).toBe('0103020001');
    expect(source.source.devices!()).toMatchObject([{ name: 'server unit 1', state: 'answering', problem: '', unit: 1 }]);
  });

  it('a master gets its answer when the rules have the row; else it hears that it is not done yet', async () => {
    const at = await site();
    const source = await openSource(at, { confirmTimeout: '150ms' }, false);
    const m = await master(at.port);
    const first = m.ask('01 06 01fe 0001');
    await until(() => source.rows.length === 1, 'the row is there');
    source.rows[0]!.ack!();
    expect(await first).toBe('010601fe0001');
    expect(await m.ask('01 06 01fe 0002')).toBe('018605');
    expect(source.rows.map((r) => r.row)).toEqual([{ mask: 1n }, { mask: 2n }]);
    await source.close();
    const quick = await openSource(at, { confirmTimeout: 0 }, false);
    const other = await master(at.port);
    expect(await other.ask('01 06 01fe 0003')).toBe('010601fe0003');
    expect(quick.rows).toHaveLength(1);
  });

  it('values end with their rule; others keep theirs', async () => {
    const at = await site();
    const one = await openSink(at);
    const two = await openSink(at);
    one.put({ word: 1n });
    two.put({ state: 'on' });
    const m = await master(at.port);
    expect(await m.ask('01 03 0016 0001')).toBe('0103020001');
    await one.close();
    expect(await m.ask('01 03 0016 0001')).toBe('018304');
    expect(await m.ask('01 03 000c 0001')).toBe('0103020003');
    await two.close();
    await until(() => m.socket.destroyed, 'nobody serves any more');
  });

  it('profiles that want the same register, units twice, other settings and a taken port are named', async () => {
    const at = await site({
      plant: PROFILE,
      other: 'points:\n  - {name: mine, address: 11, type: uint16}\n',
      sf: 'points:\n  - {name: a, address: 1, type: int16, scaleFrom: b}\n  - {name: b, address: 2, type: int16}\n',
    });
    await openSink(at);
    await openSource(at);
    await expect(openSink(at, { profile: 'other' })).rejects.toThrow(
      'point mine: register 11 is served by profile plant already, as power',
    );
    await expect(openSource(at)).rejects.toThrow(`unit 1 of 127.0.0.1:${at.port} is read by another stream already`);
    await expect(openSink(at, { maxClients: 2 })).rejects.toThrow(
      `another rule or stream serves 127.0.0.1:${at.port} with other values of allow or maxClients: use the same for both`,
    );
    await expect(openSink({ ...at, port: await freePort() }, { profile: 'sf' })).rejects.toThrow(
      'point a: scaleFrom cannot be served; give it a scale',
    );
    await expect(openSink({ ...at, pool: new Map() })).rejects.toThrow(
      `cannot listen at 127.0.0.1:${at.port}: another program has this port; choose another one`,
    );
    // another unit has registers of its own
    const three = await openSink(at, { profile: 'other', unit: 3 });
    three.put({ mine: 77n });
    const m = await master(at.port);
    expect(await m.ask('03 03 000b 0001')).toBe('030302004d');
    expect(three.notes()).toEqual([`Modbus server 127.0.0.1:${at.port}, unit 3: 1 master connected; 1 read, 0 writes, 0 exceptions.`]);
  });
});

describe('the listener of Modbus masters', () => {
  const echo = async (request: Buffer) => request;
  it('writes addresses in one form, and refuses what is none', () => {
    expect(parseListen('1502', 'listen')).toEqual({ host: '127.0.0.1', port: 1502 });
    expect(parseListen(' localhost:502 ', 'listen')).toEqual({ host: '127.0.0.1', port: 502 });
    expect(parseListen('0.0.0.0:1502', 'listen')).toEqual({ host: '0.0.0.0', port: 1502 });
    expect(parseListen('[::]:1502', 'listen')).toEqual({ host: '::', port: 1502 });
    for (const bad of ['', '0', '65536', ':1502', 'host:1502', '1.2.3.4', '300.1.1.1:1', '[::1:5', '-1'])
      expect(() => parseListen(bad, 'listen'), bad).toThrow(`property listen: "${bad}": write PORT`);
    for (const bad of ['', '10.0.0.0/33', '10.0.0/8', 'plc', '::1/129', '10.0.0.1/'])
      expect(() => parseAllow([bad], 'allow'), bad).toThrow('property allow');
  });

  it('answers pipelined and cut requests in order, and hangs up on bytes that are not Modbus', async () => {
    const listener = await startListener({ host: '127.0.0.1', port: 0, allow: [], maxClients: 3, answer: echo });
    closers.push(() => listener.close());
    const m = await master(listener.port);
    const replies: string[] = [];
    m.socket.on('data', (d: Buffer) => replies.push(d.toString('hex')));
    const [a, b, c] = [m.frame('01030000'), m.frame('01030001'), m.frame('01030002')];
    m.socket.write(Buffer.concat([a, b, c.subarray(0, 5)]));
    await until(() => replies.join('').length === 40, 'two replies');
    m.socket.write(c.subarray(5));
    await until(() => replies.join('').length === 60, 'the third reply');
    expect(replies.join('')).toBe(Buffer.concat([a, b, c]).toString('hex'));
    for (const bad of ['000100010002 0103', '0001000000010103', '00010000ffff0103']) {
      const other = await master(listener.port);
      expect(await other.raw(Buffer.from(bad.replaceAll(' ', ''), 'hex'))).toBe('');
    }
    await until(() => listener.clients === 1, 'they are gone');
  });

  it('keeps who is not allowed and who is too many outside, and counts them', async () => {
    const outside = await startListener({ host: '127.0.0.1', port: 0, allow: ['10.0.0.0/8'], maxClients: 3, answer: echo });
    closers.push(() => outside.close());
    expect(await (await master(outside.port)).ask('0103')).toBe('');
    expect([outside.clients, outside.refused]).toEqual([0, 1]);
    const two = await startListener({ host: '127.0.0.1', port: 0, allow: ['127.0.0.0/8'], maxClients: 2, answer: echo });
    closers.push(() => two.close());
    expect(await (await master(two.port)).ask('0103')).toBe('0103');
    expect(await (await master(two.port)).ask('0103')).toBe('0103');
    expect(await (await master(two.port)).ask('0103')).toBe('');
    expect([two.clients, two.refused]).toEqual([2, 1]);
  });

  it('a client that floods it without reading keeps its bytes, not ours: what waits is bounded', async () => {
    let asked = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const listener = await startListener({
      host: '127.0.0.1',
      port: 0,
      allow: [],
      maxClients: 1,
      answer: async (request) => {
        asked++;
        await gate;
        return request;
      },
    });
    closers.push(() => listener.close());
    const m = await master(listener.port);
    for (let i = 0; i < 4000; i++) m.socket.write(m.frame('010300000001'));
    await until(() => asked === 1, 'the first is asked');
    release();
    await until(() => asked === 4000, 'all are asked, in turn', 20_000);
  });
});

describe('registers that are served', () => {
  it('what is put is what is read: any values, of any point, in any order of requests', () => {
    const profile = parseProfile(
      `points:
  - {name: a, address: 0, type: int16}
  - {name: b, address: 1, type: uint32, order: BADC}
  - {name: c, address: 3, type: int64, order: DCBA}
  - {name: d, address: [9, 7], type: uint32}
  - {name: e, address: 8, type: int8}
`,
      'p',
    );
    const [a, b, c, d, e] = profile.points;
    fc.assert(
      fc.property(
        fc.integer({ min: -32768, max: 32767 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: -128, max: 127 }),
        (va, vb, vc, vd, ve) => {
          const image = new UnitImage();
          image.join('p', profile.points);
          for (const [p, v] of [
            [a, va],
            [b, vb],
            [c, vc],
            [d, vd],
            [e, ve],
          ] as const)
            image.put(p!, BigInt(v), image, Infinity)();
          const data = image.read({ unit: 1, fn: 3, address: 0, count: 10 }, 0, false) as Buffer;
          expect(data.readInt16BE(0)).toBe(va);
          expect(Buffer.from(data.subarray(2, 6)).swap16().readUInt32BE()).toBe(vb);
          expect(Buffer.from(data.subarray(6, 14)).readBigInt64LE()).toBe(vc);
          // its high word is at 9, its low word at 7
          expect(data.readUInt16BE(18) * 0x10000 + data.readUInt16BE(14)).toBe(vd);
          expect(data.readInt8(17)).toBe(ve);
        },
      ),
      { numRuns: 200 },
    );
  });
});
