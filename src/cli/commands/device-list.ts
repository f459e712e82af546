// `kuiper device list`: serial ports of the gateway's machine with the names to use in streams, and the devices that streams read with their state.
import { type BusDevice, type Device, isBusDevice, stateOf } from '../bus-device.ts';
import type { Command } from '../command.ts';

export interface SerialPort {
  kind?: 'serial';
  port: string;
  path: string;
  product?: string;
  manufacturer?: string;
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
  driver?: string;
  usedBy?: string;
}

export const deviceList: Command = {
  name: 'device list',
  usage: 'device list',
  doc: 'List the serial ports with their stable names, and the devices that streams read with their state.',
  async run(context) {
    context.show(await context.client.call('GET', '/devices'), { page: described, ekuiper: described });
  },
};

function described(devices: Device<SerialPort>[]): string {
  const ports = devices.filter((d): d is SerialPort => !isBusDevice(d));
  const out = ports.length === 0 ? ["No serial ports found. UARTs of the Pi's header must be switched on: docs/connectors/serial.md."] : [];
  for (const d of ports) {
    const usb = d.vendorId ? `${d.vendorId}:${d.productId ?? '????'}${d.serialNumber ? ` serial ${d.serialNumber}` : ''}` : '';
    const facts = [[d.manufacturer, d.product].filter(Boolean).join(' '), usb, d.driver, d.usedBy ? `used by ${d.usedBy}` : 'free'];
    out.push(`${d.port}\n  ${d.path}  ${facts.filter((f) => f).join(', ')}`);
  }
  for (const d of devices.filter((d): d is BusDevice => isBusDevice(d))) out.push(`${d.name} (${d.source})\n  ${stateOf(d)}`);
  return out.join('\n');
}
