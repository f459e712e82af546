// Serial source and sink on a real pty pair: decoding, requests and answers, sharing of a port, plain errors.
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { defaultLine, type OpenPort, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import serial from '../../../src/connectors/serial/index.ts';
import { sourceOptions } from '../../../src/connectors/serial/options.ts';
import { createSerialSink } from '../../../src/connectors/serial/sink.ts';
import { createSerialSource } from '../../../src/connectors/serial/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair, type PtyPair } from '../../helpers/pty-pair.ts';

let pair: PtyPair | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await pair?.close();
  pair = undefined;
});

/** The other end of the cable: an instrument. */
async function instrument(onLine?: (text: string, port: OpenPort) => void): Promise<OpenPort> {
  pair ??= await createPtyPair();
  const port = await openPort({
    selector: { port: pair.b, vendorId: '', productId: '', serialNumber: '' },
    line: { ...defaultLine, baudRate: 115200 },
    owner: 'instrument',
    locks: new PortLocks(),
    clock: createRealClock(),
  });
  closers.push(() => port.close());
  let rest = '';
  port.stream.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      onLine?.(rest.slice(0, at), port);
      rest = rest.slice(at + 1);
    }
  });
  return port;
}

async function open(props: Record<string, unknown>, emit?: (data: unknown) => void | Promise<void>, ctx = createTestContext()) {
  pair ??= await createPtyPair();
  const rows: unknown[] = [];
  const metas: unknown[] = [];
  const source = createSerialSource();
  await source.configure!(pair.a, { baudRate: 115200, ...props });
  await source.open(
    ctx,
    (data, meta) => {
      rows.push(data instanceof Uint8Array ? Buffer.from(data).toString() : data);
      metas.push(meta);
      return emit?.(data);
    },
    () => undefined,
  );
  closers.push(() => source.close(ctx));
  await until(() => ctx.states.at(-1)?.state === 'connected', 'port open');
  return { source, rows, metas, ctx };
}

