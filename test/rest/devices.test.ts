// GET /devices and `kuiper device list`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceList } from '../../src/cli/commands/device-list.ts';
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

  const print = async (devices: unknown[], flags = {}) => {
    const lines: string[] = [];
    const client = { call: async () => JSON.stringify(devices) };
    await deviceList.run({ args: [], flags, client: client as never, print: (l) => void lines.push(l) });
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
    expect(JSON.parse(await print([device], { json: true }))).toEqual([device]);
    expect(await print([])).toMatch(/No serial ports are found/);
  });
});
