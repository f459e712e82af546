// `kuiper show history`: series of the historian with their latest values, and how full it is.
import type { HistoryState, SeriesInfo } from '../../contract/history.ts';
import type { Command } from '../command.ts';
import { safe } from '../table.ts';
import { cell } from './query.ts';

export const showHistory: Command = {
  name: 'show history',
  usage: 'show history',
  doc: 'List the series of the historian with their latest values.',
  async run(context) {
    context.show(await context.client.call('GET', '/history'), {
      table: ({ series }: HistoryState & { series: SeriesInfo[] }) => ({
        head: ['SERIES', 'FIELD', 'LATEST', 'AT'],
        rows: series.flatMap((s) =>
          Object.entries(s.fields).map(([field, last]) => [
            safe(s.series),
            safe(field),
            cell(last?.value),
            last ? new Date(last.atMs).toISOString() : '',
          ]),
        ),
      }),
    });
  },
};
