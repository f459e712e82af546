// ASOF JOIN: keeps the newest row of the right side per key, and gives it to each row of the left side that comes after it. In event time the watermark before
// sorts both sides, so "after" is by the times of the rows, equal times included; else by arrival. What is kept is in the checkpoint, and counts as keys
// (options maxKeys, keyTTL). Made by compile/operators/as-of.ts.
import type { Expr } from '../contract/function.ts';
import { addToGroupKey } from '../data/group-key.ts';
import type { Tuple } from '../data/tuple.ts';
import { createKeyRoom } from '../windows/key-room.ts';
import { packRows, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot, KeyLimits } from '../windows/spec.ts';
import { StaleKeys } from '../windows/stale-keys.ts';
import { operatorError } from './errors.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface AsOfSpec {
  /** Slots that mark rows of the left side. */
  left: readonly number[];
  /** Slot that marks rows of the right side. */
  right: number;
  /** All slots of the right side. */
  slots: readonly number[];
  leftKeys: readonly Expr[];
  rightKeys: readonly Expr[];
  rest: Expr | undefined;
  outer: boolean;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
  keyLimits: KeyLimits | undefined;
  eventTime: boolean;
}

interface Saved {
  keys: string[];
  rows: unknown;
  seen?: unknown;
}

const PREFIX = 'run Join error: ';

export function createAsOfJoin(spec: AsOfSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const { left, right, slots, rest, outer, keep, keepMeta } = spec;
  const room = createKeyRoom(spec.keyLimits, stats);
  const stale = room.ttlMs > 0 ? new StaleKeys(host.clock, room.ttlMs, spec.eventTime) : undefined;
  let newest = new Map<string, Tuple>();

  /** @returns undefined when a key is null: it equals nothing */
  const keyOf = (keys: readonly Expr[], t: Tuple): string | undefined => {
    let key = '';
    for (const k of keys) {
      const v = k(t);
      if (v == null) return undefined;
      key = addToGroupKey(key, v);
    }
    return key;
  };
  const drop = (key: string): void => {
    if (newest.delete(key)) room.forgotten();
  };
  const remember = (t: Tuple): void => {
    const key = keyOf(spec.rightKeys, t);
    if (key === undefined) return;
    stale?.forget(t.tsMs, drop);
    const before = newest.get(key);
    if (before === undefined) room.admit(newest.size);
    else if (before.tsMs > t.tsMs) return;
    newest.set(key, t);
    stale?.note(key, t.tsMs);
    room.count(newest.size);
    host.touch();
  };
  /** @returns false when there is no row for it */
  const complete = (t: Tuple): boolean => {
    const key = keyOf(spec.leftKeys, t);
    stale?.forget(t.tsMs, drop);
    const found = key === undefined ? undefined : newest.get(key);
    if (found === undefined) return false;
    for (const slot of slots) t.cols[slot] = found.cols[slot];
    if (rest === undefined || rest(t) === true) return true;
    for (const slot of slots) t.cols[slot] = undefined;
    return false;
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      try {
        if (left.some((mark) => t.cols[mark] === true)) {
          if (!complete(t) && !outer) return;
        } else if (t.cols[right] === true) {
          remember(t);
          return;
        }
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      stats.recordsOut++;
      next.row(t);
    },
    rows() {
      throw new Error('ASOF JOIN stands before every window');
    },
    save: (): Saved => ({
      keys: [...newest.keys()],
      rows: packRows([...newest.values()], keep, keepMeta),
      ...(stale && { seen: stale.save() }),
    }),
    load(state) {
      const { keys, rows, seen } = state as Saved;
      const tuples = unpackRows(rows, keep);
      newest = new Map(keys.map((key, i) => [key, tuples[i]!]));
      room.count(newest.size);
      stale?.load(seen, newest.keys());
    },
  };
}
