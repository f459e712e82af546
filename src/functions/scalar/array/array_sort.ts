// SQL array_sort(arr).
import { reserveArray } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { formatV, spendSort } from '../../../data/go-format.ts';
import { compareText } from '../../../data/text.ts';
import type { Value } from '../../../data/value.ts';

export const arraySort = defineScalar({
  name: 'array_sort',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('arr', 'array')],
  returns: 'array',
  doc: 'Copy of arr in ascending order of the elements as text: 10 comes before 9.',
  examples: [
    ['array_sort(array_create(3, "b", 1, "a"))', [1n, 3n, 'a', 'b']],
    ['array_sort(a)', [10, 9], { a: [9, 10] }],
    ['array_sort(a)', [null, true], { a: [true, null] }],
    ['array_sort(a)', null, { a: null }],
    ['array_sort(a)', { error: 'array elements should be array' }, { a: 'str' }],
  ],
  exec: (arr: Value) => {
    if (!Array.isArray(arr)) throw rowError('array elements should be array');
    if (arr.length > 16) {
      spendSort(arr.length * 2);
      reserveArray(arr.length * 4);
    }
    return arr
      .map((element) => ({ element, text: formatV(element) }))
      .sort((a, b) => compareText(a.text, b.text))
      .map((e) => e.element);
  },
});
