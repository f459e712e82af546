// Keeps accumulators instead of rows: for each open window one set of groups, so that memory does not grow with the number of rows.
// A row is folded into every window that it belongs to, in order of arrival: each window sees the very sequence that it would see with
// rows kept, and gives the same answer to the last digit (sums of panes would not). Rows of overlapping windows cost one fold per
// window either way: with rows kept they are folded at the end instead.
import { makeRoom } from '../base/budget.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Tuple, WindowRange } from '../data/tuple.ts';
import type { WindowCalendar } from '../windows/calendar.ts';
import type { KeyRoom } from '../windows/key-room.ts';
import { packRows, revive, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot } from '../windows/spec.ts';
import type { WindowStore } from '../windows/store.ts';
import type { TellFailure } from './failed-rows.ts';
import type { Folder, Group } from './fold-group.ts';

interface OpenWindow {
  from: number;
  to: number;
  groups: Map<string, Group>;
  /** Rows folded so far: what results may cost. */
  rows: number;
  /** A row that failed: the window fails when it is sent, as it would with rows kept. */
  failure: unknown;
}

export interface Overlap {
  length: number;
  step: number;
  calendar?: WindowCalendar;
}

export interface FoldStoreSpec {
  folder: Folder;
  /** Windows span `length` positions and follow each other every `step`, or as the calendar has it; undefined: one window at a time,
   *  whatever its bounds. */
  overlap?: Overlap;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
  /** Bounds the groups of a window; undefined where each store is that of one key. */
  room?: KeyRoom | undefined;
  /** Set for standard SQL: takes rows and groups that fail, the others go on. Undefined: the window fails when it is sent. */
  tell?: TellFailure | undefined;
}

interface SavedWindow {
  from: number;
  to: number;
  keys: string[];
  firsts: unknown;
  states: unknown[][];
  failure: string | undefined;
}

/** @param send gets the result rows of a window
 *  @param fail gets the failure of a window that cannot be computed */
