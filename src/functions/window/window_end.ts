// SQL window_end().
import { defineWindowFunction } from '../../contract/function.ts';

export const windowEnd = defineWindowFunction({
  name: 'window_end',
  group: 'window',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'End of the window, epoch milliseconds; null outside a window.',
  examples: [['window_end()', null]],
  compile: () => (row) => (row.win ? BigInt(Math.trunc(row.win.endMs)) : null),
});
