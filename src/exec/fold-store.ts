// Keeps accumulators instead of rows: for each pane of a window one set of groups. Memory is bounded by panes × groups. A window that
// does not overlap has one pane; a hopping window (or a count window with interval) has panes of the greatest common divisor of length
// and hop, which are merged when a window is sent.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { packRows, revive, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot } from '../windows/spec.ts';
import type { WindowStore } from '../windows/store.ts';
import type { Folder, Group } from './fold-group.ts';

interface Pane {
  from: number;
  groups: Map<string, Group>;
  /** A row that failed: the windows that hold it fail when they are sent, as they would with rows kept. */
  failure: unknown;
}

export interface FoldStoreSpec {
  folder: Folder;
  /** Size of a pane in positions; Infinity: one pane for all. */
  paneSize: number;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
}

interface SavedPane {
  from: number;
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
  const { folder, paneSize, keep, keepMeta } = spec;
  const single = paneSize === Number.POSITIVE_INFINITY;
  let panes: Pane[] = [];
  let origin = 0;

  const paneAt = (pos: number): Pane => {
    const last = panes[panes.length - 1];
    if (last && (single || pos < last.from + paneSize)) return last;
    const from = single ? pos : origin + Math.floor((pos - origin) / paneSize) * paneSize;
    const pane: Pane = { from, groups: new Map(), failure: undefined };
    panes.push(pane);
    return pane;
  };
  const combine = (parts: readonly Pane[]): Map<string, Group> => {
    if (parts.length <= 1) return parts[0]?.groups ?? new Map();
    const groups = new Map<string, Group>();
    for (const part of parts)
      for (const [key, group] of part.groups) {
        const earlier = groups.get(key);
        groups.set(key, earlier ? folder.merge(earlier, group) : group);
      }
    return groups;
  };
  const results = (parts: readonly Pane[], win: WindowRange): Tuple[] => {
    const groups = combine(parts);
    if (groups.size > 0) return Array.from(groups.values(), (g) => folder.result(g, win));
    const empty = folder.empty(win);
    return empty ? [empty] : [];
  };

  return {
    add(t, pos) {
      const pane = paneAt(pos);
      try {
        const key = folder.keyOf(t);
        let group = pane.groups.get(key);
        if (!group) {
          group = folder.newGroup(key, t);
          pane.groups.set(key, group);
        }
        folder.add(group, t);
      } catch (error) {
        pane.failure ??= error;
      }
    },
    emit(from, to, win) {
      const parts = single ? panes : panes.filter((p) => p.from >= from && p.from < to);
      const failed = parts.find((p) => p.failure !== undefined);
      if (failed) {
        fail(failed.failure);
        return;
      }
      let rows: Tuple[];
      try {
        rows = results(parts, win);
      } catch (error) {
        fail(error);
        return;
      }
      send(rows, win);
    },
    dropBefore(pos) {
      if (single) panes = [];
      else if (panes.length > 0 && panes[0]!.from < pos) panes = panes.filter((p) => p.from >= pos);
    },
    shift(deltaMs) {
      for (const p of panes) p.from += deltaMs;
    },
    setOrigin(pos) {
      origin = pos;
    },
    oldest: () => panes[0]?.from,
    save: (): SavedPane[] =>
      panes.map((p) => {
        const groups = [...p.groups.values()];
        return {
          from: p.from,
          keys: groups.map((g) => g.key),
          firsts: packRows(
            groups.map((g) => g.first),
            keep,
            keepMeta,
          ),
          // the states go on changing: what is saved must not
          states: groups.map((g) => structuredClone(g.states)),
          failure: p.failure === undefined ? undefined : String((p.failure as Error).message ?? p.failure),
        };
      }),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no panes');
      panes = (state as SavedPane[]).map((saved) => {
        const firsts = unpackRows(saved.firsts, keep);
        const groups = new Map<string, Group>();
        saved.keys.forEach((key, i) => {
          groups.set(key, { key, first: firsts[i]!, states: revive(saved.states[i]!) });
        });
        return { from: saved.from, groups, failure: saved.failure === undefined ? undefined : new Error(saved.failure) };
      });
    },
  };
}
