// Opens one serial port once: finds it, locks it, sets line and control lines, watches that it is still there. It does not come back by
// itself: kept-port.ts does. Used by kept-port.ts (serial connector), Modbus RTU, connection tests.
import type { Duplex } from 'node:stream';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import { findHolder } from './holder.ts';
import { type LineSettings, lineText } from './line.ts';
import type { PortRoots } from './list.ts';
import type { PortLocks } from './locks.ts';
import { isNetworkPort, openNetworkPort } from './network.ts';
import { type FoundPort, findPort, type PortSelector, pathIdentity } from './select.ts';

/** How often an open port is looked for: an adapter that was pulled out under some drivers reads as silence. */
const WATCH_MS = 500;

export interface OpenPortOptions {
  selector: PortSelector;
  line: LineSettings;
  /** Named when another rule wants the same port, e.g. `stream meters`. */
  owner: string;
  locks: PortLocks;
  clock: Clock;
  /** Bytes that the driver's reader may run ahead. Default 64 KiB. */
  readBufferBytes?: number;
  roots?: PortRoots;
}

export interface OpenPort {
  /** Path that was opened, and the device behind it. */
  readonly path: string;
  readonly device: string;
  readonly line: LineSettings;
  /** Bytes both ways, with the stream's own backpressure: pause/resume, write callback. Emits neither `error` nor `end`. */
  readonly stream: Duplex;
  /** Resolves with the reason when the port is lost (unplugged, I/O error); with undefined after `close`. */
  readonly ended: Promise<Error | undefined>;
  /** Writes and waits until the bytes have left the machine. @throws ioError */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Throws away what was received and not read, and what was not sent yet. */
  flush(): Promise<void>;
  /** Changes the speed of the open line. */
  setBaudRate(baudRate: number): Promise<void>;
  setLines(lines: { rts?: boolean; dtr?: boolean; brk?: boolean }): Promise<void>;
  /** Safe to call twice; gives the lock back. */
  close(): Promise<void>;
}

/** Opens the port.
 *  @throws ioError that says what to do: not there, held by whom, no permission, line settings that the driver refuses */
export async function openPort(options: OpenPortOptions): Promise<OpenPort> {
  const { line, locks, owner } = options;
  if (isNetworkPort(options.selector.port)) return openNetworkPort(options);
  const found = findPort(options.selector, options.roots);
  if (typeof found === 'string') throw ioError(found);
  const holder = locks.take(found.device, owner);
  if (holder !== undefined) throw ioError(`${found.path} is in use by ${holder} of this gateway: a port serves one owner`);
  try {
    return await openFound(found, options);
  } catch (error) {
    locks.release(found.device);
    throw explain(error, found, line);
  }
}

async function openFound(found: FoundPort, { line, locks, clock, readBufferBytes }: OpenPortOptions): Promise<OpenPort> {
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({
    path: found.device,
    baudRate: line.baudRate,
    dataBits: line.dataBits,
    // typed as three values by the package; its driver layer also knows mark and space
    parity: line.parity,
    stopBits: line.stopBits,
    rtscts: line.flowControl === 'rtscts',
    xon: line.flowControl === 'xonxoff',
    xoff: line.flowControl === 'xonxoff',
    hupcl: line.hupcl,
    lock: true,
    autoOpen: false,
    endOnClose: false,
    highWaterMark: readBufferBytes ?? 64 * 1024,
  });
  await called((done) => port.open(done));
  settlePromises(port);

  let finish!: (reason: Error | undefined) => void;
  const ended = new Promise<Error | undefined>((resolve) => {
    finish = resolve;
  });
  const waiting = new Set<(error: Error) => void>();
  let closing: Promise<void> | undefined;
  let timer: TimerHandle | undefined;
  const shut = (reason: Error | undefined): Promise<void> => {
    closing ??= (async () => {
      clock.clear(timer);
      for (const reject of waiting) reject(reason ?? ioError(`${found.path} was closed`));
      waiting.clear();
      if (port.isOpen) await called((done) => port.close(() => done(null)));
      locks.release(found.device);
      finish(reason);
    })();
    return closing;
  };
  const lost = (error: unknown) => void shut(ioError(`${found.path} was lost: ${messageOf(error)}`, error));
  port.on('error', lost);
  port.on('close', (error: Error | null) => lost(error ?? new Error('the driver closed it')));
  const watch = () => {
    timer = clock.setTimer(WATCH_MS, () => {
      const now = pathIdentity(found.path);
      if (!now) lost('unplugged');
      else if (now.identity !== found.identity) lost(`it is another device now (${now.device})`);
      else watch();
    });
  };
  watch();

  try {
    if (line.rts !== undefined || line.dtr !== undefined)
      await called((done) => port.set({ rts: line.rts ?? true, dtr: line.dtr ?? true }, done));
  } catch (error) {
    await shut(undefined);
    throw error;
  }

  const usable = () => {
    if (closing || !port.isOpen) throw ioError(`${found.path} is closed`);
  };
  return {
    path: found.path,
    device: found.device,
    line,
    stream: port as unknown as Duplex,
    ended,
    async write(bytes) {
      usable();
      let stop!: (error: Error) => void;
      const gone = new Promise<never>((_, reject) => {
        stop = reject;
      });
      waiting.add(stop);
      try {
        await Promise.race([called((done) => void port.write(bytes as string | Buffer, undefined, done)), gone]);
        usable();
        await Promise.race([called((done) => port.drain(done)), gone]);
      } catch (error) {
        throw isRetriable(error) ? error : ioError(`${found.path}: ${messageOf(error)}`, error);
      } finally {
        waiting.delete(stop);
      }
    },
    async flush() {
      usable();
      await called((done) => port.flush(done));
    },
    async setBaudRate(baudRate) {
      usable();
      await called((done) => port.drain(done));
      await called((done) => port.update({ baudRate }, done));
    },
    async setLines(lines) {
      usable();
      await called((done) => port.set(lines, done));
    },
    close: () => shut(undefined),
  };
}

/** The driver's addon calls back outside of any callback scope: promises that it settles would wait for whatever wakes the event loop next (the
 *  watch below: up to half a second). An empty immediate is enough to settle them at once.
 *  @source @serialport/bindings-cpp src/poller.cpp: Call, not MakeCallback */
function settlePromises(port: unknown): void {
  const poller = (port as { port?: { poller?: NodeJS.EventEmitter } }).port?.poller;
  for (const event of ['readable', 'writable', 'disconnect']) poller?.on(event, () => void setImmediate(() => undefined));
}

function called(call: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
}

function explain(error: unknown, found: FoundPort, line: LineSettings): Error {
  const text = messageOf(error);
  const at = found.path === found.device ? found.path : `${found.path} (${found.device})`;
  if (/lock port|busy/i.test(text))
    return ioError(`${at} is in use by ${findHolder(found.device) ?? 'another program'}: end that program, or choose another port`, error);
  if (/permission|not permitted/i.test(text))
    return ioError(`${at}: no permission; the user of the gateway must be in the group dialout (usermod -aG dialout kuiper)`, error);
  if (/no such (file|device)/i.test(text)) return ioError(`${at} is not there: unplugged?`, error);
  // ENOTTY: a file, or a device of another kind
  if (/inappropriate ioctl/i.test(text)) return ioError(`${at} is not a serial port; \`kuiper device list\` shows the ports`, error);
  if (/baud|setting|tcsetattr|invalid|TCSETS/i.test(text))
    return ioError(`${at}: the driver refuses ${lineText(line)} (${text}): correct baudRate or mode`, error);
  return ioError(`${at}: ${text}`, error);
}
