// Keeps accumulators instead of rows: for each open window one set of groups, so that memory does not grow with the number of rows.
// A row is folded into every window that it belongs to, in order of arrival: each window sees the very sequence that it would see with
// rows kept, and gives the same answer to the last digit (sums of panes would not). Rows of overlapping windows cost one fold per
// window either way: with rows kept they are folded at the end instead. What one window holds: fold-content.ts.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import type { WindowCalendar } from '../windows/calendar.ts';
import type { WindowStore } from '../windows/store.ts';
import { createFoldWork, FoldContent, type FoldWork, type FoldWorkSpec, type SavedWindow } from './fold-content.ts';
import { SingleFold } from './fold-single.ts';

export interface Overlap {
  length: number;
  step: number;
  calendar?: WindowCalendar;
}

export interface FoldStoreSpec extends FoldWorkSpec {
  /** Windows span `length` positions and follow each other every `step`, or as the calendar has it; undefined: one window at a time,
   *  whatever its bounds. */
  overlap?: Overlap;
}

/** @param send gets the result rows of a window
 *  @param fail gets the failure of a window that cannot be computed
 *  @returns makes stores: one, or one per key */
export function foldStores(
  spec: FoldStoreSpec,
  send: (rows: Tuple[], win: WindowRange) => void,
  fail: (error: unknown) => void,
): () => WindowStore {
  const work = createFoldWork(spec, send, fail);
  const { overlap } = spec;
  return overlap ? () => createOverlapping(overlap, work) : () => new SingleFold(work);
}

function createOverlapping(overlap: Overlap, work: FoldWork): WindowStore {
  const { length, step, calendar } = overlap;
  /** Ascending. */
  let open: FoldContent[] = [];
  let origin = 0;
  /** Windows of the positions from `low` up to `high`. */
  let current: FoldContent[] = [];
  let low = 0;
  let high = Number.NEGATIVE_INFINITY;

  const windowAt = (from: number, to: number): FoldContent => {
    const known = open.find((w) => w.from === from);
    if (known) return known;
    const w = new FoldContent();
    w.from = from;
    w.to = to;
    open.push(w);
    return w;
  };
  /** Opens the windows that hold the position, and remembers them until the position leaves the first or enters the next one. */
  const locate = (pos: number): void => {
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

  return {
    add(t, pos) {
      if (pos >= high || pos < low) locate(pos);
      work.addToAll(current, t);
    },
    emit(_from, to, win) {
      work.emit(
        open.find((o) => o.to === to),
        win,
      );
    },
    dropBefore(pos) {
      const [first] = open;
      if (first === undefined || first.from >= pos) return;
      open = open.filter((w) => w.from >= pos);
      work.room?.count(open.at(-1)?.size ?? 0);
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
      // windows that are open when the marks move end at the next mark
      for (const w of open) {
        if (calendar) {
          w.to = calendar.next(w.to - 1);
          w.from = calendar.start(w.to);
          continue;
        }
        const behind = (((pos - w.to) % step) + step) % step;
        w.from += behind;
        w.to += behind;
      }
    },
    oldest: () => open[0]?.from,
    save: (): SavedWindow[] => open.map((w) => work.save(w)),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no windows');
      open = (state as SavedWindow[]).map((saved) => {
        const w = new FoldContent();
        work.load(saved, w);
        return w;
      });
      forgetPosition();
    },
  };
}
