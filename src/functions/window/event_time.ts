// SQL event_time().
import { defineWindowFunction } from '../../contract/function.ts';

export const eventTime = defineWindowFunction({
  name: 'event_time',
  group: 'window',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Timestamp of the row, epoch milliseconds: its event time or arrival; for aggregates the end of the window, or the first row of the group.',
  examples: [['event_time() >= 0', true]],
  compile: () => (row) => BigInt(Math.trunc(row.tsMs)),
});
