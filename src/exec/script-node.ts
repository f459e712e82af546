// A node of a graph whose work is a script: a row and its metadata go in, a row comes out, or nothing. With `isAgg` it is the rows of a collection.
// What a script keeps in variables is kept until the rule starts again. Made by service/rules/rule-plan.ts as one node of a chain (node-chain.ts).
import { rowError } from '../base/errors/gateway-error.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import { newOperatorStats, type RuleProgram } from './operator.ts';

/** A running script. @throws rowError */
export interface ScriptCalls {
  call(args: readonly Value[]): Value;
}

/** @param open makes a running script of its own for the rule */
export function scriptProgram(open: (ruleId: string) => ScriptCalls, isAgg: boolean): RuleProgram {
  return {
    inputs: [{ source: 'rows', emitter: 'rows', kind: 'stream', columns: [], all: true }],
    lookups: [],
    stateful: false,
    eventTime: false,
    index: [],
    operators: [],
    fingerprints: {},
    start(host, slotOf) {
      const script = open(host.ruleId);
      const star = slotOf(0, '*');
      const stats = newOperatorStats('script');
      const rowOf = (t: Tuple): Value => t.cols[star] ?? {};
      const give = (rows: Row[], t: Tuple | undefined) => {
        if (t && rows.length > 0) host.emit({ rows, acks: t.ack ? [t.ack] : [], meta: t.meta, tsMs: t.tsMs });
      };
      /** A failure costs this row or collection only. */
      const tried = (work: () => void) => {
        try {
          work();
        } catch (error) {
          host.exception(stats, error);
        }
      };
      return {
        push: (_input, t) =>
          tried(() => {
            const given = script.call([rowOf(t), { ...t.meta }]);
            give(given === null || given === undefined ? [] : [rowGiven(given)], t);
          }),
        ...(isAgg && {
          collect: (tuples: Tuple[]) =>
            tried(() => {
              const given = script.call([tuples.map(rowOf)]);
              if (!Array.isArray(given)) throw rowError('script: exec must return a list of objects (isAgg)');
              give(given.map(rowGiven), tuples[0]);
            }),
        }),
        save: () => ({}),
        load: () => undefined,
        begin: () => undefined,
        end: () => undefined,
        close: () => undefined,
      };
    },
  };
}

function rowGiven(value: Value): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.getPrototypeOf(value) !== Object.prototype)
    throw rowError('script: exec must return an object, or nothing to leave the row out');
  return value as Row;
}
