// A line that other masters use through this gateway (`share` of a Modbus source): a Modbus TCP server whose requests go into the same queue as ours, so that
// a device that takes one connection serves several programs. One request of all its clients is in the queue at a time: ours get at least every second turn.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorContext, PooledConnection } from '../../contract/context.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { ModbusBus } from './bus/bus.ts';
import type { UnitSettings } from './bus/unit.ts';
import { ModbusException } from './frame.ts';
import { lineKey } from './line.ts';
import type { ConnectionProps } from './options.ts';
import { counted } from './server/hub.ts';
import { type Listener, listenText, parseListen, startListener } from './server/listener.ts';
import { exceptionTo, ILLEGAL_FUNCTION, isWrite, PATH_UNAVAILABLE, parseRequest, replyTo, TARGET_SILENT } from './server/request.ts';

export interface ShareProps extends ConnectionProps {
  /** '' = the line is not shared. */
  share: string;
  shareAllow: string[];
  shareWrites: boolean;
}

const MAX_CLIENTS = 8;

interface ShareDeps {
  readonly bus: ModbusBus;
  readonly line: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class LineShare implements PooledConnection {
  readonly settings: string;
  private readonly props: ShareProps;
  private readonly deps: ShareDeps;
  private readonly backoff: Backoff = createBackoff({ firstMs: 1000, maxMs: 30_000 });
  private listener: Listener | undefined;
  private timer: TimerHandle | undefined;
  private problem = '';
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();
  private opening: Promise<void>;
  private readonly figures = { requests: 0, failed: 0, exceptions: 0, refusedWrites: 0, answeredAtMs: 0 };

  constructor(props: ShareProps, deps: ShareDeps) {
    this.props = props;
    this.deps = deps;
    this.settings = shareSettings(props, deps.line);
    this.opening = this.listen();
  }

  /** Resolves when the first try to listen is over. */
  get tried(): Promise<void> {
    return this.opening;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.deps.clock.clear(this.timer);
    await this.opening;
    await this.listener?.close();
  }

  private async listen(): Promise<void> {
    const address = parseListen(this.props.share, 'share');
    try {
      this.listener = await startListener({
        ...address,
        allow: this.props.shareAllow,
        maxClients: MAX_CLIENTS,
        answer: (request) => this.answer(request),
      });
      this.problem = '';
      this.backoff.reset();
    } catch (error) {
      if (this.problem === '') this.deps.log.warn({ code: 'MODBUS_SHARE', cause: messageOf(error) }, 'The line cannot be shared.');
      this.problem = messageOf(error);
      if (!this.closed)
        this.timer = this.deps.clock.setTimer(this.backoff.next(), () => {
          this.opening = this.listen();
        });
    }
  }

  private async answer(request: Buffer): Promise<Buffer> {
    this.figures.requests++;
    const asked = parseRequest(request);
    if (typeof asked === 'number') return this.exception(request, asked);
    if (isWrite(asked.fn) && !this.props.shareWrites) {
      this.figures.refusedWrites++;
      return this.exception(request, ILLEGAL_FUNCTION);
    }
    const { timeoutMs, retries, quietMs, gapMs } = this.props;
    const settings: UnitSettings = { timeoutMs, retries, quietMs, gapMs };
    const ask = () => this.deps.bus.request(asked, settings);
    // writes wait until a read-change-write of ours is through
    const run = this.turn.then(() => (isWrite(asked.fn) ? this.deps.bus.inTurn(asked.unit, ask) : ask()));
    this.turn = run.catch(() => undefined);
    try {
      const data = await run;
      this.figures.answeredAtMs = Math.trunc(this.deps.clock.now());
      return replyTo(request, asked, data);
    } catch (error) {
      if (error instanceof ModbusException) return this.exception(request, error.exceptionCode);
      this.figures.failed++;
      return this.exception(request, this.deps.bus.connected ? TARGET_SILENT : PATH_UNAVAILABLE);
    }
  }

  private exception(request: Buffer, code: number): Buffer {
    this.figures.exceptions++;
    return exceptionTo(request, code);
  }

  /** The share as a device, for health and `kuiper device`. */
  report(): DeviceReport {
    const { requests, failed, refusedWrites, answeredAtMs } = this.figures;
    const clients = this.listener?.clients ?? 0;
    const refused = this.listener?.refused ?? 0;
    const at = listenText(parseListen(this.props.share, 'share'));
    const told = [
      counted(clients, 'master'),
      ...(refusedWrites > 0 ? [`${counted(refusedWrites, 'refused write')}: shareWrites is off`] : []),
      ...(refused > 0 ? [counted(refused, 'refused connection')] : []),
    ];
    return {
      name: `share ${at}`,
      line: `${this.deps.line}, ${told.join(', ')}`,
      state: this.problem ? 'silent' : requests > 0 ? 'answering' : 'unasked',
      failingMs: 0,
      lastReplyAtMs: answeredAtMs,
      points: { good: 0, stale: 0, bad: 0 },
      refused: {},
      requests,
      timeouts: failed,
      strays: 0,
      nextTryMs: 0,
      problem: this.problem ? `The line ${this.deps.line} is not shared: ${this.problem}.` : '',
    };
  }
}

const shareSettings = ({ shareAllow, shareWrites }: ShareProps, line: string): string =>
  JSON.stringify([line, [...shareAllow].sort(), shareWrites]);

type ShareContext = Pick<ConnectorContext, 'clock' | 'log' | 'connections'>;

/** @throws Error when the address is used for another line, or with other settings */
export function acquireShare(ctx: ShareContext, props: ShareProps, bus: ModbusBus): { share: LineShare; release(): Promise<void> | void } {
  const key = listenText(parseListen(props.share, 'share'));
  const line = lineKey(props);
  const share = ctx.connections.acquire('modbusShare', key, (_before, log) => new LineShare(props, { bus, line, clock: ctx.clock, log }));
  const release = () => ctx.connections.release('modbusShare', key);
  if (share.settings === shareSettings(props, line)) return { share, release };
  void release();
  throw new Error(`share: ${key} is used for another line, or with other values of shareAllow or shareWrites`);
}
