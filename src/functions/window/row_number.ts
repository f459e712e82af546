// SQL row_number() [OVER ([PARTITION BY …] [ORDER BY …])]. Partitions and order are the operator's (exec/window-function.ts).
import { defineWindowFunction } from '../../contract/function.ts';

export const rowNumber = defineWindowFunction({
  name: 'row_number',
  group: 'window',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Number of the row in its window or partition, from 1; 1 for a single row. Only in SELECT, once per query.',
  examples: [['row_number()', 1n]],
  over: (index) => BigInt(index + 1),
});
