// What acc_sum, acc_avg, acc_max, acc_min and acc_count share: running values over the rule's life, or between two conditions. Not a
// function itself.
import { rowError } from '../../base/errors/gateway-error.ts';
import { type AnalyticDefinition, defineAnalytic, type Example, inStandard, param } from '../../contract/function.ts';
import type { StaticType, Value } from '../../data/value.ts';
import { checkNumber, type ExactTotal, emptyExactTotal } from '../aggregate/exact-total.ts';

/** Plain data. */
export interface Acc {
  /** Values that were taken since the last reset. */
  count: number;
  /** Sum, largest or smallest of them. */
  value: number;
  /** With conditions: begin was true and reset was not yet. */
  begun: boolean;
}

interface AccFunction {
  name: string;
  returns: StaticType;
  doc: string;
  examples: readonly Example[];
  /** A null is an error instead of being ignored. */
  nullFails: boolean;
  /** Values of any type are taken (acc_count). */
  anyType?: true;
  add(acc: Acc, x: number): void;
  result(acc: Acc): Value;
  /** Standard SQL: ints are exact, nulls are ignored, and what has no value yet is null. */
  standard: {
    doc: string;
    examples: readonly Example[];
    /** @param v a number; any value for acc_count */
    add(acc: ExactAcc, v: Value): void;
    result(acc: ExactAcc): Value;
  };
}

/** Plain data. */
export interface ExactAcc {
  count: number;
  total: ExactTotal;
  /** Largest or smallest. */
  best: Value;
  begun: boolean;
}

const countText = (found: number): string => `Expect 1/3 arguments but found ${found}.`;

function boolArg(v: Value, name: string): boolean {
  if (typeof v === 'boolean') return v;
  throw rowError(`${name} should be boolean`);
}

/** With three arguments: taking starts with the row on which begin is true; the row on which reset is true is the last one that is taken, and
 *  its result stands until the next row, which starts from nothing. */
export const defineAcc = (f: AccFunction): AnalyticDefinition<Acc> => {
  const take = (acc: Acc, v: Value): void => {
    if (v == null && !f.nullFails) return;
    if (typeof v !== 'number' && typeof v !== 'bigint' && !f.anyType) throw rowError('the value should be number');
    f.add(acc, f.anyType ? 0 : Number(v));
    acc.count++;
  };
  const own = defineAnalytic<Acc>({
    name: f.name,
    group: 'analytic',
    since: '0.1.0',
    params: [param('v', 'any'), param('begin', 'any', { optional: true }), param('reset', 'any', { optional: true })],
    countText,
    validate: (args) => {
      if (args.length === 2) throw new Error(countText(2));
    },
    returns: f.returns,
    doc: `${f.doc} With begin and reset: over the rows from begin being true up to reset being true.`,
    examples: f.examples,
    init: () => ({ count: 0, value: 0, begun: false }),
    next(box, args, valid) {
      const acc = box.state;
      if (args.length < 3) {
        if (valid) take(acc, args[0]);
        return f.result(acc);
      }
      const begin = boolArg(args[1], 'onBegin');
      const reset = boolArg(args[2], 'onReset');
      if (!acc.begun) {
        acc.count = 0;
        acc.value = 0;
      }
      if (begin) acc.begun = true;
      if (acc.begun && valid) take(acc, args[0]);
      if (reset) acc.begun = false;
      return f.result(acc);
    },
  });
  return inStandard<AnalyticDefinition<any>>(own, {
    doc: `${f.standard.doc} With begin and reset: over the rows from begin being true up to reset being true; a null condition is false.`,
    examples: f.standard.examples,
    returns: f.anyType ? 'bigint' : 'unknown',
    init: (): ExactAcc => ({ count: 0, total: emptyExactTotal(), best: null, begun: false }),
    next(box: { state: ExactAcc }, args, valid) {
      const acc = box.state;
      const takeExactly = (v: Value): void => {
        if (v == null) return;
        if (!f.anyType) checkNumber(f.name, v);
        f.standard.add(acc, v);
        acc.count++;
      };
      if (args.length < 3) {
        if (valid) takeExactly(args[0]);
        return f.standard.result(acc);
      }
      const begin = args[1] != null && boolArg(args[1], 'onBegin');
      const reset = args[2] != null && boolArg(args[2], 'onReset');
      if (!acc.begun) {
        acc.count = 0;
        acc.total = emptyExactTotal();
        acc.best = null;
      }
      if (begin) acc.begun = true;
      if (acc.begun && valid) takeExactly(args[0]);
      if (reset) acc.begun = false;
      return f.standard.result(acc);
    },
  });
};
