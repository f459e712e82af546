// Simulated peers of sinks and lookup tables, behind a connector `sim` as a plugin would bring one: they take rows, lose connections with and without
// having taken what was on its way, hang, refuse single rows, and answer lookups late.
import { ioError } from '../../src/base/errors/gateway-error.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import type { ConnectorContext } from '../../src/contract/context.ts';
import type { SinkData } from '../../src/contract/sink.ts';
import type { Row } from '../../src/data/value.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface Received {
  atMs: number;
  rows: Row[];
  /** The gateway was not told that it was taken. */
  indefinite: boolean;
  /** Life of the gateway that sent it. */
  life: number;
}

export interface PeerFaults {
  /** Nobody is there: opening fails, and what is open is lost. */
  away: boolean;
  /** Takes nothing and does not answer. */
  hangs: boolean;
  /** Takes rows and loses the connection before it says so. */
  lossy: boolean;
  slowMs: number;
}

export interface SinkConnection {
  readonly process: Process;
  fail(error: Error): void;
  /** Rejects what is on its way. */
  readonly flying: Set<(error: Error) => void>;
  /** Rows arrive in their order. */
  arrivesAtMs: number;
  readonly arrivals: (() => void)[];
}

export class SinkPeer {
  readonly name: string;
  readonly received: Received[] = [];
  readonly faults: PeerFaults = { away: false, hangs: false, lossy: false, slowMs: 0 };
  /** Rows with these ids are refused for good. */
  readonly refuses = new Set<number>();
  readonly refused: number[] = [];
  /** Values of `n` in refused rows. */
  readonly refusedCounts: number[] = [];
  readonly open = new Set<SinkConnection>();
  calls = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The gateway is gone. */
  forget(process: Process): void {
    for (const c of [...this.open]) if (c.process === process) this.open.delete(c);
  }

  /** The connection is lost; what is on its way has no answer. */
  cut(): void {
    for (const c of [...this.open]) {
      this.open.delete(c);
      for (const reject of [...c.flying]) reject(ioError('the connection was lost'));
      c.flying.clear();
      c.fail(ioError('the connection was lost'));
    }
  }
}

export class Peers {
  readonly sinks = new Map<string, SinkPeer>();
  readonly lookup = { slowMs: 0, away: false, calls: 0 };
  /** Version of the connector, as of a plugin. */
  version = 1;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  sink(name: string): SinkPeer {
    let s = this.sinks.get(name);
    if (!s) {
      s = new SinkPeer(name);
      this.sinks.set(name, s);
    }
    return s;
  }

  /** The connector as this life of the gateway has it: another object for each version. */
  connector(process: Process): ConnectorEntry {
    const { world } = this;
    const peerOf = (name: string) => this.sink(name);
    const { lookup } = this;
    return {
      name: 'sim',
      offers: ['sink', 'lookup'],
      load: async () => ({
        name: 'sim',
        sink: {
          kind: 'sink',
          name: 'sim',
          payload: 'rows',
          maxInFlight: 8,
          options: [],
          doc: '',
          create() {
            let peer = peerOf('?');
            let own: SinkConnection | undefined;
            return {
              configure(props) {
                peer = peerOf(String(props['to']));
              },
              open: (_ctx: ConnectorContext, fail) =>
                new Promise<void>((resolve, reject) => {
                  world.at(
                    world.between(1, 10),
                    () => {
                      if (peer.faults.away) return reject(ioError('nobody is there'));
                      own = { process, fail, flying: new Set(), arrivesAtMs: 0, arrivals: [] };
                      peer.open.add(own);
                      resolve();
                    },
                    process,
                  );
                }),
              collect(_ctx, data) {
                if (!process.puts('sink')) return new Promise(() => undefined);
                return take(world, process, peer, own, data);
              },
              close() {
                if (own) peer.open.delete(own);
                own = undefined;
              },
            };
          },
        },
        lookup: {
          kind: 'lookup',
          name: 'sim',
          options: [],
          doc: '',
          create: () => ({
            open: () => undefined,
            close: () => undefined,
            lookup: (_ctx, _fields, _keys, values) =>
              new Promise<Row[]>((resolve, reject) => {
                lookup.calls++;
                world.at(
                  world.between(1, 20) + lookup.slowMs,
                  () => {
                    if (lookup.away) reject(ioError('the table is away'));
                    else resolve([{ k: values[0] as never, name: `name-${String(values[0])}` }]);
                  },
                  process,
                );
              }),
          }),
        },
      }),
    };
  }
}

function take(world: World, process: Process, peer: SinkPeer, own: SinkConnection | undefined, data: SinkData): Promise<void> {
  peer.calls++;
  const rows = (Array.isArray(data) ? data : [data]) as Row[];
  if (!own || !peer.open.has(own)) return Promise.reject(ioError('not connected'));
  return new Promise<void>((resolve, reject) => {
    own.flying.add(reject);
    const calledAtMs = world.nowMs;
    const settle = (work: () => void) => {
      if (own.flying.delete(reject)) work();
    };
    const arrive = () => {
      const alive = process.alive && peer.open.has(own);
      if (!alive || !own.flying.has(reject)) {
        // the bytes were on the wire when their sender died
        if (!process.alive && own.flying.has(reject) && world.chance(0.5)) record(true);
        return;
      }
      const bad = rows.find((r) => peer.refuses.has(Number(r['id'])));
      if (bad) {
        // the whole item is refused
        for (const r of rows) {
          peer.refused.push(Number(r['id']));
          if (r['n'] !== undefined) peer.refusedCounts.push(Number(r['n']));
        }
        return settle(() => reject(new Error(`row ${String(bad['id'])} is not welcome`)));
      }
      const lost = peer.faults.lossy && world.chance(0.3);
      // after a second without an answer the gateway takes the other way
      const item = record(lost || world.nowMs - calledAtMs >= 900);
      if (lost) return peer.cut();
      world.at(world.between(0, 3), () => {
        if (!process.alive || !peer.open.has(own) || !own.flying.has(reject)) item.indefinite = true;
        settle(resolve);
      });
    };
    /** In order; while the peer hangs nothing arrives. */
    const next = (c: SinkConnection): void => {
      if (peer.faults.hangs && process.alive && peer.open.has(c)) world.at(100, () => next(c));
      else c.arrivals.shift()?.();
    };
    const record = (indefinite: boolean): Received => {
      const item: Received = { atMs: world.nowMs, rows, indefinite, life: process.number };
      peer.received.push(item);
      world.trace(`sink ${peer.name} took ${rows.map(textOf).join(' ')}${indefinite ? ' (no answer)' : ''}`);
      return item;
    };
    own.arrivals.push(arrive);
    own.arrivesAtMs = Math.max(own.arrivesAtMs, world.nowMs + world.between(1, 4) + peer.faults.slowMs);
    world.at(own.arrivesAtMs - world.nowMs, () => next(own));
  });
}

const textOf = (row: Row): string => JSON.stringify(row, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
