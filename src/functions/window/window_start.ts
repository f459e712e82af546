// SQL window_start().
import { defineWindowFunction } from '../../contract/function.ts';

export const windowStart = defineWindowFunction({
  name: 'window_start',
  group: 'window',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Start of the window, epoch milliseconds; null outside a window.',
  examples: [['window_start()', null]],
  compile: () => (row) => (row.win ? BigInt(Math.trunc(row.win.startMs)) : null),
});
