// From connection properties to the shared bus: one bus per physical line, whoever uses it (sources, sinks, lookups). Kept in the connection pool.
import type { Clock } from '../../base/clock.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { characterMs, lineText } from '../port/line.ts';
import { portLocks, releasePortLocks } from '../port/locks.ts';
import { openPort } from '../port/open.ts';
import { selectorText } from '../port/select.ts';
import { ModbusBus } from './bus/bus.ts';
import type { ConnectionProps } from './options.ts';
import { openSocket } from './transport/socket.ts';
import { streamTransport } from './transport/stream.ts';
import { openTcp } from './transport/tcp.ts';
import type { OpenTransport } from './transport/transport.ts';

export function lineKey(p: ConnectionProps): string {
  return p.protocol === 'tcp' || p.protocol === 'rtu-over-tcp'
    ? `${p.protocol}://${p.host}:${p.tcpPort}`
    : `${p.protocol}:${selectorText(p.selector)}`;
}

/** 3.5 characters, at least 1.75 ms. @source Modbus over serial line 1.02, 2.5.1.1 */
export const frameGapMs = (p: ConnectionProps): number => Math.max(1.75, 3.5 * characterMs(p.line));

type LineContext = Pick<ConnectorContext, 'clock' | 'log' | 'connections'>;

export function acquireBus(ctx: LineContext, p: ConnectionProps): ModbusBus {
  const settings = p.protocol === 'rtu' || p.protocol === 'ascii' ? lineText(p.line) : '';
  const bus = ctx.connections.acquire(
    'modbus',
    lineKey(p),
    () => new ModbusBus(lineKey(p), opener(ctx, p), ctx.clock, ctx.log, { lineText: settings }),
  );
  if (bus.lineText === settings) return bus;
  ctx.connections.release('modbus', lineKey(p));
  throw new Error(`the line ${lineKey(p)} is in use with ${bus.lineText}, and here ${settings} is asked for: give both the same settings`);
}

export const releaseBus = (ctx: LineContext, p: ConnectionProps): void | Promise<void> => ctx.connections.release('modbus', lineKey(p));

export function opener(ctx: LineContext, p: ConnectionProps): OpenTransport {
  switch (p.protocol) {
    case 'tcp':
      return () => openTcp(p.host, p.tcpPort);
    case 'rtu-over-tcp':
      return () => openRtuOverTcp(p, ctx.clock);
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
