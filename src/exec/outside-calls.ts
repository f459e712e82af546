// Calls of functions that run outside of the gateway's process: the answer comes later, so the row waits, and its operator is run again when it
// is there. What was answered stands in the row's journal, so the second run takes the same way and goes on where the first one stopped; what
// has effects inside (random(), state of other functions) is in the journal too and happens once. So order, CASE, AND and OR, nesting and
// errors are those of an ordinary evaluation: it is one. Next: outside-stage.ts, which runs an operator so.
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr, OutsideCalls, OutsidePlace } from '../contract/function.ts';
import type { Value } from '../data/value.ts';

/** One answered call, or one effect that has happened, in order of evaluation. */
interface Entry {
  readonly place: object;
  readonly value: Value;
  readonly error: unknown;
}

export interface Request {
  readonly place: OutsidePlace;
  readonly args: unknown[];
}

/** What is known of one row (or collection) on its way through one operator. */
export interface Journal {
  entries: Entry[];
  cursor: number;
  /** The call that it waits for; undefined while it waits for rows before it. */
  request: Request | undefined;
  /** Place in `entries` that the answer takes; what stands behind it were parts of its arguments. */
  start: number;
  /** Places that it has come to. */
  readonly reached: Set<object>;
  /** True when a place may be called for this row now: rows before it have been there. */
  mayReach(place: object): boolean;
}

export interface OutsideCallsOfRule extends OutsideCalls {
  /** Whose turn it is. */
  current: Journal | undefined;
  /** The run of the operator came to a call without an answer; whatever it does until it ends is void. */
  suspended: boolean;
  /** Makes an effect happen once per row, however often the operator is run. */
  once(expr: Expr): Expr;
}

/** Thrown through an operator that must be run again; no error of the row. */
export const SUSPENDED = new Error('a call outside of the gateway has no answer yet');

export function answer(j: Journal, value: Value, error: unknown): void {
  j.entries.length = j.start;
  j.entries.push({ place: j.request!.place, value, error });
  j.request = undefined;
}

export function createOutsideCalls(): OutsideCallsOfRule {
  /** The entry that stands here, when the place has one. */
  const known = (j: Journal, place: object): Entry | undefined => {
    const e = j.entries[j.cursor];
    if (e?.place !== place) return undefined;
    j.cursor++;
    return e;
  };
  const stop = (): never => {
    own.suspended = true;
    throw SUSPENDED;
  };
  const own: OutsideCallsOfRule = {
    current: undefined,
    suspended: false,
    call(place, argsOf) {
      const j = own.current;
      if (!j)
        throw rowError(
          `call func ${place.name} error: it runs outside of the gateway and cannot be used in this place; \`kuiper plugin trust\` lets it run inside`,
        );
      if (own.suspended) throw SUSPENDED;
      const e = known(j, place);
      if (e) {
        if (e.error !== undefined) throw e.error;
        return e.value;
      }
      const start = j.cursor;
      const args = argsOf();
      if (own.suspended) throw SUSPENDED;
      if (!j.mayReach(place)) return stop();
      j.reached.add(place);
      j.start = start;
      j.request = { place, args };
      return stop();
    },
    once(expr) {
      const place = {};
      return (t) => {
        const j = own.current;
        if (!j) return expr(t);
        if (own.suspended) throw SUSPENDED;
        const e = known(j, place);
        if (e) {
          if (e.error !== undefined) throw e.error;
          return e.value;
        }
        if (!j.mayReach(place)) return stop();
        j.reached.add(place);
        const start = j.cursor;
        const done = (value: Value, error: unknown) => {
          j.entries.length = start;
          j.entries.push({ place, value, error });
          j.cursor = start + 1;
        };
        let value: Value;
        try {
          value = expr(t);
        } catch (error) {
          if (own.suspended) throw SUSPENDED;
          done(undefined, error);
          throw error;
        }
        if (own.suspended) throw SUSPENDED;
        done(value, undefined);
        return value;
      };
    },
  };
  return own;
}
