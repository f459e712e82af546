// Where rows go that a sink does not take: to the rule's dead letter action, else to the parking lot, else they are discarded and counted.
// And the tries of parked rows that somebody asks for. Part of sink-line.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { refusedPart, type SinkData } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import { MessageAck } from '../delivery/ack.ts';
import type { StoredItem } from './durable-queue.ts';
import type { LineAccess } from './line-access.ts';
import { newItem, type SinkItem } from './sink-item.ts';

const FULL = 'the parking lot is full';

export class Aside {
  /** Rows given to the dead letter action, or discarded. */
  refused = 0;
  /** Why a row that is not taken cannot be parked now; '' = it can. */
  error = '';
  private readonly line: LineAccess;
  /** Parked rows that are being tried. */
  private busy: Set<number> | undefined;

  constructor(line: LineAccess) {
    this.line = line;
  }

  /** A row that will not be taken leaves the line. @returns false when it must wait there after all */
  take(item: SinkItem, error: unknown): boolean {
    const { lot } = this.line.parts;
    const parks = this.parks;
    // the other rows of the list are delivered: what is tried again, or set aside, are these
    ({ data: item.data, rows: item.rows } = refusedPart(item, error));
    if (parks && !lot.hasRoom(item.rows)) {
      this.error = FULL;
      return false;
    }
    // a copy of it on disk is not sent either
    item.state = 'done';
    if (!parks) {
      this.refuse(item, item.acks, error);
      this.line.letGo(item);
      return true;
    }
    this.line.exception(error);
    lot.park(item, messageOf(error), this.keysOf(item.data, item.dynamic)).then(
      () => this.line.letGo(item),
      (cause: unknown) => {
        this.cannotPark(cause);
        this.line.takeBack(item);
      },
    );
    return true;
  }

  /** The same for an item on disk. @returns true when it is safe elsewhere */
  async takeStored(whole: StoredItem, error: unknown): Promise<boolean> {
    const { lot } = this.line.parts;
    const item = { ...whole, ...refusedPart(whole, error) };
    if (this.parks) {
      if (!lot.hasRoom(item.rows)) {
        this.error = FULL;
        return false;
      }
      try {
        await lot.park(item, messageOf(error), this.keysOf(item.data, item.dynamic));
        return true;
      } catch (cause) {
        this.cannotPark(cause);
        return false;
      }
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const ack = new MessageAck(resolve);
    this.refuse(item, [ack], error);
    ack.release();
    await promise;
    return true;
  }

  /** Counted, shown, and handed to the dead letter action, which keeps the confirmations. */
  refuse(item: Pick<SinkItem, 'data' | 'dynamic' | 'rows'>, acks: readonly Ack[], error: unknown): void {
    this.line.exception(error);
    this.refused += item.rows;
    const { data, dynamic } = item;
    const { deadLetter, name } = this.line.parts;
    deadLetter?.({ op: name, kind: 'sink', reason: messageOf(error), data, target: dynamic }, acks);
  }

  private get parks(): boolean {
    return this.line.parts.deadLetter === undefined && this.line.parts.lot.isOn;
  }

  private cannotPark(cause: unknown): void {
    this.error = messageOf(cause);
    this.line.exception(cause);
  }

  keysOf(data: SinkData, dynamic: Readonly<Record<string, unknown>> | undefined): readonly string[] {
    return this.line.parts.keysOf?.(data, dynamic) ?? none;
  }

  /** Something was delivered while rows with keys are parked: older ones must not replace it any more. */
  taken(data: SinkData, dynamic: Readonly<Record<string, unknown>> | undefined): void {
    const keys = this.keysOf(data, dynamic);
    if (keys.length > 0) this.line.parts.lot.overtake(keys).catch((error: unknown) => this.line.exception(error));
  }

  /** Tries a parked row again, before all that wait. Resolves when it was delivered; then it is parked no longer.
   *  @param force also when a newer row with its key was delivered since
   *  @throws PARKED_NOT_FOUND, PARKED_NOT_NOW, PARKED_OVERTAKEN, PARKED_AGAIN: it stays parked */
  async retry(id: number, force: boolean): Promise<void> {
    const { line } = this;
    const { lot, name } = line.parts;
    const entry = lot.entry(id);
    if (!entry) throw new GatewayError('PARKED_NOT_FOUND', { sink: name, id });
    this.busy ??= new Set();
    if (this.busy.has(id)) throw new GatewayError('PARKED_NOT_NOW', { sink: name, id, text: 'it is being tried at this moment' });
    if (!line.isReady) throw new GatewayError('PARKED_NOT_NOW', { sink: name, id, text: 'the sink takes no data now' });
    const inFlight = line.flight.some((i) => this.keysOf(i.data, i.dynamic).some((k) => entry.keys.includes(k)));
    if ((entry.overtaken || inFlight) && !force) throw new GatewayError('PARKED_OVERTAKEN', { sink: name, id, key: entry.keys.join(', ') });
    this.busy.add(id);
    try {
      const row = await lot.get(id);
      if (!row) throw new GatewayError('PARKED_NOT_FOUND', { sink: name, id });
      const item = newItem(row.data, row.dynamic, row.rows, none, row.atMs);
      const error = await new Promise<unknown>((resolve) => {
        item.parkedTry = (cause) => {
          // also when the answer comes late
          if (cause === undefined) void lot.remove(id).then(() => resolve(undefined), resolve);
          else resolve(cause);
        };
        line.first(item);
      });
      if (error === undefined) return;
      await lot.failedAgain(id, messageOf(error));
      throw new GatewayError('PARKED_AGAIN', { sink: name, id, text: messageOf(error) });
    } finally {
      this.busy.delete(id);
    }
  }
}

const none: readonly never[] = [];
