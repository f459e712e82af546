// The servers that nobody here wrote, behind one interface, so that each test and campaign runs against both. RTU: units on one line, which for
// libmodbus (one unit per device) is made of three pty pairs.
import type { Duplex } from 'node:stream';
import { Duplex as DuplexStream } from 'node:stream';
import { createRealClock } from '../../../src/base/clock.ts';
import { defaultLine, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import { haveLibmodbus, startLibmodbus } from './libmodbus.ts';
import { havePymodbus, startPymodbus } from './pymodbus.ts';
import type { PeerServer } from './spawn-peer.ts';

export interface Peer {
  readonly name: 'pymodbus' | 'libmodbus';
  readonly have: boolean;
  startTcp(port: number): Promise<PeerServer>;
  /** One unit (1) on the device at the other end of a pty pair. */
  startRtu(device: string): Promise<PeerServer>;
  /** Units 1 to 3 on one line. @returns our end of the line */
  rtuLine(): Promise<{ stream: Duplex; close(): Promise<void> }>;
}

const portAt = (device: string) =>
  openPort({
    selector: { port: device, vendorId: '', productId: '', serialNumber: '' },
    line: { ...defaultLine, baudRate: 115_200 },
    owner: 'test',
    locks: new PortLocks(),
    clock: createRealClock(),
  });

/** Pty pairs joined to one line. */
async function joined(count: number, start: (devices: readonly string[]) => Promise<PeerServer>) {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const c of closers.splice(0).reverse()) await c();
  };
  try {
    const pairs = await Promise.all(Array.from({ length: count }, () => createPtyPair()));
    for (const p of pairs) closers.push(() => p.close());
    const server = await start(pairs.map((p) => p.b));
    closers.push(() => server.kill());
    const ports = await Promise.all(pairs.map((p) => portAt(p.a)));
    for (const p of ports) closers.push(() => p.close());
    const line: Duplex = new DuplexStream({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        for (const p of ports) p.stream.write(chunk);
        done();
      },
    });
    // as on a line, each device also hears the others: libmodbus takes what follows a request to another unit for that unit's reply
    for (const p of ports)
      p.stream.on('data', (data: Buffer) => {
        line.push(data);
        for (const other of ports) if (other !== p) other.stream.write(data);
      });
    return { stream: line, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export const peers: readonly Peer[] = [
  {
    name: 'pymodbus',
    have: havePymodbus,
    startTcp: (port) => startPymodbus('tcp', port),
    startRtu: (device) => startPymodbus('rtu', device),
    rtuLine: () => joined(1, ([device]) => startPymodbus('rtu', device!)),
  },
  {
    name: 'libmodbus',
    have: haveLibmodbus,
    startTcp: (port) => startLibmodbus('tcp', port),
    startRtu: (device) => startLibmodbus('rtu', [device]),
    rtuLine: () => joined(3, (devices) => startLibmodbus('rtu', devices)),
  },
];
