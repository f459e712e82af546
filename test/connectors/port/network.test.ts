// Serial devices on a network: TCP through socat, RFC 2217 against pyserial's server, UDP; lost and found again.
import { type ChildProcess, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock, createVirtualClock } from '../../../src/base/clock.ts';
import { defaultLine, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import { parseNetworkPort } from '../../../src/connectors/port/network.ts';
import { Rfc2217 } from '../../../src/connectors/port/rfc2217.ts';
import serial from '../../../src/connectors/serial/index.ts';
import { createSerialSink } from '../../../src/connectors/serial/sink.ts';
import { createSerialSource } from '../../../src/connectors/serial/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import { havePymodbus } from '../modbus/pymodbus.ts';
import { DSMR5 } from '../serial/presets/vectors.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function source(port: string, props: Record<string, unknown>) {
  const ctx = createTestContext();
  const rows: unknown[] = [];
  const s = createSerialSource();
  await s.configure!(port, props);
  await s.open(
    ctx,
    (row) => void rows.push(row instanceof Uint8Array ? Buffer.from(row).toString() : row),
    () => undefined,
  );
  closers.push(() => s.close(ctx));
  return { ctx, rows };
}
const endChild = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

describe('a serial device behind tcp://', () => {
  // @covers issue:19#9
  it('is read with any framing, written to, lost and found again, its state in words', async () => {
    const heard: string[] = [];
    const clients = new Set<net.Socket>();
    const listen = async (port = 0) => {
      const server = net.createServer((socket) => {
        clients.add(socket);
        socket.on('error', () => undefined);
        socket.on('data', (d) => void heard.push(d.toString()));
      });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return server;
    };
    let server = await listen();
    const { port } = server.address() as net.AddressInfo;
    const url = `tcp://127.0.0.1:${port}`;
    const { ctx, rows } = await source(url, { preset: 'dsmr' });
    await until(() => clients.size === 1 && ctx.states.at(-1)?.state === 'connected', 'connected');
    const say = (bytes: Buffer) => [...clients].at(-1)!.write(bytes);
    say(DSMR5.subarray(0, 500));
    await new Promise((resolve) => setTimeout(resolve, 30));
    say(DSMR5.subarray(500));
    await until(() => rows.length === 1, 'a telegram');
    expect(rows[0]).toMatchObject({ meter: 'ISk5\\2MT382-1000', power_import: 1.193 });
    // half a telegram, then the line is cut: it must not meet what comes after
    say(DSMR5.subarray(0, 500));
    await new Promise((resolve) => setTimeout(resolve, 30));
    for (const c of clients) c.destroy();
    server.close();
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'lost');
    expect(ctx.states.at(-1)!.message).toMatch(
      /tcp:\/\/127\.0\.0\.1:\d+(: nothing listens there| was lost: the other end closed the connection)/,
    );
    server = await listen(port);
    closers.push(() => {
      for (const c of clients) c.destroy();
      server.close();
    });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'back', 15_000);
    say(Buffer.concat([DSMR5.subarray(500), DSMR5]));
    await until(() => rows.length === 2, 'a telegram after the loss');
    expect(rows[1]).toEqual(rows[0]);

    const sink = createSerialSink();
    const sinkCtx = createTestContext('sink_0');
    await sink.configure!({ port: `tcp://localhost:${port}`, framing: 'delimiter', delimiter: '\\r\\n' });
    await sink.open(sinkCtx, () => undefined);
    closers.push(() => sink.close(sinkCtx));
    await until(() => sinkCtx.states.at(-1)?.state === 'connected', 'sink');
    await sink.collect(sinkCtx, 'TARE');
    await until(() => heard.join('') === 'TARE\r\n', 'the command');
  }, 30_000);

  it('the connection test names what is wrong, and a port serves one owner', async () => {
    const probe = (port: string) => serial.connection!.test({ port }, AbortSignal.timeout(8000));
    await expect(probe('tcp://127.0.0.1:1')).rejects.toThrow(
      'tcp://127.0.0.1:1: nothing listens there: check host and port of the serial server',
    );
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const url = `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    await probe(url);
    const locks = new PortLocks();
    const options = {
      selector: { port: url, vendorId: '', productId: '', serialNumber: '' },
      line: defaultLine,
      locks,
      clock: createRealClock(),
    };
    const first = await openPort({ ...options, owner: 'a' });
    await expect(openPort({ ...options, owner: 'b' })).rejects.toThrow('is in use by a of this gateway');
    await expect(first.setBaudRate(9600)).resolves.toBeUndefined();
    await expect(first.setBaudRate(300)).rejects.toThrow('cannot change the speed: use rfc2217://');
    await first.close();
    await (await openPort({ ...options, owner: 'b' })).close();
  });

  it.each(['tcp://', 'tcp://h', 'tcp://:5', 'tcp://h:0', 'tcp://h:70000', 'tcp://a:b@h:1', 'rfc2217://h:x', 'udp://h'])(
    'refuses %s when the stream is made',
    (port) => {
      expect(() => createSerialSource().configure!(port, {})).toThrow(/write tcp:\/\/HOST:PORT|the host is missing/);
    },
  );

  it('one device has one spelling', () => {
    expect(parseNetworkPort('SOCKET://Meter.LAN:2001/').text).toBe('tcp://meter.lan:2001');
    expect(parseNetworkPort('tcp://[::1]:7').host).toBe('::1');
    expect(parseNetworkPort('udp://:10110')).toMatchObject({ host: '', port: 10110 });
  });
});

describe('a serial device behind udp://', () => {
  it('whoever sends to the port is heard; with a host only that one', async () => {
    const free = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
    const { port } = free.address();
    await new Promise<void>((resolve) => free.close(() => resolve()));
    const { ctx, rows } = await source(`udp://:${port}`, { preset: 'nmea0183' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'bound');
    const sender = dgram.createSocket('udp4');
    closers.push(() => new Promise<void>((resolve) => sender.close(() => resolve())));
    sender.send('$GPVTG,054.7,T,034.4,M,005.5,N,010.2,K*48\r\n', port, '127.0.0.1');
    await until(() => rows.length === 1, 'a sentence');
    expect(rows[0]).toMatchObject({ sentence: 'VTG', speed_kmh: 10.2 });
    const echo = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    closers.push(() => new Promise<void>((resolve) => echo.close(() => resolve())));
    echo.on('message', (data, from) => echo.send(Buffer.from(`${data.toString().trim()}=42\n`), from.port, from.address));
    const polled = await source(`udp://127.0.0.1:${echo.address().port}`, {
      requests: [{ send: 'T?' }],
      pattern: 'T\\?=(?P<t__int>\\d+)',
      pollInterval: 50,
    });
    await until(() => polled.rows.length > 0, 'an answer');
    expect(polled.rows[0]).toMatchObject({ t: 42n });
  });
});

