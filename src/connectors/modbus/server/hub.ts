// One listening address with the units behind it, shared by all sinks and sources that name it. Values come from rules (sink.ts), writes of masters go to
// one stream per unit (source.ts). Kept in the connection pool.
import type { Clock } from '../../../base/clock.ts';
import type { ConnectorContext, PooledConnection } from '../../../contract/context.ts';
import type { Row } from '../../../data/value.ts';
import { UnitImage } from './image.ts';
import { type Listener, listenText, startListener } from './listener.ts';
import type { ServerProps } from './options.ts';
import { ACKNOWLEDGE, exceptionTo, isWrite, parseRequest, replyTo, SERVER_FAILURE, TARGET_SILENT } from './request.ts';

export interface WriteInfo {
  readonly unit: number;
  readonly function: number;
  readonly client: string;
}

/** Takes what masters write to one unit. @returns when the rules have it: `done`, or `accepted` when that takes longer */
export type Taker = (row: Row, info: WriteInfo) => Promise<'done' | 'accepted'>;

interface ServedUnit {
  readonly image: UnitImage;
  users: number;
  taker: Taker | undefined;
  zeros: boolean;
}

export interface HubFigures {
  reads: number;
  writes: number;
  exceptions: number;
  lastRequestAtMs: number;
}

export class ServerHub implements PooledConnection {
  readonly figures: HubFigures = { reads: 0, writes: 0, exceptions: 0, lastRequestAtMs: 0 };
  /** Rejects when the address cannot be listened at. */
  readonly ready: Promise<void>;
  readonly settings: string;
  private listener: Listener | undefined;
  private readonly units = new Map<number, ServedUnit>();
  private readonly clock: Clock;

  constructor(props: ServerProps, clock: Clock, before: Promise<void> | undefined) {
    this.settings = settingsOf(props);
    this.clock = clock;
    const { listen, allow, maxClients } = props;
    this.ready = (async () => {
      await before;
      this.listener = await startListener({ ...listen, allow, maxClients, answer: (request, client) => this.answer(request, client) });
    })();
    // whoever joins waits for it; nobody may have joined yet
    this.ready.catch(() => undefined);
  }

  get port(): number {
    return this.listener?.port ?? 0;
  }

  get clients(): number {
    return this.listener?.clients ?? 0;
  }

  get refusedClients(): number {
    return this.listener?.refused ?? 0;
  }

  /** @returns the unit, made when it is new; `leave` when it is not needed any more */
  unit(id: number): { served: ServedUnit; leave(): void } {
    const served = this.units.get(id) ?? { image: new UnitImage(), users: 0, taker: undefined, zeros: false };
    this.units.set(id, served);
    served.users++;
    return {
      served,
      leave: () => {
        if (--served.users === 0) this.units.delete(id);
      },
    };
  }

  async close(): Promise<void> {
    // what could not be opened needs no closing
    await this.ready.catch(() => undefined);
    await this.listener?.close();
  }

  private async answer(request: Buffer, client: string): Promise<Buffer> {
    this.figures.lastRequestAtMs = Math.trunc(this.clock.now());
    const result = await this.result(request, client);
    if (typeof result !== 'number') return result;
    this.figures.exceptions++;
    return exceptionTo(request, result);
  }

  /** @returns the reply, or the code of an exception */
  private async result(request: Buffer, client: string): Promise<Buffer | number> {
    const asked = parseRequest(request);
    if (typeof asked === 'number') return asked;
    const unit = this.units.get(asked.unit);
    if (!unit) return TARGET_SILENT;
    const nowMs = this.clock.monotonic();
    if (!isWrite(asked.fn)) {
      this.figures.reads++;
      const data = unit.image.read(asked, nowMs, unit.zeros);
      return typeof data === 'number' ? data : replyTo(request, asked, data);
    }
    this.figures.writes++;
    const write = unit.image.write(asked, nowMs, unit);
    if (typeof write === 'number') return write;
    // no stream reads it: nothing would become of it
    if (!unit.taker) return SERVER_FAILURE;
    write.keep();
    const became = await unit.taker(write.row, { unit: asked.unit, function: asked.fn, client });
    return became === 'done' ? replyTo(request, asked, Buffer.alloc(0)) : ACKNOWLEDGE;
  }
}

const settingsOf = ({ allow, maxClients }: ServerProps): string => JSON.stringify([[...allow].sort(), maxClients]);

/** @throws Error when the address is listened at with other settings */
export function acquireHub(ctx: Pick<ConnectorContext, 'clock' | 'connections'>, props: ServerProps): ServerHub {
  const key = listenText(props.listen);
  const hub = ctx.connections.acquire('modbusServer', key, (before) => new ServerHub(props, ctx.clock, before));
  if (hub.settings === settingsOf(props)) return hub;
  void ctx.connections.release('modbusServer', key);
  throw new Error(`another rule or stream serves ${key} with other values of allow or maxClients: use the same for both`);
}

export const releaseHub = (ctx: Pick<ConnectorContext, 'connections'>, props: ServerProps): Promise<void> | void =>
  ctx.connections.release('modbusServer', listenText(props.listen));

/** `1 read`, `2 reads`. */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** One sentence for health and `kuiper device`. */
export function hubNote(props: ServerProps, hub: ServerHub): string {
  const { reads, writes, exceptions } = hub.figures;
  const refused = hub.refusedClients > 0 ? `, ${counted(hub.refusedClients, 'refused connection')} (allow, maxClients)` : '';
  const told = `${counted(reads, 'read')}, ${counted(writes, 'write')}, ${counted(exceptions, 'exception')}${refused}`;
  return `Modbus server ${listenText(props.listen)}, unit ${props.unit}: ${counted(hub.clients, 'master')} connected; ${told}.`;
}
