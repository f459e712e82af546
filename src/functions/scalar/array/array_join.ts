// SQL array_join(arr, delimiter[, nullReplacement]).
import { reserveText, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toText } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayJoin = defineScalar({
  name: 'array_join',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('arr', 'array'), param('delimiter', 'any'), param('nullReplacement', 'any', { optional: true })],
  countText: (found) => `Expect two or three arguments but found ${found}.`,
  returns: 'string',
  doc: 'Joins the elements as text with the delimiter between them; nulls are skipped unless a replacement is given.',
  examples: [
    ['array_join(a, ",", "nil")', 'a,b,nil', { a: ['a', 'b', null] }],
    ['array_join(a, "")', '1.5trueq', { a: [1.5, true, 'q', null] }],
    ['array_join(a, ",")', '1000000,[1 2]', { a: [1e6, [1, 2]] }],
    ['array_join(a, ",")', null, { a: null }],
    ['array_join(a, 1)', { error: 'second argument should be string' }, { a: ['x'] }],
  ],
  exec: (arr: Value, delimiter: Value, nullReplacement: Value = '') => {
    const array = arrayArg(arr, 'first');
    if (typeof delimiter !== 'string') throw rowError('second argument should be string');
    if (typeof nullReplacement !== 'string') throw rowError('third argument should be string');
    const texts: string[] = [];
    let units = 0;
    spend(array.length * 2);
    for (const e of array) {
      const text = e == null ? nullReplacement : toText(e, 'all');
      if (e == null && text === '') continue;
      units += text.length + delimiter.length;
      texts.push(text);
    }
    if (units > 256) reserveText(units);
    return texts.join(delimiter);
  },
});
