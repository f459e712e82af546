// SQL median(expr).
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { type AggregateDefinition, defineAggregate, inStandard } from '../../contract/function.ts';
import { toFloat, toInt64 } from '../../data/cast.ts';
import { brief, spendSort } from '../../data/go-format.ts';
import { type Value, wrapInt64 } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';
import { addNumber, interpolated, joinNumbers, sorted } from './number-list.ts';
import { numberParam, refuseConditions } from './number-param.ts';

/** Plain data. */
interface Numbers {
  rows: number;
  ints: bigint[] | undefined;
  floats: number[] | undefined;
  error?: string;
}

function add(state: Numbers, v: Value): Numbers {
  if (state.error !== undefined) return state;
  if (state.rows++ === 0) {
    if (typeof v === 'number') state.floats = [];
    else if (typeof v === 'bigint') state.ints = [];
    else state.error = `${brief(v)} should be number`;
  }
  try {
    if (state.ints) state.ints.push(toInt64(v, 'sameKind'));
    else if (state.floats && v != null) state.floats.push(toFloat(v, 'sameKind'));
  } catch (error) {
    state.error = messageOf(error); // thrown by result: the whole window fails
  }
  return state;
}

const floatMiddle = (a: number, b: number): number => (a + b) / 2;

export const median = inStandard(
  defineAggregate<Numbers>({
    name: 'median',
    group: 'aggregate',
    since: '0.1.0',
    params: [numberParam],
    validate: refuseConditions,
    returns: 'unknown',
    doc:
      'Middle value; of an even number of values the mean of the two in the middle, as a float. The first value says the type and must not be ' +
      'null; later nulls are ignored among floats and an error among ints. Null for an empty window.',
    examples: [
      ['median(a)', 5, { a: 5 }],
      ['median(a)', 5n, { a: 5n }],
      ['median(a)', { error: '<nil> should be number' }, { a: null }],
      ['median(a)', { error: 'x should be number' }, { a: 'x' }],
    ],
    init: () => ({ rows: 0, ints: undefined, floats: undefined }),
    add,
    result: (state) => {
      if (state.error !== undefined) throw rowError(state.error);
      spendSort((state.ints ?? state.floats ?? []).length / 2);
      if (state.ints) {
        const sorted = BigInt64Array.from(state.ints).sort();
        const half = sorted.length >> 1;
        return sorted.length % 2 === 1 ? sorted[half]! : Number(wrapInt64(sorted[half - 1]! + sorted[half]!)) / 2;
      }
      if (!state.floats) return null;
      const sorted = Float64Array.from(state.floats).sort();
      const half = sorted.length >> 1;
      return sorted.length % 2 === 1 ? sorted[half]! : floatMiddle(sorted[half - 1]!, sorted[half]!);
    },
  }),
  {
    returns: 'float',
    doc: 'Middle value, a float; of an even number of values the mean of the two in the middle. Nulls are ignored; null without values.',
    examples: [
      ['median(a)', 5, { a: 5 }],
      ['median(a)', 5, { a: 5n }],
      ['median(a)', null, { a: null }],
      ['median(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
    ],
    init: () => [],
    check: (v: Value) => checkNumber('median', v),
    add: addNumber('median'),
    merge: joinNumbers,
    result: (list: number[]) => (list.length === 0 ? null : interpolated(sorted(list), 0.5)),
  } as Partial<AggregateDefinition>,
);
