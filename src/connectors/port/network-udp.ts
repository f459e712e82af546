// A serial device behind UDP: datagrams as bytes, in the order in which they come. With a host only its datagrams count and writes go to it; without one
// everybody who sends to the port is heard (NMEA on 10110). Called by network.ts.
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { NetworkPort } from './network.ts';
import type { OpenPort, OpenPortOptions } from './open.ts';

/** @throws Error when the port is taken or the host is not known */
export async function openUdp(target: NetworkPort, { line, locks }: OpenPortOptions): Promise<OpenPort> {
  const { host, port } = target;
  const peer = host === '' || net.isIP(host) ? host : (await lookup(host)).address;
  const socket = dgram.createSocket({ type: net.isIPv6(peer) ? 'udp6' : 'udp4', reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    // without a host we are the address; with one, any free port does
    socket.bind(peer === '' ? { port } : { port: 0 }, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
  let finish!: (reason: Error | undefined) => void;
  const ended = new Promise<Error | undefined>((resolve) => {
    finish = resolve;
  });
  let closed = false;
  const shut = (reason: Error | undefined) => {
    if (closed) return;
    closed = true;
    socket.close(() => {
      locks.release(target.text);
      finish(reason);
    });
  };
  const send = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(ioError(`${target.text} is closed`));
      if (peer === '') return reject(ioError(`${target.text} has nobody to write to: give the host`));
      socket.send(bytes, port, peer, (error) => (error ? reject(ioError(`${target.text}: ${messageOf(error)}`, error)) : resolve()));
    });
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => void send(chunk).then(() => done(), done),
  });
  socket.on('error', (error) => shut(ioError(`${target.text} was lost: ${messageOf(error)}`, error)));
  socket.on('message', (data, from) => {
    if (peer === '' || (from.address === peer && from.port === port)) stream.push(data);
  });
  return {
    path: target.text,
    device: target.text,
    line,
    stream,
    ended,
    write: (bytes) => send(Buffer.from(bytes as Uint8Array)),
    async flush() {
      while (stream.read() !== null); // what was received and not read
    },
    async setBaudRate(baudRate) {
      if (baudRate !== line.baudRate) throw ioError(`${target.text} cannot change the speed`);
    },
    setLines: async () => undefined,
    async close() {
      shut(undefined);
      await ended;
    },
  };
}
