// Source random: one row of random whole numbers per interval, for trials. eKuiper's plugin of that name.
import { defineConnector } from '../../contract/connector.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';

/** Rows that deduplication without an end remembers at most. */
const MAX_REMEMBERED = 100_000;

const options: readonly OptionSpec[] = [
  { name: 'interval', as: 'intervalMs', type: 'duration', default: 1000, min: 1, doc: 'Time between rows; the first comes at once.' },
  {
    name: 'seed',
    type: 'int',
    required: true,
    min: 1,
    doc: 'Values lie from that of pattern up to seed - 1 above it.',
    error: 'source `random` property `seed` must be a positive integer but got {value}',
  },
  {
    name: 'pattern',
    type: 'map',
    required: true,
    doc: 'Columns, with the smallest value of each.',
    example: { count: 50 },
    error: 'source `random` property `pattern` is required',
  },
  {
    name: 'deduplicate',
    type: 'int',
    default: 0,
    max: 100_000,
    doc: 'A row that is equal to one of the last so many is left out; below 0: equal to any before (of the last 100,000).',
  },
];

interface RandomProps {
  intervalMs: number;
  seed: number;
  pattern: Record<string, unknown>;
  deduplicate: number;
}

/** @param random 0 ≤ x < 1 */
export function createRandomSource(random: () => number): Source {
  let props: RandomProps;
  /** Texts of the rows that were given, oldest first. */
  let given: string[] = [];
  let stop: AbortController | undefined;
  const next = (): Row =>
    Object.fromEntries(
      Object.entries(props.pattern).map(([name, from]) => [name, BigInt(from as number) + BigInt(Math.floor(random() * props.seed))]),
    );
  const isNew = (row: Row): boolean => {
    if (props.deduplicate === 0) return true;
    const text = JSON.stringify(Object.entries(row).map(([name, v]) => [name, String(v)]));
    if (given.includes(text)) return false;
    given.push(text);
    const limit = props.deduplicate > 0 ? props.deduplicate : MAX_REMEMBERED;
    if (given.length > limit) given.shift();
    return true;
  };
  return {
    configure(_datasource, raw) {
      props = parseOptions<RandomProps>('random source', options, raw);
      const wrong = Object.entries(props.pattern).find(([, v]) => !Number.isSafeInteger(v));
      if (wrong) throw new Error(`source \`random\` property \`pattern\`: ${wrong[0]} must be a whole number`);
    },
    open(ctx, emit, fail) {
      ctx.status('connected');
      stop = new AbortController();
      const { signal } = stop;
      const run = async () => {
        for (;;) {
          const row = next();
          if (isNew(row)) await emit(row);
          await ctx.clock.sleep(props.intervalMs, signal);
        }
      };
      run().catch((error) => {
        if (!signal.aborted) fail(error as Error);
      });
    },
    close() {
      stop?.abort(new Error('random closed'));
    },
    offset: () => (props.deduplicate === 0 ? undefined : [...given]),
    rewind(saved) {
      if (Array.isArray(saved)) given = saved.filter((t) => typeof t === 'string');
    },
  };
}

export default defineConnector({
  name: 'random',
  source: {
    kind: 'source',
    name: 'random',
    payload: 'rows',
    shareable: false,
    options,
    doc: 'Gives rows of random whole numbers.',
    create: () => createRandomSource(Math.random),
  },
});
