// A serial device behind a TCP connection, raw or with the control of RFC 2217. A connection whose other end is gone without a word is noticed by the
// system's keep-alive within some 20 s. Called by network.ts.
import net from 'node:net';
import { Duplex } from 'node:stream';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { LineSettings } from './line.ts';
import type { NetworkPort } from './network.ts';
import type { OpenPort, OpenPortOptions } from './open.ts';
import { Rfc2217 } from './rfc2217.ts';

const CONNECT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;

/** @throws Error when nobody answers, or the other end does not follow RFC 2217 */
export async function openTcp(target: NetworkPort, { line, locks, clock }: OpenPortOptions): Promise<OpenPort> {
  const socket = net.connect({ host: target.host, port: target.port });
  await new Promise<void>((resolve, reject) => {
    const timer = clock.setTimer(CONNECT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_MS} ms`)));
    const settle = (end: () => void) => {
      clock.clear(timer);
      end();
    };
    socket.once('connect', () => settle(resolve));
    socket.once('error', (error) => settle(() => reject(explain(error))));
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  let finish!: (reason: Error | undefined) => void;
  const ended = new Promise<Error | undefined>((resolve) => {
    finish = resolve;
  });
  let failure: Error | undefined;
  let closed = false;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.once('close', () => {
    locks.release(target.text);
    finish(
      closed
        ? undefined
        : ioError(`${target.text} was lost: ${failure ? messageOf(failure) : 'the other end closed the connection'}`, failure),
    );
  });

  const control = target.scheme === 'rfc2217' ? new Rfc2217(clock, (bytes) => void socket.write(bytes)) : undefined;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(control ? control.escape(chunk) : chunk, done),
  });
  socket.on('data', (chunk: Buffer) => {
    const data = control ? control.take(chunk) : chunk;
    if (data.length > 0 && !stream.push(data)) socket.pause();
  });
  // the other end has no more to say: over, as far as a device goes
  socket.once('end', () => socket.destroy());
  const usable = () => {
    if (closed || socket.destroyed) throw ioError(`${target.text} is closed`);
  };
  const set = async (settings: LineSettings): Promise<void> => {
    usable();
    await control?.apply(settings);
  };
  if (control) {
    try {
      await control.begin(line, ended);
    } catch (error) {
      closed = true;
      socket.destroy();
      throw error;
    }
  }
  let now = line;
  return {
    path: target.text,
    device: target.text,
    line,
    stream,
    ended,
    async write(bytes) {
      usable();
      const data = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
      await new Promise<void>((resolve, reject) => {
        const lost = () => reject(ioError(`${target.text} was lost while writing`));
        socket.once('close', lost);
        socket.write(control ? control.escape(data) : data, (error) => {
          socket.removeListener('close', lost);
          if (error) reject(ioError(`${target.text}: ${messageOf(error)}`, error));
          else resolve();
        });
      });
    },
    async flush() {
      usable();
      while (stream.read() !== null); // what was received and not read
      control?.purge();
    },
    async setBaudRate(baudRate) {
      if (baudRate === now.baudRate) return;
      // a raw connection keeps the speed that the other end was given
      if (!control) throw ioError(`${target.text} cannot change the speed: use rfc2217:// and a server that follows it`);
      now = { ...now, baudRate };
      await set(now);
    },
    async setLines(lines) {
      usable();
      control?.lines(lines);
    },
    async close() {
      if (closed) return;
      closed = true;
      socket.destroy();
      await ended;
    },
  };
}

function explain(error: unknown): Error {
  const { code } = error as { code?: string };
  if (code === 'ECONNREFUSED') return new Error('nothing listens there: check host and port of the serial server', { cause: error });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new Error('the name of the host is not known', { cause: error });
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return new Error('the host cannot be reached: is it on?', { cause: error });
  return error instanceof Error ? error : new Error(messageOf(error));
}
