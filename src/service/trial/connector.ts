// The two ends of a trial rule: a source that plays mock data, and a sink that hands results to the hub. Their names hold a character
// that no user's name may have, so no stream or rule can choose them.
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { Sink, Source } from '../../contract/index.ts';
import { parseDurationMs } from '../../contract/props.ts';
import type { Row } from '../../data/value.ts';
import type { TrialHub } from './hub.ts';

export const TRIAL = '$trial';

/** Mock data of one stream: rows, pause between them, whether they begin anew. */
export interface MockData {
  rows: readonly Row[];
  intervalMs: number;
  loop: boolean;
}

export function trialConnector(hub: TrialHub): ConnectorEntry {
  return {
    name: TRIAL,
    offers: ['source', 'sink'],
    load: async () => ({
      name: TRIAL,
      source: {
        kind: 'source',
        name: TRIAL,
        payload: 'rows',
        shareable: false,
        options: [{ name: 'mock', type: 'any', doc: 'Its data.' }],
        doc: 'Mock data of a trial rule.',
        create: createMockSource,
      },
      sink: {
        kind: 'sink',
        name: TRIAL,
        payload: 'bytes',
        maxInFlight: 1,
        options: [{ name: 'trialId', type: 'string', doc: 'Where results go.' }],
        doc: 'Results of a trial rule.',
        create: () => createTrialSink(hub),
      },
    }),
  };
}

function createMockSource(): Source {
  let mock: MockData = { rows: [], intervalMs: 1000, loop: false };
  let closed = false;
  return {
    configure(_datasource, props) {
      mock = props['mock'] as MockData;
    },
    open(ctx, emit, fail) {
      closed = false;
      const play = async () => {
        do {
          for (const row of mock.rows) {
            await ctx.clock.sleep(mock.intervalMs, ctx.signal);
            if (closed) return;
            await emit({ ...row });
          }
        } while (mock.loop && mock.rows.length > 0);
      };
      play().catch((error: unknown) => {
        if (!ctx.signal.aborted && !closed) fail(error as Error);
      });
    },
    close() {
      closed = true;
    },
  };
}

function createTrialSink(hub: TrialHub): Sink {
  let id = '';
  return {
    configure(props) {
      id = String(props['trialId']);
    },
    open: (ctx) => ctx.status('connected'),
    collect(_ctx, data) {
      hub.publish(id, typeof data === 'string' ? data : data instanceof Uint8Array ? new TextDecoder().decode(data) : JSON.stringify(data));
    },
    close: () => undefined,
  };
}

/** @param value `mockSource.<stream>` of the request  @throws Error naming the wrong member */
export function parseMockData(stream: string, value: unknown): MockData {
  const raw = (value ?? {}) as { data?: unknown; interval?: unknown; loop?: unknown };
  if (typeof raw !== 'object' || Array.isArray(raw)) throw new Error(`mockSource.${stream}: expected {data, interval, loop}`);
  const rows = raw.data ?? [];
  if (!Array.isArray(rows) || rows.some((r) => typeof r !== 'object' || r === null))
    throw new Error(`mockSource.${stream}.data: expected a list of objects`);
  return {
    rows: rows as Row[],
    intervalMs: Math.max(0, raw.interval === undefined ? 1000 : parseDurationMs(raw.interval)),
    loop: raw.loop === true,
  };
}