describe.runIf(havePymodbus)('a serial device behind rfc2217://', () => {
  it('has its line set at the server of pyserial, bytes of every value go through, the speed can change', async () => {
    const pair = await createPtyPair();
    closers.push(() => pair.close());
    const child = spawn(join(process.cwd(), '.cache/pymodbus/bin/python'), [join(import.meta.dirname, 'rfc2217-server.py'), pair.a], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closers.push(() => endChild(child));
    let said = '';
    child.stdout.on('data', (d: Buffer) => (said += d.toString()));
    await until(() => said.includes('\n'), 'server');
    const url = `rfc2217://127.0.0.1:${said.split('\n')[0]}`;
    const device = await openPort({
      selector: { port: pair.b, vendorId: '', productId: '', serialNumber: '' },
      line: { ...defaultLine, baudRate: 19200 },
      owner: 'device',
      locks: new PortLocks(),
      clock: createRealClock(),
    });
    closers.push(() => device.close());
    const port = await openPort({
      selector: { port: url, vendorId: '', productId: '', serialNumber: '' },
      line: { ...defaultLine, baudRate: 19200, stopBits: 2 },
      owner: 'us',
      locks: new PortLocks(),
      clock: createRealClock(),
    });
    closers.push(() => port.close());
    await until(() => said.includes('line 19200 8 N 2'), 'the line');
    const at = { device: Buffer.alloc(0), us: Buffer.alloc(0) };
    device.stream.on('data', (d: Buffer) => (at.device = Buffer.concat([at.device, d])));
    port.stream.on('data', (d: Buffer) => (at.us = Buffer.concat([at.us, d])));
    const all = Buffer.from(Array.from({ length: 128 }, (_, i) => i));
    await port.write(all);
    await device.write(all);
    await until(() => at.device.length >= 128 && at.us.length >= 128, 'bytes both ways');
    expect(at.device.equals(all)).toBe(true);
    expect(at.us.equals(all)).toBe(true);
    await port.setBaudRate(9600);
    await until(() => said.includes('line 9600 8 N 2'), 'the speed');
  }, 20_000);

  it('a server that knows no RFC 2217 is told apart within 5 s', async () => {
    const server = net.createServer((s) => s.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const url = `rfc2217://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const opening = openPort({
      selector: { port: url, vendorId: '', productId: '', serialNumber: '' },
      line: defaultLine,
      owner: 'us',
      locks: new PortLocks(),
      clock: createRealClock(),
    });
    await expect(opening).rejects.toThrow('it does not answer as RFC 2217: use tcp://');
  }, 20_000);
});

describe('telnet below RFC 2217', () => {
  it('settings go out in the numbers of the RFC, and a server that takes another one is named', async () => {
    const sent: Buffer[] = [];
    const telnet = new Rfc2217(createVirtualClock(), (b) => {
      sent.push(b);
      // the server answers each command with what it set
      if (b[1] === 250) queueMicrotask(() => telnet.take(Buffer.concat([b.subarray(0, 3), Buffer.from([b[3]! + 100]), b.subarray(4)])));
    });
    const forever = new Promise(() => undefined);
    const begun = telnet.begin(
      { ...defaultLine, baudRate: 300, dataBits: 7, parity: 'even', stopBits: 1.5, flowControl: 'rtscts', dtr: false, rts: true },
      forever,
    );
    telnet.take(Buffer.from([255, 253, 44]));
    await begun;
    expect(sent.slice(5).map((b) => b.toString('hex'))).toEqual([
      'fffa2c010000012cfff0',
      'fffa2c0207fff0',
      'fffa2c0303fff0',
      'fffa2c0403fff0',
      'fffa2c0503fff0',
      'fffa2c0509fff0',
      'fffa2c050bfff0',
    ]);
    const stubborn = new Rfc2217(createVirtualClock(), (b) => {
      if (b[1] === 250) queueMicrotask(() => stubborn.take(Buffer.from([255, 250, 44, 101, 0, 0, 37, 128, 255, 240])));
    });
    const refused = stubborn.begin({ ...defaultLine, baudRate: 300 }, forever);
    stubborn.take(Buffer.from([255, 253, 44]));
    await expect(refused).rejects.toThrow('the server takes baudRate as 9600 only');
    const no = new Rfc2217(createVirtualClock(), () => undefined);
    const denied = no.begin(defaultLine, forever);
    no.take(Buffer.from([255, 254, 44]));
    await expect(denied).rejects.toThrow('the server refuses the control of RFC 2217: use tcp://');
  });

  it('what is escaped comes out as it went in, however it is cut, with commands between', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (parts, cut) => {
        const sent: Buffer[] = [];
        const telnet = new Rfc2217(createVirtualClock(), (b) => void sent.push(b));
        const command = Buffer.from([255, 250, 44, 107, 255, 255, 1, 255, 240, 255, 251, 0]);
        const wire = Buffer.concat(parts.flatMap((p) => [telnet.escape(p), command]));
        const out: Buffer[] = [];
        for (let at = 0; at < wire.length; at += cut) out.push(telnet.take(wire.subarray(at, at + cut)));
        expect(Buffer.concat(out)).toEqual(Buffer.concat(parts));
        // WILL BINARY is answered once
        expect(sent.map((b) => b.toString('hex'))).toEqual(parts.length > 0 ? ['fffd00'] : []);
      }),
      { numRuns: 100 },
    );
  });
});
