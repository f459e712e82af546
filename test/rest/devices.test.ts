// GET /devices and `kuiper device list`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceList } from '../../src/cli/commands/device-list.ts';
import { deviceShow } from '../../src/cli/commands/device-show.ts';
import type { OutputForm } from '../../src/cli/output.ts';
import { cliContext } from '../helpers/cli-context.ts';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeAll(async () => {
  made = await makeService();
});
afterAll(() => made.close());

describe('devices', () => {
  it('are listed over REST', async () => {
    const reply = await made.call('GET', '/devices');
    expect(reply.status).toBe(200);
    expect(Array.isArray(JSON.parse(reply.text))).toBe(true);
  });

  const print = async (devices: unknown[], form: OutputForm = 'table') => {
    const lines: string[] = [];
    const client = { call: async () => JSON.stringify(devices) };
    await deviceList.run(cliContext({ args: [], flags: {}, client: client as never, print: (l) => void lines.push(l) }, form));
    return lines.join('\n');
  };

  it('are printed with the name to use', async () => {
    const device = {
      port: 'by-id:usb-A',
      path: '/dev/ttyUSB0',
      product: 'UART',
      vendorId: '0403',
      productId: '6001',
      serialNumber: 'A1',
      driver: 'ftdi_sio',
      usedBy: 'this gateway',
    };
    expect(await print([device])).toBe('by-id:usb-A\n  /dev/ttyUSB0  UART, 0403:6001 serial A1, ftdi_sio, used by this gateway');
    expect(JSON.parse(await print([device], 'json'))).toEqual([device]);
    expect(await print([])).toMatch(/No serial ports found/);
  });

  const plant = {
    kind: 'bus',
    source: 'plc',
    name: 'boiler',
    unit: 3,
    line: 'tcp://10.0.0.5:502',
    state: 'silent',
    failingMs: 53_000,
    lastReplyAtMs: 1_767_225_600_000,
    points: { good: 0, stale: 0, bad: 2 },
    refused: { b: 'illegal data address' },
    requests: 40,
    timeouts: 12,
    strays: 1,
    nextTryMs: 4000,
    problem: 'Device boiler (unit 3, tcp://10.0.0.5:502) has not answered for 53 s.',
  };
  const well = { ...plant, name: 'meter', unit: 4, state: 'answering', replyMs: 21.5, problem: '', refused: {} };

  // @covers issue:19#2
  it('that streams read are listed with what is wrong, or how they answer', async () => {
    expect(await print([plant, well])).toBe(
      [
        "No serial ports found. UARTs of the Pi's header must be switched on: docs/connectors/serial.md.",
        'boiler (plc)',
        '  Device boiler (unit 3, tcp://10.0.0.5:502) has not answered for 53 s.',
        'meter (plc)',
        '  answering  tcp://10.0.0.5:502, unit 4, last reply after 21.5 ms',
      ].join('\n'),
    );
  });

  it('that streams read are shown one by one, and an unknown name lists the known ones', async () => {
    const lines: string[] = [];
    const show = (args: string[]) =>
      deviceShow.run(
        cliContext({
          args,
          flags: {},
          client: { call: async () => JSON.stringify([plant, well]) } as never,
          print: (l) => void lines.push(l),
        }),
      );
    await show(['boiler']);
    expect(lines.join('\n').split('\n')).toEqual([
      'boiler (plc)',
      '  state     Device boiler (unit 3, tcp://10.0.0.5:502) has not answered for 53 s.',
      '  replied   2026-01-01T00:00:00.000Z',
      '  requests  40, of which 12 timed out; 1 late or foreign frames',
      '  points    0 good, 0 stale, 2 bad',
      '  refused   b: illegal data address',
    ]);
    await expect(show(['pump'])).rejects.toThrow('No stream that is read has a device named pump. There are: boiler, meter.');
    await expect(show([])).rejects.toThrow('Name the device: kuiper device show NAME.');
  });
});
