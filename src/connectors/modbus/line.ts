// From connection properties to the shared bus: one bus per physical line, whoever uses it (sources, sinks, lookups). Kept in the connection pool.
import type { Clock } from '../../base/clock.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { characterMs, lineText } from '../port/line.ts';
import { portLocks, releasePortLocks } from '../port/locks.ts';
import { openPort } from '../port/open.ts';
import { selectorText } from '../port/select.ts';
import { ModbusBus } from './bus/bus.ts';
import { type ConnectionProps, isOnNetwork } from './options.ts';
import { openSocket } from './transport/socket.ts';
import { streamTransport } from './transport/stream.ts';
import { openTcp } from './transport/tcp.ts';
import type { OpenTransport, Transport } from './transport/transport.ts';

/** One spelling for all of a host: many devices take one connection only. Names are not looked up. */
export function hostOf(host: string): string {
  const bare = host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (bare === 'localhost') return '127.0.0.1';
  // leading zeros are decimal here, as people write them: 192.168.001.020
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(bare);
  if (parts) return parts.slice(1).map(Number).join('.');
  const v6 = bare.includes(':') && URL.canParse(`http://[${bare}]`) ? new URL(`http://[${bare}]`).hostname : undefined;
  return v6 ?? bare;
}

export function lineKey(p: ConnectionProps): string {
  return isOnNetwork(p.protocol) ? `${p.protocol}://${hostOf(p.host)}:${p.tcpPort}` : `${p.protocol}:${selectorText(p.selector)}`;
}

/** 3.5 characters, at least 1.75 ms. @source Modbus over serial line 1.02, 2.5.1.1 */
export const frameGapMs = (p: ConnectionProps): number => Math.max(1.75, 3.5 * characterMs(p.line));

const socketText = ({ lenient, connectDelayMs, loggerSerial }: ConnectionProps): string =>
  [
    lenient ? 'lenient: true' : '',
    connectDelayMs > 0 ? `connectDelay: ${connectDelayMs}ms` : '',
    loggerSerial > 0 ? `loggerSerial: ${loggerSerial}` : '',
  ]
    .filter(Boolean)
    .join(', ');

type LineContext = Pick<ConnectorContext, 'clock' | 'log' | 'connections'>;

export function acquireBus(ctx: LineContext, p: ConnectionProps): ModbusBus {
  const settings = isOnNetwork(p.protocol) ? socketText(p) : lineText(p.line);
  const bus = ctx.connections.acquire(
    'modbus',
    lineKey(p),
    (_before, log) => new ModbusBus(lineKey(p), opener(ctx, p), ctx.clock, log, { lineText: settings, lenient: p.lenient }),
  );
  if (bus.lineText === settings) return bus;
  ctx.connections.release('modbus', lineKey(p));
  const named = (text: string) => text || 'the default settings';
  throw new Error(
    `the line ${lineKey(p)} is in use with ${named(bus.lineText)}, but here with ${named(settings)}: use the same settings for both`,
  );
}

export const releaseBus = (ctx: LineContext, p: ConnectionProps): void | Promise<void> => ctx.connections.release('modbus', lineKey(p));

export function opener(ctx: LineContext, p: ConnectionProps): OpenTransport {
  switch (p.protocol) {
    case 'tcp':
      return () => settled(ctx.clock, p, openTcp(p.host, p.tcpPort, p.lenient));
    case 'rtu-over-tcp':
      return () => settled(ctx.clock, p, openRtuOverTcp(p, ctx.clock));
    case 'solarman':
      return async () => {
        const { openSolarman } = await import('./transport/solarman.ts');
        const line = { serial: p.loggerSerial, now: () => ctx.clock.now() };
        return settled(ctx.clock, p, openSolarman(p.host, p.tcpPort, line));
      };
    default:
      return async () => {
        const locks = portLocks(ctx.connections);
        try {
          const port = await openPort({ selector: p.selector, line: p.line, owner: `Modbus line ${lineKey(p)}`, locks, clock: ctx.clock });
          return streamTransport(
            port.stream,
            p.protocol === 'ascii' ? 'ascii' : 'rtu',
            { gapMs: frameGapMs(p), characterMs: characterMs(p.line), now: () => ctx.clock.monotonic(), after: after(ctx.clock) },
            port.ended,
            async () => {
              await port.close();
              releasePortLocks(ctx.connections);
            },
          );
        } catch (error) {
          releasePortLocks(ctx.connections);
          throw error;
        }
      };
  }
}

/** Some devices drop or ignore what is asked right after the connection was made. */
async function settled(clock: Clock, { connectDelayMs }: ConnectionProps, opening: Promise<Transport>): Promise<Transport> {
  const transport = await opening;
  if (connectDelayMs > 0) await Promise.race([clock.sleep(connectDelayMs), transport.lost]);
  return transport;
}

const after = (clock: Clock) => (ms: number, work: () => void) => {
  const timer = clock.setTimer(ms, work);
  return () => clock.clear(timer);
};

async function openRtuOverTcp(p: ConnectionProps, clock: Clock) {
  const { socket, ended } = await openSocket(p.host, p.tcpPort, `modbus rtu-over-tcp://${p.host}:${p.tcpPort}`);
  // the speed of the line behind the server is the one given, or its default
  return streamTransport(
    socket,
    'rtu',
    { gapMs: frameGapMs(p), characterMs: characterMs(p.line), now: () => clock.monotonic(), after: after(clock), renewable: true },
    ended,
    async () => {
      socket.destroy();
    },
  );
}
