// The plugins and tests that `kuiper plugin new` writes. Each runs as it is; test/cli/plugin-project.test.ts checks, tests and runs them.
const SOURCE = `// Source plugin: CREATE STREAM … () WITH (TYPE="{name}", DATASOURCE="…", FORMAT="json").
import { defineSource } from '@kuiper-gateway/plugin';

export const {symbol} = defineSource({
  doc: 'Counts.',
  options: {
    every: { type: 'duration', doc: 'Pause between rows.', default: '1s' },
  },
  create() {
    let timer: NodeJS.Timeout | undefined;
    let everyMs = 1000;
    return {
      // Called before open, also when a rule is only checked. Throw an error to refuse the stream: its text is shown to the user.
      configure({ options }) {
        everyMs = options.every;
      },
      // Emit rows from here on. \`await emit(…)\` waits while the gateway is behind; \`fail(error)\` has the source opened again.
      open(ctx, emit) {
        timer = setInterval(() => {
          ctx.incrCounter('count', 1); // kept over restarts
          void emit({ count: ctx.getCounter('count'), at: new Date() });
        }, everyMs);
      },
      close() {
        clearInterval(timer);
      },
    };
  },
});
`;

const SINK = `// Sink plugin: "actions": [{"{name}": {"label": "…"}}] in a rule.
import { defineSink } from '@kuiper-gateway/plugin';

export const {symbol} = defineSink({
  doc: 'Writes rows to the log.',
  options: {
    label: { type: 'string', doc: 'Text before each row.', default: '{name}' },
  },
  create() {
    let label = '';
    return {
      // Throw an error to refuse the rule: its text is shown to the user.
      configure({ options }) {
        label = options.label;
      },
      // Returning (or resolving) means delivered. A throw is tried again; throw finalError('…') for a row that can never be taken.
      collect(ctx, data) {
        for (const row of [data].flat()) ctx.getLogger().info(label, row);
      },
    };
  },
});
`;

const FUNCTION = `// Function plugin: SELECT {name}(text) FROM …
import { defineFunction } from '@kuiper-gateway/plugin';

export const {symbol} = defineFunction({
  doc: 'Counts its calls.',
  args: [{ name: 'text', type: 'string' }],
  // One call per row; a throw is that row's error. Must return the value itself, not a promise.
  exec([text], ctx) {
    ctx.incrCounter('calls', 1); // belongs to this place in this rule; kept over restarts
    return \`\${text} (call \${ctx.getCounter('calls')})\`;
  },
});
`;

const HEAD = `import assert from 'node:assert/strict';
import { test } from 'node:test';
`;

const SOURCE_TEST = `${HEAD}import { testSource, virtualClock } from '@kuiper-gateway/plugin/testing';
import { {symbol} } from '../{name}.ts';

test('a row comes after each pause, and none after close', async () => {
  using clock = virtualClock();
  const source = await testSource({symbol}, { props: { every: '2s' } });
  await source.open();
  await clock.advance(4_000);
  assert.deepEqual(
    source.rows.map((row) => row['count']),
    [1, 2],
  );
  await source.close();
  await clock.advance(10_000);
  assert.equal(source.rows.length, 2);
});

test('a bad option is refused with its name', async () => {
  await assert.rejects(testSource({symbol}, { props: { every: 'soon' } }), /option every/);
});
`;

const SINK_TEST = `${HEAD}import { testSink } from '@kuiper-gateway/plugin/testing';
import { {symbol} } from '../{name}.ts';

test('each row is written with the label', async () => {
  const sink = await testSink({symbol}, { props: { label: 'hello' } });
  await sink.open();
  await sink.collect([{ a: 1 }, { a: 2 }]);
  await sink.close();
  assert.deepEqual(
    sink.ctx.logs.map((l) => [l.message, l.more[0]]),
    [
      ['hello', { a: 1 }],
      ['hello', { a: 2 }],
    ],
  );
});
`;

const FUNCTION_TEST = `${HEAD}import { argFacts, testFunction } from '@kuiper-gateway/plugin/testing';
import { {symbol} } from '../{name}.ts';

test('calls are counted', () => {
  const f = testFunction({symbol});
  assert.equal(f.exec('a'), 'a (call 1)');
  assert.equal(f.exec('b'), 'b (call 2)');
});

test('a rule with a wrong number of arguments is refused', () => {
  assert.throws(() => testFunction({symbol}).validate(argFacts()), /1 arguments/);
});
`;

export const pluginTemplates = { source: SOURCE, sink: SINK, function: FUNCTION } as const;
export const testTemplates = { source: SOURCE_TEST, sink: SINK_TEST, function: FUNCTION_TEST } as const;