export function createFoldStore(
  spec: FoldStoreSpec,
  send: (rows: Tuple[], win: WindowRange) => void,
  fail: (error: unknown) => void,
): WindowStore {
  const { folder, overlap, keep, keepMeta, tell, room } = spec;
  /** Ascending. */
  let open: OpenWindow[] = [];
  let origin = 0;
  /** Windows of the positions from `low` up to `high`. */
  let current: OpenWindow[] = [];
  let low = 0;
  let high = Number.NEGATIVE_INFINITY;

  const windowAt = (from: number, to: number): OpenWindow => {
    const known = open.find((w) => w.from === from);
    if (known) return known;
    const w: OpenWindow = { from, to, groups: new Map(), rows: 0, failure: undefined };
    open.push(w);
    return w;
  };
  /** Opens the windows that hold the position, and remembers them until the position leaves the first or enters the next one. */
  const locate = (pos: number): void => {
    if (!overlap) {
      current = [open[0] ?? windowAt(pos, pos)];
      low = Number.NEGATIVE_INFINITY;
      high = Number.POSITIVE_INFINITY;
      return;
    }
    const { length, step, calendar } = overlap;
    if (calendar) return locateIn(calendar, pos);
    const firstTo = origin + (Math.floor((pos - origin) / step) + 1) * step;
    current = [];
    let to = firstTo;
    for (; to - length <= pos; to += step) current.push(windowAt(to - length, to));
    low = pos;
    high = Math.min(firstTo, to - length);
  };
  const locateIn = (calendar: WindowCalendar, pos: number): void => {
    current = [];
    low = pos;
    let to = calendar.next(pos);
    high = to;
    for (let from = calendar.start(to); from <= pos; from = calendar.start(to)) {
      current.push(windowAt(from, to));
      to = calendar.next(to);
    }
    high = Math.min(high, calendar.start(to));
  };
  const forgetPosition = (): void => {
    high = Number.NEGATIVE_INFINITY;
  };
  /** @returns the failure of a row whose group would be one too many */
  const noRoom = (w: OpenWindow, limit: KeyRoom): unknown => {
    try {
      limit.admit(w.groups.size);
      limit.count(w.groups.size + 1);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  /** @returns the failure of the row alone: all of them in standard SQL */
  const fold = (w: OpenWindow, t: Tuple, key: string): unknown => {
    w.rows++;
    try {
      const known = w.groups.get(key);
      if (known === undefined && room !== undefined) {
        const refusal = noRoom(w, room);
        if (refusal !== undefined) return refusal;
      }
      const group = known ?? folder.newGroup(key, t);
      folder.add(group, t);
      // a group of rows that all fail is none
      if (!known) w.groups.set(key, group);
    } catch (error) {
      if (tell) return error;
      w.failure ??= error;
    }
    return undefined;
  };
  const results = (w: OpenWindow | undefined, win: WindowRange): Tuple[] => {
    if (w) makeRoom(w.rows);
    if (w && w.groups.size > 0) return folder.results(w.groups.values(), win, tell);
    const empty = folder.empty(win);
    return empty ? [empty] : [];
  };

  return {
    add(t, pos) {
      if (pos >= high || pos < low) locate(pos);
      let key: string;
      try {
        key = folder.keyOf(t);
      } catch (error) {
        if (tell) tell(error, t);
        else for (const w of current) w.failure ??= error;
        return;
      }
      let failure: unknown;
      for (let i = 0; i < current.length; i++) failure = fold(current[i]!, t, key) ?? failure;
      // once, however many windows it belongs to
      if (failure === undefined) return;
      if (tell) tell(failure, t, folder.shownKey(t));
      else fail(failure);
    },
    emit(_from, to, win) {
      const w = overlap ? open.find((o) => o.to === to) : open[0];
      if (w?.failure !== undefined) {
        fail(w.failure);
        return;
      }
      let rows: Tuple[];
      try {
        rows = results(w, win);
      } catch (error) {
        fail(error);
        return;
      }
      send(rows, win);
    },
    dropBefore(pos) {
      if (!overlap) open = [];
      else if (open.length > 0 && open[0]!.from < pos) open = open.filter((w) => w.from >= pos);
      else return;
      room?.count(open.at(-1)?.groups.size ?? 0);
      forgetPosition();
    },
    shift(deltaMs) {
      for (const w of open) {
        w.from += deltaMs;
        w.to += deltaMs;
      }
      forgetPosition();
    },
    setOrigin(pos) {
      origin = pos;
      forgetPosition();
      if (!overlap) return;
      // windows that are open when the marks move end at the next mark
      const { calendar } = overlap;
      for (const w of open) {
        if (calendar) {
          w.to = calendar.next(w.to - 1);
          w.from = calendar.start(w.to);
          continue;
        }
        const behind = (((pos - w.to) % overlap.step) + overlap.step) % overlap.step;
        w.from += behind;
        w.to += behind;
      }
    },
    oldest: () => open[0]?.from,
    save: (): SavedWindow[] =>
      open.map((w) => {
        const groups = [...w.groups.values()];
        return {
          from: w.from,
          to: w.to,
          keys: groups.map((g) => g.key),
          firsts: packRows(
            groups.map((g) => g.first),
            keep,
            keepMeta,
          ),
          // the states go on changing: what is saved must not
          states: groups.map((g) => structuredClone(g.states)),
          failure: w.failure === undefined ? undefined : messageOf(w.failure),
        };
      }),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no windows');
      open = (state as SavedWindow[]).map((saved) => {
        const firsts = unpackRows(saved.firsts, keep);
        const groups = new Map<string, Group>();
        saved.keys.forEach((key, i) => {
          groups.set(key, { key, first: firsts[i]!, states: revive(saved.states[i]!) });
        });
        return {
          from: saved.from,
          to: saved.to,
          groups,
          rows: groups.size,
          failure: saved.failure === undefined ? undefined : new Error(saved.failure),
        };
      });
      forgetPosition();
    },
  };
}
