// What percentile_cont and percentile_disc share: the list of values and the share p. Not a function itself.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { type AggregateDefinition, defineAggregate, type Example, inStandard, param } from '../../contract/function.ts';
import { toFloat } from '../../data/cast.ts';
import { describe, spendSort } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';
import { numberParam, refuseConditions } from './number-param.ts';

/** Plain data. */
interface Values {
  rows: number;
  list: number[];
  /** The second argument: its first value that is not null. */
  p: Value;
  error?: string;
}

export const outOfRange = (): Error => rowError('percentile exec with error: Input is outside of range.');

interface Percentile {
  name: string;
  doc: string;
  examples: readonly Example[];
  /** @param sorted at least one value  @param p share, 0..1 (not checked) */
  pick(sorted: Float64Array, p: number): number;
}

export const definePercentile = ({ pick, ...about }: Percentile): AggregateDefinition<Values> =>
  inStandard(
    defineAggregate<Values>({
      ...about,
      group: 'aggregate',
      since: '0.1.0',
      params: [numberParam, param('p', 'number')],
      validate: refuseConditions,
      returns: 'float',
      init: () => ({ rows: 0, list: [], p: null }),
      add: (state, v: Value, p: Value) => {
        state.rows++;
        state.p ??= p;
        if (v == null || state.error !== undefined) return state;
        try {
          state.list.push(toFloat(v, 'sameKind'));
        } catch (error) {
          state.error = `requires float64 slice: ${messageOf(error)}`; // thrown by result: the whole window fails
        }
        return state;
      },
      result: (state) => {
        if (state.rows === 0) return null;
        const { p } = state;
        if (typeof p !== 'number' && typeof p !== 'bigint')
          throw rowError(`the second parameter requires float64 but found ${describe(p)}`);
        if (state.error !== undefined) throw rowError(state.error);
        spendSort(state.list.length / 2);
        return state.list.length === 0 ? null : pick(Float64Array.from(state.list).sort(), Number(p));
      },
    }),
    {
      // a value that is no number is refused when it comes, and costs its row
      check: (v: Value) => checkNumber(about.name, v),
      add: (state: Values, v: Value, p: Value) => {
        checkNumber(about.name, v);
        state.rows++;
        state.p ??= p;
        if (v != null && !Number.isNaN(Number(v))) state.list.push(Number(v));
        return state;
      },
      merge: (a: Values, b: Values) => ({ rows: a.rows + b.rows, list: [...a.list, ...b.list], p: a.p ?? b.p }),
      examples: about.examples.map((e) =>
        typeof e[1] === 'object' && e[1] !== null && 'error' in e[1] && e[1].error === 'requires float64 slice'
          ? [e[0], { error: 'found invalid arg string(x)' }, e[2]!]
          : e,
      ),
    } as Partial<AggregateDefinition<Values>>,
  );
