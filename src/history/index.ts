// The historian of the box: a sink and a lookup table `history`, plots and queries over REST (docs/connectors/history.md). Its parts are loaded and its file is
// opened when somebody needs it. Made by daemon/gateway.ts. Next: box.ts.
import type { Clock } from '../base/clock.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { Historian, HistoryState } from '../contract/history.ts';
import type { Store } from '../store/index.ts';
import type { Box, HistorySettings } from './box.ts';
import type { Reading } from './read.ts';
import type { Reader } from './reader.ts';

export type { HistorySettings } from './box.ts';

export interface HistorianDeps {
  store: Pick<Store, 'history'>;
  clock: Clock;
  log: Log;
  settings: HistorySettings;
}

interface Open {
  box: Box;
  reading: Reading;
  path: string;
}

export function createHistorian({ store, clock, log, settings }: HistorianDeps): Historian {
  let opening: Promise<Open> | undefined;
  let current: Open | undefined;
  let reader: Promise<Reader> | undefined;
  let closed = false;

  const forgetReader = () => {
    const old = reader;
    reader = undefined;
    void old
      ?.then((r) => r.close())
      .catch((error: unknown) => log.debug({ cause: messageOf(error) }, 'Closing the reader of the historian failed.'));
  };
  const begin = async (): Promise<Open> => {
    const { Box } = await import('./box.ts');
    const { Reading } = await import('./read.ts');
    const { openReader } = await import('./reader.ts');
    let path = '';
    const box = new Box({
      clock,
      log,
      settings,
      store(opened) {
        // the reader of a file that was put aside would go on to read that
        const found = store.history(async (raw) => {
          forgetReader();
          await opened(raw);
        });
        path = found.path;
        return found;
      },
    });
    await box.open();
    const shared = () =>
      (reader ??= openReader(path).catch((error: unknown) => {
        reader = undefined;
        throw error;
      }));
    current = { box, reading: new Reading(box, shared), path };
    return current;
  };
  const open = (): Promise<Open> => {
    if (closed) return Promise.reject(rowError('the historian is closed'));
    opening ??= begin().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const nothing: HistoryState = {
    usedBytes: 0,
    maxBytes: settings.maxBytes,
    valuesFromMs: 0,
    minutesFromMs: 0,
    hoursFromMs: 0,
    expired: { values: 0, minutes: 0, hours: 0 },
    discarded: { values: 0, minutes: 0, hours: 0 },
    problem: '',
  };
  return {
    open: async () => void (await open()),
    append(row) {
      if (!current) throw rowError('the historian is not open');
      return current.box.append(row);
    },
    series: async () => (await open()).box.names.info(),
    plot: async (request) => (await open()).reading.plot(request),
    span: async (series, fromMs, toMs) => (await open()).reading.span(series, fromMs, toMs),
    last: async (series, atMs, maxAgeMs) => (await open()).reading.last(series, atMs, maxAgeMs),
    async query(sql, limits) {
      const { path } = await open();
      const { runQuery } = await import('./query.ts');
      return runQuery(path, sql, limits);
    },
    remove: async (series) => (await open()).box.remove(series),
    state: () => current?.box.state() ?? nothing,
    async close() {
      closed = true;
      await opening
        ?.then(({ box }) => box.close())
        .catch((error: unknown) => log.warn({ cause: messageOf(error) }, 'The historian was not open at the stop.'));
      await reader
        ?.then((r) => r.close())
        .catch((error: unknown) => log.debug({ cause: messageOf(error) }, 'Closing the reader of the historian failed.'));
    },
  };
}
