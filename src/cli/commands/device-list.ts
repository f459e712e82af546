// `kuiper device list`: serial ports of the gateway's machine with the names to use in streams, and the devices that streams read with their state.
import { type BusDevice, type Device, isBusDevice, stateOf } from '../bus-device.ts';
import { type Command, indent } from '../command.ts';

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
  usage: 'device list [--json]',
  doc: 'List the serial ports with their stable names, and the devices that streams read with their state.',
  flags: [{ names: ['json'], value: false, doc: 'everything that is known, as JSON' }],
  async run(context) {
    const text = await context.client.call('GET', '/devices');
    if (context.flags['json']) return context.print(indent(text));
    const devices = JSON.parse(text) as Device<SerialPort>[];
    const ports = devices.filter((d): d is SerialPort => !isBusDevice(d));
    if (ports.length === 0)
      context.print("No serial ports found. UARTs of the Pi's header must be switched on: docs/connectors/serial.md.");
    for (const d of ports) {
      const usb = d.vendorId ? `${d.vendorId}:${d.productId ?? '????'}${d.serialNumber ? ` serial ${d.serialNumber}` : ''}` : '';
      const facts = [[d.manufacturer, d.product].filter(Boolean).join(' '), usb, d.driver, d.usedBy ? `used by ${d.usedBy}` : 'free'];
      context.print(`${d.port}\n  ${d.path}  ${facts.filter((f) => f).join(', ')}`);
    }
    for (const d of devices.filter((d): d is BusDevice => isBusDevice(d))) context.print(`${d.name} (${d.source})\n  ${stateOf(d)}`);
  },
};
