// Functions of time (silent_for, held_for, latch …): computed for every row, in order, and again when a moment comes at which one of them changes
// by itself. Then the rule goes on with the key's last row, in which only these functions have new values: what stands before them (lag, acc_*) has
// seen the row already. State per key: its last row and the functions' states, in the checkpoint with the moments themselves. Processing time runs on
// the monotonic clock, so that setting the clock changes no span; over a restart it goes on with the wall clock. What is due at the moment of a row
// goes before the row. Why: docs/adr/0122-rules-that-fire-without-a-message.md.
import { inFunction } from '../base/budget.ts';
import type { TimerHandle } from '../base/clock.ts';
import type { AnalyticDefinition, CallSite, Expr } from '../contract/function.ts';
import { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { Due, DueHeap } from '../windows/due-heap.ts';
import { createKeyRoom } from '../windows/key-room.ts';
import { packRows, revive, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot, KeyLimits } from '../windows/spec.ts';
import type { Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface TimerCall {
  /** Key of the state; does not depend on slots. */
  key: string;
  def: AnalyticDefinition;
  site: CallSite;
  args: readonly Expr[];
  /** An argument reads another function of time: it is evaluated when that one changes. */
  follows: boolean;
  when: Expr | undefined;
  slot: number;
}

/** Calls with the same PARTITION BY: they share keys and rows. */
export interface TimerGroup {
  keyOf(t: Tuple): string;
  /** Inner calls first. */
  calls: readonly TimerCall[];
}

export interface TimersSpec {
  groups: readonly TimerGroup[];
  eventTime: boolean;
  /** Width of rows above. */
  width(): number;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
  keyLimits: KeyLimits | undefined;
}

interface Box {
  state: unknown;
}

/** What is kept of a key. */
class Entry extends Due {
  readonly group: number;
  readonly key: string;
  /** Its last row, as it came to this operator. */
  row: Tuple;
  /** Steady time of that row. */
  lastMs: number;
  readonly boxes: Box[];

  constructor(group: number, key: string, row: Tuple, lastMs: number, boxes: Box[]) {
    super();
    this.group = group;
    this.key = key;
    this.row = row;
    this.lastMs = lastMs;
    this.boxes = boxes;
  }
}

interface SavedGroup {
  calls: string[];
  keys: string[];
  lastMs: number[];
  states: unknown[][];
  rows: unknown;
}

interface Saved {
  /** Steady time at the save, and the wall clock less it. */
  nowMs: number;
  aheadMs: number;
  groups: SavedGroup[];
}

export function createTimers(spec: TimersSpec, host: ProgramHost, stats: OperatorStats, next: Operator): Operator {
  const { groups, eventTime, keep, keepMeta } = spec;
  const { clock } = host;
  const room = createKeyRoom(spec.keyLimits, stats);
  const entries = groups.map(() => new Map<string, Entry>());
  const dues = new DueHeap<Entry>();
  /** Steady time less the monotonic clock. */
  let originMs = clock.now() - clock.monotonic();
  let timer: TimerHandle | undefined;
  let armedMs = Number.POSITIVE_INFINITY;

  const steadyMs = (): number => Math.floor(clock.monotonic() + originMs);
  const count = (): number => entries.reduce((n, own) => n + own.size, 0);
  const dueOf = (e: Entry): number => {
    let least = Number.POSITIVE_INFINITY;
    const { calls } = groups[e.group]!;
    for (let i = 0; i < calls.length; i++)
      least = Math.min(least, calls[i]!.def.timer!.dueMs(e.boxes[i]!.state) ?? Number.POSITIVE_INFINITY);
    return least;
  };
  const compute = (call: TimerCall, box: Box, t: Tuple, valid: boolean, nowMs: number): Value => {
    const values: Value[] = new Array(call.args.length);
    for (let i = 0; i < values.length; i++) values[i] = call.args[i]!(t);
    try {
      return call.def.next(box, values, valid, call.site, nowMs);
    } catch (error) {
      throw inFunction(error, call.site.name);
    }
  };
  /** Values of a group's calls at a moment without a row. */
  const fireGroup = (e: Entry, t: Tuple, atMs: number, nowMs: number): void => {
    const { calls } = groups[e.group]!;
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i]!;
      const box = e.boxes[i]!;
      const part = call.def.timer!;
      let value = call.follows ? compute(call, box, t, true, atMs) : part.look(box.state);
      const dueMs = part.dueMs(box.state);
      if (dueMs !== undefined && dueMs <= atMs) value = part.fire(box, dueMs, nowMs);
      t.cols[call.slot] = value ?? null;
    }
  };
  const fire = (e: Entry, nowMs: number): void => {
    const atMs = dueOf(e);
    const { row } = e;
    const cols = row.cols.slice();
    while (cols.length < spec.width()) cols.push(undefined);
    const t = new Tuple(cols, eventTime ? atMs : atMs + Math.round(clock.now() - steadyMs()), row.meta);
    try {
      fireGroup(e, t, atMs, eventTime ? atMs : nowMs);
      groups.forEach((group, g) => {
        if (g !== e.group) lookAt(group, g, t);
      });
    } catch (error) {
      host.exception(stats, error);
      drop(e);
      return;
    }
    dues.set(e, dueOf(e));
    host.touch();
    stats.recordsOut++;
    next.row(t);
  };
  const lookAt = (group: TimerGroup, g: number, t: Tuple): void => {
    const other = entries[g]!.get(group.keyOf(t));
    group.calls.forEach((call, i) => {
      t.cols[call.slot] = call.def.timer!.look(other ? other.boxes[i]!.state : call.def.init(call.site)) ?? null;
    });
  };
  const drop = (e: Entry): void => {
    dues.remove(e);
    entries[e.group]!.delete(e.key);
    room.count(count());
  };
  /** Fires what is due at or before the moment, the earliest first. */
  const drain = (nowMs: number): void => {
    for (let e = dues.dueAt(nowMs); e !== undefined; e = dues.dueAt(nowMs)) fire(e, nowMs);
  };
  const arm = (): void => {
    if (eventTime) return;
    const nextMs = dues.next();
    if (nextMs === armedMs) return;
    clock.clear(timer);
    armedMs = nextMs;
    timer = undefined;
    if (nextMs === Number.POSITIVE_INFINITY) return;
    timer = clock.setTimer(Math.max(0, nextMs - (clock.monotonic() + originMs)), () => {
      armedMs = Number.POSITIVE_INFINITY;
      try {
        drain(steadyMs());
      } catch (error) {
        host.exception(stats, error);
      }
      arm();
    });
  };
  /** Keys without a row for longer than keyTTL; one that still waits for a moment stays. */
  const forgetStale = (nowMs: number): void => {
    for (const own of entries)
      for (const e of own.values()) {
        if (e.lastMs >= nowMs - room.ttlMs) break;
        if (dueOf(e) !== Number.POSITIVE_INFINITY) {
          e.lastMs = nowMs;
          own.delete(e.key);
          own.set(e.key, e);
          continue;
        }
        drop(e);
        room.forgotten();
      }
  };
  const entryOf = (g: number, key: string, t: Tuple, nowMs: number): Entry => {
    const own = entries[g]!;
    let e = own.get(key);
    if (e === undefined) {
      room.admit(count());
      const boxes = groups[g]!.calls.map((c) => ({ state: c.def.init(c.site) }));
      e = new Entry(g, key, t, nowMs, boxes);
      own.set(key, e);
      room.count(count());
    } else if (room.ttlMs > 0) {
      own.delete(key);
      own.set(key, e);
    }
    e.lastMs = nowMs;
    return e;
  };
  const take = (t: Tuple, nowMs: number): void => {
    for (let g = 0; g < groups.length; g++) {
      const { calls, keyOf } = groups[g]!;
      const e = entryOf(g, keyOf(t), t, nowMs);
      for (let i = 0; i < calls.length; i++) {
        const call = calls[i]!;
        // as for analytic functions, a condition that is not a bool counts as true
        const valid = call.when ? call.when(t) !== false : true;
        t.cols[call.slot] = compute(call, e.boxes[i]!, t, valid, nowMs) ?? null;
      }
      // operators above put values into the row: what is kept must be as it came
      e.row = new Tuple(t.cols.slice(), t.tsMs, keepMeta ? t.meta : undefined);
      dues.set(e, dueOf(e));
    }
  };

  return {
    stats,
    row(t) {
      stats.recordsIn++;
      const nowMs = eventTime ? t.tsMs : steadyMs();
      drain(nowMs);
      host.touch();
      try {
        if (room.ttlMs > 0) forgetStale(nowMs);
        take(t, nowMs);
      } catch (error) {
        host.exception(stats, error);
        return;
      } finally {
        arm();
      }
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      for (const t of c.rows) this.row(t);
    },
    ...(eventTime && {
      watermark(tsMs: number) {
        drain(tsMs);
        next.watermark?.(tsMs);
      },
    }),
    start() {
      if (!eventTime) drain(steadyMs());
      arm();
    },
    close() {
      clock.clear(timer);
    },
    save: (): Saved => ({
      nowMs: steadyMs(),
      aheadMs: clock.now() - steadyMs(),
      groups: groups.map(({ calls }, g) => {
        const own = [...entries[g]!.values()];
        return {
          calls: calls.map((c) => c.key),
          keys: own.map((e) => e.key),
          lastMs: own.map((e) => e.lastMs),
          states: calls.map((_, i) => own.map((e) => e.boxes[i]!.state)),
          rows: packRows(
            own.map((e) => e.row),
            keep,
            keepMeta,
          ),
        };
      }),
    }),
    load(state) {
      const saved = state as Saved;
      try {
        if (saved.groups.length !== groups.length) throw new Error(`state of ${saved.groups.length} groups, not ${groups.length}`);
        // time went on while the gateway was off; a clock that is behind the one that saved tells nothing of it
        originMs = Math.max(saved.nowMs, clock.now() - saved.aheadMs) - clock.monotonic();
        saved.groups.forEach((group, g) => {
          loadGroup(group, g);
        });
      } catch (error) {
        for (const own of entries) for (const e of [...own.values()]) drop(e);
        host.log.warn({ rule: host.ruleId, op: stats.name, error }, 'Saved state does not fit the timers; they start empty.');
      }
      room.count(count());
    },
  };

  function loadGroup(saved: SavedGroup, g: number): void {
    const { calls } = groups[g]!;
    const places = calls.map((c) => saved.calls.indexOf(c.key));
    const rows = unpackRows(saved.rows, keep);
    saved.keys.forEach((key, r) => {
      const boxes = calls.map((c, i): Box => ({ state: places[i]! < 0 ? c.def.init(c.site) : revive(saved.states[places[i]!]![r]) }));
      const e = new Entry(g, key, rows[r]!, saved.lastMs[r]!, boxes);
      entries[g]!.set(key, e);
      dues.set(e, dueOf(e));
    });
  }
}
