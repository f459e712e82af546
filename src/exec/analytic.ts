// Analytic functions (lag, latest, changed_col, acc_*): computed for every row, in order, before WHERE. State per PARTITION key, plain
// data, saved with the rule's checkpoint; how many keys there may be, and for how long: windows/key-room.ts. Results go into slots of the row, which is private to the rule by then.
import { inFunction } from '../base/budget.ts';
import type { AnalyticDefinition, CallSite, Expr } from '../contract/function.ts';
import { formatV } from '../data/go-format.ts';
import { addToGroupKey } from '../data/group-key.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { createKeyRoom, type KeyRoom } from '../windows/key-room.ts';
import { revive } from '../windows/row-codec.ts';
import type { KeyLimits } from '../windows/spec.ts';
import { StaleKeys } from '../windows/stale-keys.ts';
import { type FailedRows, failureTeller, type TellFailure } from './failed-rows.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface AnalyticCall {
  /** Key of the state; does not depend on slots. */
  key: string;
  def: AnalyticDefinition;
  site: CallSite;
  args: readonly Expr[];
  partitionBy: readonly Expr[];
  when: Expr | undefined;
  slot: number;
}

type Box = { state: unknown };

/** How a state was before. */
interface Undo {
  boxes: Map<string, Box>;
  key: string;
  box: Box | undefined;
}

/** @param calls inner calls first */
export function createAnalytic(
  calls: readonly AnalyticCall[],
  host: ProgramHost,
  stats: OperatorStats,
  next: Downstream,
  isSuspended?: () => boolean,
  failed?: FailedRows,
  keyLimits?: KeyLimits,
  eventTime = false,
): Operator {
  const tell = failed && failureTeller(failed, '', host, stats);
  const undo: Undo[] | undefined = isSuspended && [];
  const room = createKeyRoom(keyLimits, stats);
  const staleKeys = () => (room.ttlMs > 0 ? new StaleKeys(host.clock, room.ttlMs, eventTime) : undefined);
  const runners = calls.map((c, i) =>
    createRunner(c, undo, failed !== undefined, i === 0 ? room : { ...room, forgotten: () => undefined }, staleKeys),
  );
  const keyed = runners.filter((r) => r.call.partitionBy.length > 0);
  /** Calls mostly have the same keys. */
  const countKeys = (): void => {
    let keys = 0;
    for (const r of keyed) if (r.boxes.size > keys) keys = r.boxes.size;
    room.count(keys);
  };
  const run = (t: Tuple): void => {
    for (const r of runners) t.cols[r.call.slot] = r.next(t) ?? null;
    if (keyed.length > 0) countKeys();
  };
  const ranOrTold = (t: Tuple, failure: TellFailure): boolean => {
    try {
      run(t);
      return true;
    } catch (error) {
      failure(error, t);
      return false;
    }
  };
  /** A run that waits for a call outside of the gateway is done again: what it changed until then is put back. */
  const takeBack = (): void => {
    if (!undo) return;
    if (isSuspended!()) for (const { boxes, key, box } of undo.reverse()) box ? boxes.set(key, box) : boxes.delete(key);
    undo.length = 0;
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      host.touch();
      try {
        run(t);
      } catch (error) {
        if (tell) tell(error, t);
        else host.exception(stats, error);
        return;
      } finally {
        takeBack();
      }
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      stats.recordsIn++;
      host.touch();
      let rows = c.rows;
      try {
        if (tell) rows = rows.filter((t) => ranOrTold(t, tell));
        else for (const t of rows) run(t);
      } catch (error) {
        host.exception(stats, error);
        return;
      } finally {
        takeBack();
      }
      stats.recordsOut++;
      next.rows(rows === c.rows ? c : { rows, win: c.win });
    },
    save: () =>
      Object.fromEntries(
        runners.flatMap((r): [string, unknown][] => [
          [r.call.key, r.boxes],
          ...(r.stale ? [[seenKey(r), r.stale.save()] as [string, unknown]] : []),
        ]),
      ),
    load(state) {
      if (typeof state !== 'object' || state === null) return;
      for (const r of runners) {
        const saved = (state as Record<string, unknown>)[r.call.key];
        if (saved instanceof Map) for (const [key, box] of saved as Map<string, Box>) r.boxes.set(key, revive(box));
        r.stale?.load((state as Record<string, unknown>)[seenKey(r)], r.boxes.keys());
      }
      countKeys();
    },
  };
}

/** Where the times of its keys stand in the state. */
const seenKey = (r: Pick<Runner, 'call'>): string => `${r.call.key} seen`;

interface Runner {
  readonly call: AnalyticCall;
  readonly boxes: Map<string, Box>;
  /** There where keys are forgotten. */
  readonly stale: StaleKeys | undefined;
  next(t: Tuple): Value;
}

/** Keys as version 0.1.0 made them, but for a comma inside of several values: there it made one key of two. */
const ekuiperKey = (key: string, v: Value): string => `${key}${formatV(v).replaceAll(',', COMMA)},`;
const ekuiperKeyOfOne = (_key: string, v: Value): string => `${formatV(v)},`;
const COMMA = '\u0001';

function createRunner(
  call: AnalyticCall,
  undo: Undo[] | undefined,
  standard: boolean,
  room: KeyRoom,
  staleKeys: () => StaleKeys | undefined,
): Runner {
  const { def, site, args, partitionBy, when } = call;
  const append = standard ? addToGroupKey : partitionBy.length === 1 ? ekuiperKeyOfOne : ekuiperKey;
  const boxes = new Map<string, Box>();
  const boxOf = (key: string): Box => {
    let box = boxes.get(key);
    undo?.push({ boxes, key, box: box && { state: structuredClone(box.state) } });
    if (!box) {
      if (partitionBy.length > 0) room.admit(boxes.size);
      boxes.set(key, (box = { state: def.init(site) }));
    }
    return box;
  };
  const stale = partitionBy.length > 0 ? staleKeys() : undefined;
  const drop = (key: string): void => {
    if (boxes.delete(key)) room.forgotten();
  };
  return {
    call,
    boxes,
    stale,
    next(t) {
      const values: Value[] = new Array(args.length);
      for (let i = 0; i < args.length; i++) values[i] = args[i]!(t);
      // with sqlCompatibility ekuiper a condition that is no bool counts as true; in SQL unknown is not true
      const valid = when ? (standard ? when(t) === true : when(t) !== false) : true;
      let key = 'self';
      if (partitionBy.length > 0) {
        key = '';
        for (const p of partitionBy) key = append(key, p(t));
      }
      try {
        stale?.forget(t.tsMs, drop);
        const box = boxOf(key);
        stale?.note(key, t.tsMs);
        return def.next(box, values, valid, site, t.tsMs);
      } catch (error) {
        throw inFunction(error, site.name);
      }
    },
  };
}