describe('serial source', () => {
  it('hands frames on with the port in meta', async () => {
    const { rows, metas } = await open({});
    const port = await instrument();
    await port.write('{"a":1}\r\n{"a":2}\n');
    await until(() => rows.length === 2, 'two frames');
    expect(rows).toEqual(['{"a":1}', '{"a":2}']);
    expect(metas[0]).toEqual({ port: pair!.a });
  });

  it('decodes text by named groups; a line that does not match is dropped and counted', async () => {
    const { rows, ctx } = await open({ pattern: '^(?P<state>ST|US),(?P<weight__float>[+-][0-9.]+)kg,(?P<n__int>\\d+)$' });
    const port = await instrument();
    await port.write('ST,+12.50kg,7\nnonsense\nUS,-0.5kg,8\n');
    await until(() => rows.length === 2, 'two rows');
    expect(rows).toEqual([
      { state: 'ST', weight: 12.5, n: 7n },
      { state: 'US', weight: -0.5, n: 8n },
    ]);
    expect(ctx.drops).toEqual(['1 the frame cannot be decoded']);
    expect(ctx.lines.filter((l) => l['code'] === 'DECODE_FAILED').map((l) => l['error'])).toEqual([
      '"nonsense" does not match the pattern',
    ]);
  });

  it('decodes binary frames by a layout', async () => {
    const { rows, ctx } = await open({
      framing: 'slip',
      layout: [
        { name: 'id', offset: 0, type: 'uint16', byteOrder: 'little' },
        { name: 't', offset: 2, type: 'int16', scale: 0.1 },
        { name: 'alarm', offset: 4, type: 'bool', bit: 3 },
        { name: 'mode', offset: 4, type: 'uint8', bit: 0, bits: 3 },
        { name: 'text', offset: -4, type: 'string' },
      ],
    });
    const port = await instrument();
    await port.write(Buffer.from([0xc0, 0x01, 0x02, 0xff, 0x9c, 0x0d, 0x61, 0x62, 0x00, 0x20, 0xc0, 0xc0, 0x01, 0xc0]));
    await until(() => rows.length === 1 && ctx.drops.length === 1, 'a row');
    expect(rows).toEqual([{ id: 513n, t: -10, alarm: true, mode: 5n, text: 'ab' }]);
    expect(ctx.drops).toEqual(['1 the frame cannot be decoded']);
    expect(JSON.stringify(ctx.lines)).toContain('frame of 1 bytes is too short for field id');
  });

  it('asks each instrument in turn, repeats, goes on after one that is silent', async () => {
    const asked: string[] = [];
    await instrument((line, port) => {
      asked.push(line);
      if (line === '#1?') void port.write('1:20.5\n');
      if (line === '#3?' && asked.filter((a) => a === '#3?').length > 1) void port.write('3:7\n');
    });
    const { rows, ctx } = await open({
      requests: [{ name: 'read', send: '#{{.unit}}?', each: [{ unit: 1 }, { unit: 2 }, { unit: 3 }] }],
      pattern: ':(?P<value__float>[0-9.]+)$',
      timeout: 80,
      quietTime: 100,
      retries: 1,
      pollInterval: 60_000,
    });
    await until(() => rows.length === 2, 'two answers');
    expect(rows).toEqual([
      { request: 'read', unit: 1, value: 20.5 },
      { request: 'read', unit: 3, value: 7 },
    ]);
    expect(asked).toEqual(['#1?', '#2?', '#2?', '#3?', '#3?']);
    expect(ctx.drops).toEqual(['1 request read: no answer within 80 ms']);
  });

  it('keeps a bounded rest while the gateway is behind, then drops and counts', async () => {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { rows, ctx } = await open({ framing: 'fixed', frameBytes: 1000 }, () => (rows.length === 1 ? gate : undefined));
    const port = await instrument();
    for (let i = 0; i < 1200; i++) await port.write(Buffer.alloc(1000, 65 + (i % 26)));
    await until(() => ctx.drops.length === 1200 - 1049, 'drops');
    expect(rows.length).toBe(1);
    go();
    await until(() => rows.length + ctx.drops.length === 1200, 'everything is accounted for');
    expect(ctx.drops[0]).toBe('1 the gateway is behind');
    expect(rows.length).toBe(1 + Math.floor(1_048_576 / 1000));
  });

  it('bounds and defaults of an option are those of the chosen framing', () => {
    const configure = (props: Record<string, unknown>) => {
      try {
        createSerialSource().configure!('/dev/ttyX', props);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(configure({ framing: 'delimiter', maxFrameBytes: 65_536 })).toBe('');
    expect(configure({ framing: 'nmea', maxFrameBytes: 65_536 })).toContain('maxFrameBytes');
    expect(configure({ delimiter: '\\xZZ' })).toMatch(/^property delimiter: .*is not an escape/);
    const shown = sourceOptions.find((o) => o.name === 'maxFrameBytes')!;
    expect([shown.default, shown.doc.includes('delimiter 4096'), shown.doc.includes('nmea 256')]).toEqual([undefined, true, true]);
  });

  it('names each bad option', () => {
    const errorOf = (props: Record<string, unknown>, datasource = '/dev/x') => {
      try {
        createSerialSource().configure!(datasource, props);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(errorOf({}, '')).toMatch(/property port is required/);
    expect(errorOf({ baudRate: 'fast', parity: 'odd?' })).toMatch(/baudRate: "fast" is not a whole number.*parity: "odd\?" is not one of/);
    expect(errorOf({ framing: 'magic' })).toMatch(/framing: "magic" is not one of delimiter, fixed/);
    expect(errorOf({ framing: 'fixed' })).toMatch(/frameBytes is required/);
    expect(errorOf({ pattern: '(x' })).toMatch(/property pattern/);
    expect(errorOf({ pattern: 'x' })).toMatch(/no named group/);
    expect(errorOf({ layout: [{ name: 'a', offset: 0, type: 'int9' }] })).toMatch(/layout, field "a": type "int9" is not one of/);
    expect(errorOf({ requests: [{ name: 'r' }] })).toMatch(/request "r": give either send/);
    expect(errorOf({ requests: [{ send: '{{.x}}' }] })).toMatch(/\{\{\.x\}\} is not a member/);
    expect(errorOf({ pattern: '(?P<a>x)', layout: [{ name: 'a', offset: 0, type: 'int8' }] })).toMatch(/exclude each other/);
  });
});

describe('serial sink', () => {
  it('shares the port with a source, and frames what it writes', async () => {
    const lines: string[] = [];
    await instrument((line, port) => {
      lines.push(line);
      void port.write(`echo ${line}\n`);
    });
    const pool = new Map();
    const { rows } = await open({}, undefined, createTestContext('source', pool));
    const ctx = createTestContext('sink', pool);
    const sink = createSerialSink();
    await sink.configure!({ port: pair!.a, baudRate: 115200 });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await sink.collect(ctx, 'hello');
    await until(() => rows.length === 1, 'echo');
    expect(lines).toEqual(['hello']);
    expect(rows).toEqual(['echo hello']);
  });

  it('fails with a retriable error while the port is away', async () => {
    pair = await createPtyPair();
    const ctx = createTestContext();
    const sink = createSerialSink();
    await sink.configure!({ port: pair.a });
    await pair.unplug();
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'disconnected');
    await expect(sink.collect(ctx, 'x')).rejects.toMatchObject({ retriable: true, message: expect.stringContaining('unplugged?') });
  });

  it('a port with other line settings is refused with the name of the holder', async () => {
    const pool = new Map();
    await open({}, undefined, createTestContext('source_meter', pool));
    const ctx = createTestContext('other', pool);
    const source = createSerialSource();
    await source.configure!(pair!.a, { baudRate: 9600 });
    await source.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    closers.push(() => source.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'refused');
    expect(ctx.states.at(-1)!.message).toMatch(/in use by source_meter of this gateway/);
  });
});

describe('serial connection test', () => {
  it('works on a free port and on one of our own, and says what is wrong with others', async () => {
    pair = await createPtyPair();
    const test = (port: string) => serial.connection!.test({ port }, AbortSignal.timeout(1000));
    await test(pair.a);
    await open({});
    await test(pair.a);
    await expect(test('/dev/ttyNothing')).rejects.toThrow(/\/dev\/ttyNothing is not there: unplugged\?/);
  });
});
