// Subscribers of a subscription that take the same tuples: those on arrival time, and those on event time. Rules with an index conjunct
// are found through rule-index.ts, all others get every row. Used by source-node.ts.
import type { Tuple } from '../../data/tuple.ts';
import type { Subscriber } from '../ports.ts';
import { createRuleIndex } from './rule-index.ts';

export interface Lane {
  readonly size: number;
  /** @param acquire slot of a column; held by the lane until `remove` gives it back */
  add(s: Subscriber, acquire: (column: string) => number): void;
  remove(s: Subscriber, release: (column: string) => void): void;
  dispatch(t: Tuple): void;
}

export function createLane(): Lane {
  const index = createRuleIndex<Subscriber>();
  const held = new Map<Subscriber, string[]>();
  // replaced as a whole on each change: a dispatch under way walks the list it began with
  let every: readonly Subscriber[] = [];
  const lane = {
    size: 0,
    add(s: Subscriber, acquire: (column: string) => number) {
      const columns: string[] = [];
      const slotOf = (column: string) => {
        columns.push(column);
        return acquire(column);
      };
      // event time: every row moves the watermark, so none may be kept away
      if (s.eventTime || s.index.length === 0 || !index.add(s, s.index, slotOf)) every = [...every, s];
      held.set(s, columns);
      lane.size++;
    },
    remove(s: Subscriber, release: (column: string) => void) {
      const columns = held.get(s);
      if (!columns) return;
      held.delete(s);
      index.remove(s);
      if (every.includes(s)) every = every.filter((other) => other !== s);
      columns.forEach(release);
      lane.size--;
    },
    dispatch(t: Tuple) {
      const list = every;
      for (let i = 0; i < list.length; i++) list[i]!.push(t);
      if (index.size > 0) index.dispatch(t);
    },
  };
  return lane;
}
