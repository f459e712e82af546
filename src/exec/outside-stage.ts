// Runs an operator whose expressions call functions outside of the gateway's process: rows wait for their answers without holding up the event
// loop, rows of one turn share one way there and back, and everything goes on in order. An operator is run on a copy of its input with its
// output kept back; when a call has no answer yet, the run is thrown away and done again when the answer is there (outside-calls.ts).
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { Collection, Debt, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { answer, type Journal, type OutsideCallsOfRule } from './outside-calls.ts';
import { inOrder, type Stage } from './outside-order.ts';
import { type Emitter, isEmitter } from './project.ts';

interface Item {
  readonly row: Tuple | undefined;
  readonly collection: Collection | undefined;
  readonly journal: Journal;
  /** What its run has sent on; undefined: it has not come to its end. */
  output: (() => void)[] | undefined;
  touched: boolean;
  /** Given when its messages are held and the host knows of it. */
  debt: Debt | undefined;
  /** Everything before it, watermarks too, goes on first. */
  readonly mark: (() => void) | undefined;
}

/** All stages of a program: they wait for each other when rows must go through one by one. */
export interface OutsideLane {
  readonly calls: OutsideCallsOfRule;
  /** One plugin is called at several places: its calls keep the order of the rows across all of them. */
  readonly oneByOne: boolean;
  readonly stages: Stage[];
}

export interface OutsideStageSpec {
  /** A private copy of a row: the operator keeps values in it, which must not be there in its next run. */
  copy(t: Tuple): Tuple;
  /** The operator's own state follows the rows: one is at its end before the next one begins. */
  keepsState?: boolean;
  make(host: ProgramHost, next: Operator): Operator;
}

export function createOutsideStage(
  spec: OutsideStageSpec,
  lane: OutsideLane,
  host: ProgramHost,
  stats: OperatorStats,
  next: Operator,
): Operator {
  const { calls } = lane;
  // made from the sinks upwards: those that are there already follow this one
  const below = lane.stages.slice();
  let items: Item[] = [];
  let closed = false;
  let pumping = false;
  let pumpAgain = false;
  let current: Item | undefined;

  // -------------------------------------------------------------------------------------------- what the operator sees of the world
  const keep = (work: () => void): void => {
    if (current) current.output!.push(work);
    else work();
  };
  const innerHost: ProgramHost = {
    ruleId: host.ruleId,
    clock: host.clock,
    log: host.log,
    env: host.env,
    emit: (result) => keep(() => host.emit(result)),
    exception(s, error, failed) {
      if (!calls.suspended) keep(() => inOrder(below, () => host.exception(s, error, failed)));
    },
    touch() {
      if (current) current.touched = true;
      else host.touch();
    },
    begin: () => host.begin(),
    resume: (debt) => host.resume(debt),
    end: (debt) => host.end(debt),
    stats: (name) => host.stats(name),
    scanTable: (name) => host.scanTable(name),
    lookupTable: (name) => host.lookupTable(name),
  };
  const innerNext: Operator & Partial<Emitter> = {
    stats: next.stats,
    row: (t) => keep(() => next.row(t)),
    rows: (c) => keep(() => next.rows(c)),
    ...(next.watermark && { watermark: (tsMs: number) => keep(() => next.watermark!(tsMs)) }),
    ...(isEmitter(next) && { emit: (...args: Parameters<Emitter['emit']>) => keep(() => (next as Operator & Emitter).emit(...args)) }),
  };
  const op = spec.make(innerHost, innerNext);

  // ----------------------------------------------------------------------------------------------------------------------- one run
  /** @returns true when the item has come to its end */
  const run = (item: Item): boolean => {
    const { journal } = item;
    const { recordsIn, recordsOut } = stats;
    item.output = [];
    const touchedBefore = item.touched;
    journal.cursor = 0;
    calls.suspended = false;
    calls.current = journal;
    current = item;
    try {
      if (item.row) op.row(spec.copy(item.row));
      else op.rows({ rows: item.collection!.rows.map(spec.copy), win: item.collection!.win });
    } catch (error) {
      // an operator hands failures of rows to the host; anything else is the program's fault, and its owner must know
      if (!calls.suspended) throw error;
    } finally {
      calls.current = undefined;
      current = undefined;
    }
    if (!calls.suspended) return true;
    calls.suspended = false;
    item.output = undefined;
    item.touched = touchedBefore;
    stats.recordsIn = recordsIn;
    stats.recordsOut = recordsOut;
    return false;
  };
  const ask = (item: Item): void => {
    const { request } = item.journal;
    request!.place.ask(request!.args, (value: Value, error: unknown, changedState: boolean) => {
      if (closed) return;
      if (changedState) item.touched = true;
      answer(item.journal, value, error);
      wake();
    });
  };

  // ------------------------------------------------------------------------------------------------------------------ the queue
  const mayReach = (item: Item) => (place: object) => {
    if (lane.oneByOne) {
      const mine = lane.stages.indexOf(stage);
      return items[0] === item && lane.stages.every((s, i) => i <= mine || !s.busy);
    }
    for (const before of items) {
      if (before === item) return true;
      if (before.output !== undefined || before.mark) continue;
      // a collection may come to a place many times; a row does once
      if (before.collection || !before.journal.reached.has(place)) return false;
    }
    return true;
  };
  const newItem = (row: Tuple | undefined, collection: Collection | undefined, mark?: () => void): Item => {
    const item: Item = {
      row,
      collection,
      mark,
      output: undefined,
      touched: false,
      debt: undefined,
      journal: { entries: [], cursor: 0, request: undefined, start: 0, reached: new Set(), mayReach: (place) => mayReach(item)(place) },
    };
    return item;
  };
  const acksOf = (item: Item) => (item.row ? [item.row] : (item.collection?.rows ?? []));
  const hold = (item: Item): void => {
    for (const t of acksOf(item)) t.ack?.retain();
    item.debt = host.begin();
    stats.bufferLength = items.length;
  };
  const letGo = (item: Item): void => {
    for (const t of acksOf(item)) t.ack?.release();
    host.end(item.debt!);
    stats.bufferLength = items.length;
  };
  const send = (item: Item): void => {
    if (item.touched) host.touch();
    for (const work of item.output!) work();
    item.mark?.();
  };
  /** Sends on what is at its end, in order. */
  const flush = (): void => {
    while (items.length > 0 && (items[0]!.output !== undefined || items[0]!.mark)) {
      const item = items.shift()!;
      item.output ??= [];
      try {
        if (item.debt) host.resume(item.debt);
        if (host.later) host.later(item.row, () => send(item));
        else send(item);
      } finally {
        if (item.debt) letGo(item);
      }
    }
  };
  const wake = (): void => {
    if (pumping) {
      pumpAgain = true;
      return;
    }
    pumping = true;
    const hadWork = items.length > 0;
    try {
      do {
        pumpAgain = false;
        for (const item of items) {
          if (closed) return;
          if (item.output !== undefined || item.mark) continue;
          if (item.journal.request) {
            if (spec.keepsState) break;
            continue;
          }
          if (run(item)) continue;
          if (item.journal.request) ask(item);
          if (spec.keepsState) break;
        }
        const before = items.length;
        flush();
        // who waited for the ones that went may go on
        if (items.length < before && items.length > 0) pumpAgain = true;
      } while (pumpAgain);
    } finally {
      pumping = false;
    }
    // rows before this stage may go on when nothing is in it any more
    if (lane.oneByOne && hadWork && items.length === 0) for (const s of lane.stages) if (s !== stage && s.busy) s.wake();
  };
  const take = (item: Item): void => {
    if (items.length === 0 && !lane.oneByOne) {
      items.push(item);
      if (run(item)) {
        // no call outside on its way: nothing waits
        items.pop();
        send(item);
        return;
      }
      hold(item);
      if (item.journal.request) ask(item);
      return;
    }
    items.push(item);
    hold(item);
    wake();
  };

  const behind = (work: () => void): void => {
    const item = newItem(undefined, undefined, work);
    items.push(item);
    hold(item);
  };
  const stage: Stage = {
    get busy() {
      return items.length > 0;
    },
    wake,
    behind,
  };
  // made from the sinks upwards: the first is the nearest to the sources
  lane.stages.unshift(stage);

  return {
    stats,
    row: (t) => take(newItem(t, undefined)),
    rows: (c) => take(newItem(undefined, c)),
    ...(op.save && { save: () => op.save!() }),
    ...(op.load && { load: (state: unknown) => op.load!(state) }),
    start: () => op.start?.(),
    ...((op.watermark ?? next.watermark) && {
      watermark(tsMs: number) {
        const pass = () => (op.watermark ? op.watermark(tsMs) : next.watermark!(tsMs));
        if (items.length === 0) pass();
        else behind(pass);
      },
    }),
    end: () => op.end?.(),
    close() {
      closed = true;
      const left = items;
      items = [];
      for (const item of left) if (item.debt) letGo(item);
      op.close?.();
    },
  };
}
