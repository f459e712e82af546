// A line that other masters use through the gateway: pymodbus as the device, with one connection, and as the other master; our own polling goes on.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createPlc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { serveTcp } from '../../../src/connectors/modbus/simulator/serve-tcp.ts';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePymodbus, holdingValue, pymodbusRead, startPymodbus } from './pymodbus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function rootWith(profile: string): string {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-share-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(join(root, 'etc/sources/modbus/meter.yaml'), profile);
  return root;
}

const POOL = () => new Map<string, never>() as unknown as Parameters<typeof createTestContext>[1];

async function openSource(props: Record<string, unknown>, pool = POOL()) {
  const rows: Row[] = [];
  const source = createModbusSource();
  const ctx = Object.assign(createTestContext('source', pool), {
    getRootPath: () => rootWith('points:\n  - {name: a, address: 10, type: uint16}\n'),
  });
  await source.configure!('meter', { host: '127.0.0.1', interval: '50ms', timeout: '300ms', retries: 0, ...props });
  await source.open(
    ctx,
    (row) => void rows.push(row as Row),
    () => undefined,
  );
  let open = true;
  const close = async () => {
    if (open) await source.close(ctx);
    open = false;
  };
  closers.push(close);
  const share = () => source.devices!().find((d) => d.name.startsWith('share'));
  return { rows, ctx, source, share, close };
}

/** Sends unit and PDU in hex, gives the reply in hex; '' when the server hung up. */
async function ask(port: number, hex: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const head = Buffer.from([0, 7, 0, 0, 0, body.length]);
  socket.write(Buffer.concat([head, body]));
  const reply = await new Promise<Buffer>((resolve) => {
    socket.once('data', resolve);
    socket.once('close', () => resolve(Buffer.alloc(0)));
  });
  socket.destroy();
  return reply.subarray(6).toString('hex');
}

