// Source that replays rows given in its properties, one per interval: for trials, tests and demos.
import { defineConnector } from '../../contract/connector.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import { EndOfInput } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';

const options: readonly OptionSpec[] = [
  { name: 'data', type: 'object[]', default: [{ temperature: 22.5, humidity: 50 }], doc: 'The rows.' },
  { name: 'interval', as: 'intervalMs', type: 'duration', default: 1000, min: 0, doc: 'Time between rows; the first comes at once.' },
  { name: 'loop', type: 'bool', default: false, doc: 'Begin again after the last row; otherwise the source ends.' },
];

interface SimulatorProps {
  data: Row[];
  intervalMs: number;
  loop: boolean;
}

export default defineConnector({
  name: 'simulator',
  source: {
    kind: 'source',
    name: 'simulator',
    payload: 'rows',
    shareable: false,
    options,
    doc: 'Replays rows from its configuration.',
    create() {
      let props: SimulatorProps;
      let next = 0;
      let stop: AbortController | undefined;
      return {
        configure(_datasource, raw) {
          props = parseOptions<SimulatorProps>('simulator source', options, raw);
        },
        open(ctx, emit, fail) {
          ctx.status('connected');
          stop = new AbortController();
          const signal = stop.signal;
          const run = async () => {
            while (!signal.aborted) {
              if (next >= props.data.length) {
                if (!props.loop || props.data.length === 0) {
                  fail(new EndOfInput());
                  return;
                }
                next = 0;
              }
              await emit({ ...props.data[next++]! });
              await ctx.clock.sleep(props.intervalMs, signal);
            }
          };
          run().catch((error) => {
            if (!signal.aborted) fail(error as Error);
          });
        },
        close() {
          stop?.abort(new Error('simulator closed'));
        },
        offset: () => next,
        rewind(offset) {
          if (typeof offset === 'number') next = offset;
        },
      };
    },
  },
  lookup: {
    kind: 'lookup',
    name: 'simulator',
    options,
    doc: 'Looks rows of its configuration up: a row matches when all keys are equal.',
    create() {
      let rows: Row[] = [];
      return {
        configure(_datasource, raw) {
          rows = parseOptions<SimulatorProps>('simulator lookup', options, raw).data;
        },
        open: () => undefined,
        lookup: (_ctx, fields, keys, values) =>
          rows
            .filter((row) => keys.every((k, i) => row[k] === values[i]))
            .map((row) => (fields.length ? Object.fromEntries(fields.filter((f) => f in row).map((f) => [f, row[f]])) : row)),
        close: () => undefined,
      };
    },
  },
});
