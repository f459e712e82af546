// SQL lead(expr[, offset[, default]]) [OVER ([PARTITION BY …] [ORDER BY …])].
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineWindowFunction, param } from '../../contract/function.ts';
import { brief } from '../../data/go-format.ts';

export const lead = defineWindowFunction({
  name: 'lead',
  group: 'window',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any'), param('offset', 'any', { optional: true }), param('default', 'any', { optional: true })],
  returns: 'unknown',
  doc: 'Value of expr so many rows later (default 1) in the window or partition, or the default (null) where there is none; a single row has none after it. Only in SELECT, once per query.',
  examples: [
    ['lead(a)', null, { a: 5 }],
    ['lead(a, 1, 7)', 7n, { a: 5 }],
  ],
  over: (index, rows, [expr, offset, otherwise]) => {
    const row = rows[index]!;
    const by = offset ? Number(offset(row)) : 1;
    if (!Number.isInteger(by) || by < 0) throw rowError(`the offset of lead must be a whole number from 0, but is ${brief(offset?.(row))}`);
    const later = rows[index + by];
    return later ? expr!(later) : (otherwise?.(row) ?? null);
  },
});