// @covers issue:19#9
describe('a shared Modbus line', () => {
  it.runIf(havePymodbus)(
    'another master reads and writes the device through us, over our one connection, while our rows go on',
    async () => {
      const devicePort = await freePort();
      const device = await startPymodbus('tcp', devicePort);
      closers.push(() => device.kill());
      // what a device with one connection does to the second one
      let connections = 0;
      let refused = 0;
      const gate = net.createServer((socket) => {
        socket.on('error', () => socket.destroy());
        if (connections > 0) {
          refused++;
          socket.destroy();
          return;
        }
        connections++;
        const inner = net.connect(devicePort, '127.0.0.1').on('error', () => socket.destroy());
        socket.on('close', () => {
          connections--;
          inner.destroy();
        });
        socket.pipe(inner).pipe(socket);
      });
      gate.listen(0, '127.0.0.1');
      await once(gate, 'listening');
      closers.push(() => new Promise((resolve) => gate.close(resolve)));
      const tcpPort = (gate.address() as net.AddressInfo).port;
      const sharePort = await freePort();
      const s = await openSource({ tcpPort, unit: 2, share: String(sharePort), shareWrites: true });
      await until(() => s.rows.length >= 2, 'rows come');
      const before = s.rows.length;
      const found = await pymodbusRead('tcp', sharePort, 2);
      // exactly what the device gives when it is asked itself
      const coil = (i: number) => (i * 7 + 2) % 3 === 0;
      expect(found).toEqual({
        coils: [coil(2), coil(3), coil(4)],
        registers: [10, 11, 12].map((a) => holdingValue(2, a)),
        written: [7, 8],
        mask: 0x0f,
        exception: 2,
      });
      expect(s.rows.length).toBeGreaterThan(before);
      expect(s.rows.every((r) => r['a'] === BigInt(holdingValue(2, 10)))).toBe(true);
      expect(refused).toBe(0);
      expect(s.share()).toMatchObject({ state: 'answering', requests: 8, problem: '' });
      await s.close();
      expect(await ask(sharePort, '02 03 000a 0001')).toBe('');
    },
  );

  it('writes are refused unless they are wanted; functions, units and lines that cannot be served have their exception', async () => {
    const plc = createPlc([1]);
    const server = await serveTcp(plc);
    closers.push(() => server.close());
    const sharePort = await freePort();
    const s = await openSource({ tcpPort: server.port, share: `127.0.0.1:${sharePort}` });
    await until(() => s.rows.length >= 1, 'rows come');
    plc.units.get(1)!.holding[10] = 4711;
    expect(await ask(sharePort, '01 03 000a 0001')).toBe('0103021267');
    for (const write of ['01 06 000a 0001', '01 05 0001 ff00', '01 10 000a 0001 02 0001', '01 16 000a 0000 0001'])
      expect(await ask(sharePort, write)).toMatch(/^01(86|85|90|96)01$/);
    expect(plc.units.get(1)!.holding[10]).toBe(4711);
    expect(await ask(sharePort, '01 2b 0e 01 00')).toBe('01ab01');
    expect(await ask(sharePort, '01 03 03e8 0001')).toBe('018302');
    // no such unit: the device is silent, and a master hears so
    expect(await ask(sharePort, '09 03 000a 0001')).toBe('09830b');
    expect(s.share()).toMatchObject({ state: 'answering', timeouts: 1, problem: '' });
    await until(() => s.share()!.line === `tcp://127.0.0.1:${server.port}, 0 masters, 4 refused writes: shareWrites is off`, 'it is told');
    await server.close();
    await until(() => s.ctx.states.at(-1)!.state === 'disconnected', 'the line is lost');
    expect(await ask(sharePort, '01 03 000a 0001')).toBe('01830a');
  });

  it('five greedy masters do not slow our own polling to less than half, and each gets right values', async () => {
    const plc = createPlc([1, 2]);
    for (const id of [1, 2]) plc.units.get(id)!.holding.set(Array.from({ length: 1000 }, (_, i) => id * 1000 + i));
    const server = await serveTcp(plc);
    closers.push(() => server.close());
    server.faults = { delayMs: 5 };
    const sharePort = await freePort();
    const s = await openSource({ tcpPort: server.port, share: String(sharePort), interval: '40ms' });
    await until(() => s.rows.length >= 3, 'rows come');
    let going = true;
    let answers = 0;
    const wrong: string[] = [];
    const greedy = async (n: number) => {
      for (let i = 0; going; i++) {
        const [unit, address] = [1 + (i % 2), 20 + ((n * 31 + i) % 50)];
        const reply = await ask(sharePort, Buffer.from([unit, 3, 0, address, 0, 1]).toString('hex'));
        answers++;
        if (reply !== Buffer.from([unit, 3, 2, (unit * 1000 + address) >> 8, (unit * 1000 + address) & 255]).toString('hex'))
          wrong.push(reply);
      }
    };
    const running = [0, 1, 2, 3, 4].map(greedy);
    const [rows, sinceMs] = [s.rows.length, performance.now()];
    await until(() => answers > 150, 'masters are served', 20_000);
    const wanted = (performance.now() - sinceMs) / 40;
    const got = s.rows.length - rows;
    going = false;
    await Promise.all(running);
    expect(wrong).toEqual([]);
    expect(got).toBeGreaterThan(wanted / 2);
    expect(s.rows.every((r) => r['a'] === 1010n)).toBe(true);
  });

  it('a port that is taken is a problem of the line, which is read all the same, and is taken over when it is free', async () => {
    const server = await serveTcp(createPlc([1]));
    closers.push(() => server.close());
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const sharePort = (other.address() as net.AddressInfo).port;
    const s = await openSource({ tcpPort: server.port, share: String(sharePort) });
    await until(() => s.rows.length >= 1, 'rows come');
    await until(() => s.share()!.state === 'silent', 'the problem is told');
    expect(s.share()!.problem).toBe(
      `The line tcp://127.0.0.1:${server.port} is not shared: cannot listen at 127.0.0.1:${sharePort}: another program has this port; choose another one.`,
    );
    await new Promise((resolve) => other.close(resolve));
    await until(() => s.share()!.problem === '', 'it is shared');
    expect(await ask(sharePort, '01 03 000a 0001')).toBe('0103020000');
  });

  it('streams of one line have one share; another line or other settings are refused', async () => {
    const server = await serveTcp(createPlc([1, 2]));
    const second = await serveTcp(createPlc([1]));
    closers.push(
      () => server.close(),
      () => second.close(),
    );
    const [pool, sharePort] = [POOL(), await freePort()];
    const share = String(sharePort);
    const one = await openSource({ tcpPort: server.port, share }, pool);
    const two = await openSource({ tcpPort: server.port, unit: 2, share: `localhost:${share}` }, pool);
    await expect(openSource({ tcpPort: second.port, share }, pool)).rejects.toThrow(
      `share: 127.0.0.1:${share} is used for another line, or with other values of shareAllow or shareWrites`,
    );
    await expect(openSource({ tcpPort: server.port, share, shareWrites: true }, pool)).rejects.toThrow('is used for another line');
    await expect(openSource({ tcpPort: server.port, share: 'everywhere' }, pool)).rejects.toThrow(
      'property share: "everywhere": write PORT',
    );
    await expect(openSource({ tcpPort: server.port, shareAllow: ['plc'] }, pool)).rejects.toThrow('property shareAllow: "plc"');
    await one.close();
    await until(() => two.rows.length >= 1, 'rows come');
    expect(await ask(sharePort, '02 03 000a 0001')).toBe('0203020000');
    await two.close();
    expect(await ask(sharePort, '02 03 000a 0001')).toBe('');
  });
});
