// SQL window_trigger().
import { defineWindowFunction } from '../../contract/function.ts';

export const windowTrigger = defineWindowFunction({
  name: 'window_trigger',
  group: 'window',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Moment at which the window fired, epoch milliseconds; differs from its end for delayed sliding windows that are sent twice. Null outside a window.',
  examples: [['window_trigger()', null]],
  compile: () => (row) => (row.win ? BigInt(Math.trunc(row.win.triggerMs)) : null),
});
