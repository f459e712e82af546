// What one open window holds of its rows: accumulators by group. Most windows of one key have one group, which then needs no table.
// Used by fold-store.ts and fold-single.ts through the work that they share, createFoldWork.
import { makeRoom } from '../base/budget.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Tuple, WindowRange } from '../data/tuple.ts';
import type { KeyRoom } from '../windows/key-room.ts';
import { packRows, revive, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot } from '../windows/spec.ts';
import type { TellFailure } from './failed-rows.ts';
import type { Folder, Group } from './fold-group.ts';

export class FoldContent {
  from = 0;
  to = 0;
  /** Rows folded so far: what results may cost. */
  rows = 0;
  /** A row that failed: the window fails when it is sent, as it would with rows kept. */
  failure: unknown = undefined;
  private one: Group | undefined = undefined;
  private more: Map<string, Group> | undefined = undefined;

  get size(): number {
    return this.more ? this.more.size : this.one ? 1 : 0;
  }

  group(key: string): Group | undefined {
    if (this.more) return this.more.get(key);
    return this.one?.key === key ? this.one : undefined;
  }

  /** @param group with a key that is not there yet */
  addGroup(group: Group): void {
    if (this.more) this.more.set(group.key, group);
    else if (this.one === undefined) this.one = group;
    else {
      this.more = new Map([
        [this.one.key, this.one],
        [group.key, group],
      ]);
      this.one = undefined;
    }
  }

  /** In order of their first rows. */
  groups(): Iterable<Group> {
    return this.more ? this.more.values() : this.one ? [this.one] : [];
  }

  clear(): void {
    this.rows = 0;
    this.failure = undefined;
    this.one = undefined;
    this.more = undefined;
  }
}

export interface FoldWorkSpec {
  folder: Folder;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
  /** Bounds the groups of a window; undefined where each store is that of one key. */
  room?: KeyRoom | undefined;
  /** Set for standard SQL: takes rows and groups that fail, the others go on. Undefined: the window fails when it is sent. */
  tell?: TellFailure | undefined;
}

export interface SavedWindow {
  from: number;
  to: number;
  keys: string[];
  firsts: unknown;
  states: unknown[][];
  failure: string | undefined;
}

/** What a store does with the windows that it holds; one for all stores of an operator. */
export interface FoldWork {
  readonly room: KeyRoom | undefined;
  add(w: FoldContent, t: Tuple): void;
  /** A row into all of these windows: it is told of once, however many it belongs to. */
  addToAll(windows: readonly FoldContent[], t: Tuple): void;
  /** Sends a window; undefined: one without rows. */
  emit(w: FoldContent | undefined, win: WindowRange): void;
  save(w: FoldContent): SavedWindow;
  load(saved: SavedWindow, into: FoldContent): void;
}

/** @param send gets the result rows of a window
 *  @param fail gets the failure of a window that cannot be computed */
export function createFoldWork(
  { folder, keep, keepMeta, room, tell }: FoldWorkSpec,
  send: (rows: Tuple[], win: WindowRange) => void,
  fail: (error: unknown) => void,
): FoldWork {
  /** @returns the failure of a row whose group would be one too many */
  const noRoom = (w: FoldContent, limit: KeyRoom): unknown => {
    try {
      limit.admit(w.size);
      limit.count(w.size + 1);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  /** @returns the failure of the row alone: all of them in standard SQL */
  const fold = (w: FoldContent, t: Tuple, key: string): unknown => {
    w.rows++;
    try {
      const known = w.group(key);
      if (known === undefined && room !== undefined) {
        const refusal = noRoom(w, room);
        if (refusal !== undefined) return refusal;
      }
      const group = known ?? folder.newGroup(key, t);
      folder.add(group, t);
      // a group of rows that all fail is none
      if (!known) w.addGroup(group);
    } catch (error) {
      if (tell) return error;
      w.failure ??= error;
    }
    return undefined;
  };
  const failed = (failure: unknown, t: Tuple): void => {
    if (tell) tell(failure, t, folder.shownKey(t));
    else fail(failure);
  };
  const results = (w: FoldContent | undefined, win: WindowRange): Tuple[] => {
    if (w) makeRoom(w.rows);
    if (w && w.size > 0) return folder.results(w.groups(), win, tell);
    const empty = folder.empty(win);
    return empty ? [empty] : [];
  };
  return {
    room,
    add(w, t) {
      let key: string;
      try {
        key = folder.keyOf(t);
      } catch (error) {
        if (tell) tell(error, t);
        else w.failure ??= error;
        return;
      }
      const failure = fold(w, t, key);
      if (failure !== undefined) failed(failure, t);
    },
    addToAll(windows, t) {
      let key: string;
      try {
        key = folder.keyOf(t);
      } catch (error) {
        if (tell) tell(error, t);
        else for (const w of windows) w.failure ??= error;
        return;
      }
      let failure: unknown;
      for (const w of windows) failure = fold(w, t, key) ?? failure;
      if (failure !== undefined) failed(failure, t);
    },
    emit(w, win) {
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
    save(w) {
      const groups = [...w.groups()];
      return {
        from: w.from,
        to: w.to,
        keys: groups.map((g) => g.key),
        firsts: packRows(
          groups.map((g) => g.first),
          keep,
          keepMeta,
        ),
        // the states go on changing: what is saved must not; one copy of all costs half of a copy for each
        states: structuredClone(groups.map((g) => g.states)),
        failure: w.failure === undefined ? undefined : messageOf(w.failure),
      };
    },
    load(saved, into) {
      const firsts = unpackRows(saved.firsts, keep);
      into.from = saved.from;
      into.to = saved.to;
      saved.keys.forEach((key, i) => {
        const first = firsts[i];
        if (first === undefined) throw new Error('a group has no first row');
        into.addGroup({ key, first, states: revive(saved.states[i] ?? []) });
      });
      into.rows = into.size;
      into.failure = saved.failure === undefined ? undefined : new Error(saved.failure);
    },
  };
}
