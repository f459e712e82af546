// SQL string_agg(expr [, separator]).
import { reserveText } from '../../base/budget.ts';
import { defineAggregate, param } from '../../contract/function.ts';
import { toTextAlways } from '../../data/cast.ts';
import type { Value } from '../../data/value.ts';

interface Joined {
  text: string | null;
}

export const stringAgg = defineAggregate<Joined>({
  name: 'string_agg',
  aliases: ['group_concat'],
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any'), param('separator', 'string', { optional: true })],
  returns: 'string',
  doc: 'The texts of all values in a row, with the separator (a comma) between them; nulls are left out. Null without a value.',
  examples: [
    ['string_agg(a, "; ")', 'x', { a: 'x' }],
    ['string_agg(a)', '2.5', { a: 2.5 }],
    ['string_agg(a)', null, { a: null }],
  ],
  init: () => ({ text: null }),
  add: (state, v: Value, separator: Value = ',') => {
    if (v == null) return state;
    const piece = typeof v === 'number' ? String(v) : toTextAlways(v);
    const text: string = state.text === null ? piece : state.text + toTextAlways(separator) + piece;
    reserveText(piece.length);
    state.text = text;
    return state;
  },
  result: (state) => state.text,
});
