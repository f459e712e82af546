// Presets that ask, on a real pty pair: M-Bus meters in turn, and a meter of IEC 62056-21 that changes its speed.
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../../src/base/clock.ts';
import { defaultLine, openPort, PortLocks } from '../../../../src/connectors/port/index.ts';
import { startSession } from '../../../../src/connectors/serial/presets/iec62056-session.ts';
import { createSerialSource } from '../../../../src/connectors/serial/source.ts';
import { createTestContext } from '../../../helpers/connector-context.ts';
import { until } from '../../../helpers/mosquitto.ts';
import { createPtyPair, type PtyPair } from '../../../helpers/pty-pair.ts';
import { IEC_BLOCK, MBUS_WATER } from './vectors.ts';

let pair: PtyPair;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await pair.close();
});

async function rig(props: Record<string, unknown>, meter: (heard: Buffer, say: (bytes: Buffer) => void) => void) {
  pair = await createPtyPair();
  const port = await openPort({
    selector: { port: pair.b, vendorId: '', productId: '', serialNumber: '' },
    line: defaultLine,
    owner: 'meter',
    locks: new PortLocks(),
    clock: createRealClock(),
  });
  closers.push(() => port.close());
  port.stream.on('data', (chunk: Buffer) => meter(chunk, (bytes) => void port.write(bytes)));
  const ctx = createTestContext();
  const rows: Record<string, unknown>[] = [];
  const source = createSerialSource();
  await source.configure!(pair.a, { pollInterval: 50, ...props });
  await source.open(
    ctx,
    (row) => void rows.push(row as Record<string, unknown>),
    () => undefined,
  );
  closers.push(() => source.close(ctx));
  return { ctx, rows, source };
}

describe('presets that ask', () => {
  it('M-Bus: each meter in turn, the bit of the request changes only with answers, and an answer of another meter is none', async () => {
    const heard: string[] = [];
    const { rows, source } = await rig({ preset: 'mbus', meters: [2, 9], timeout: 150, retries: 0, quietTime: 0 }, (bytes, say) => {
      heard.push(bytes.toString('hex'));
      // the meter 2 answers to both requests
      say(MBUS_WATER);
    });
    await until(() => rows.length >= 3, 'rows');
    expect(rows[0]).toMatchObject({ address: 2n, volume: 12.565 });
    expect(rows.every((r) => r['address'] === 2n)).toBe(true);
    const to = (address: string) => heard.filter((h) => h.slice(4, 6) === address).map((h) => h.slice(2, 4));
    expect(to('02').slice(0, 4)).toEqual(['5b', '7b', '5b', '7b'].slice(0, to('02').length));
    expect(new Set(to('09'))).toEqual(new Set(['5b']));
    const states = source.devices!().map((d) => [d.name, d.state === 'answering']);
    expect(states).toEqual([
      ['meter 2 address=2', true],
      ['meter 9 address=9', false],
    ]);
  });

  it('IEC 62056-21: asked, told to go on at its speed, and its block is a row; a meter that falls silent is named', async () => {
    const heard: string[] = [];
    let silent = false;
    const { ctx, rows } = await rig({ preset: 'iec62056-21', timeout: 300, meters: ['7'] }, (bytes, say) => {
      const text = bytes.toString('latin1');
      heard.push(text);
      if (silent) return;
      // an optical head hears what it sends
      say(bytes);
      if (text.startsWith('/?')) say(Buffer.from('/ISK5ME162-0033\r\n'));
      if (text.startsWith('\x06')) say(IEC_BLOCK);
    });
    await until(() => rows.length >= 2, 'rows');
    expect(heard.slice(0, 2)).toEqual(['/?7!\r\n', '\x06050\r\n']);
    expect(rows[0]).toMatchObject({ meter: 'ISK5ME162-0033', meter_id: '12345678', energy_import: 1234.56 });
    silent = true;
    await until(() => ctx.drops.includes('1 meter 7: no answer within 300 ms'), 'silence');
  });

  it('IEC 62056-21: the speeds of the line, in their order', async () => {
    pair = await createPtyPair();
    const speeds: (number | string)[] = [];
    const clock = createRealClock();
    const session = startSession({
      clock,
      baudRate: 300,
      pollMs: 60_000,
      timeoutMs: 1000,
      meters: [''],
      reset: () => undefined,
      block: (frame) => void speeds.push(`block of ${frame.length}`),
      failed: (_meter, reason) => void speeds.push(reason),
      port: {
        state: 'connected',
        converse: (run) => run(),
        async setBaudRate(rate) {
          speeds.push(rate);
        },
        async write(bytes) {
          speeds.push(Buffer.from(bytes as Uint8Array).toString('latin1'));
          if (String(speeds.at(-1)).startsWith('/')) queueMicrotask(() => session.frame(Buffer.from('/EMH4X')));
          else clock.setTimer(300, () => session.frame(IEC_BLOCK.subarray(0, -2)));
        },
      },
    });
    closers.push(() => session.stop());
    await until(() => speeds.length === 5, 'the block');
    expect(speeds).toEqual([300, '/?!\r\n', '\x06040\r\n', 4800, `block of ${IEC_BLOCK.length - 2}`]);
  });
});
