// What one message costs, counted instead of timed, so that a busy machine gives the same figures as a quiet one: bytes that are allocated, and executions
// of blocks of our own sources (V8's precise coverage) by stage. The whole path of the runtime runs, from the bytes that a source emits to the
// bytes that a sink is given. A process of its own, since it needs flags:
//   node --min-semi-space-size=64 --max-semi-space-size=64 bench/costs.ts [--save]
// prints one JSON line per case; --save writes bench/budgets.json, against which test/bench/costs.test.ts holds them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createVirtualClock } from '../src/base/clock.ts';
import { createLog } from '../src/base/log.ts';
import { codecs } from '../src/codecs/index.ts';
import { compileRule } from '../src/compile/index.ts';
import type { ConnectorEntry } from '../src/contract/index.ts';
import type { StreamSchema } from '../src/contract/schema.ts';
import { createFunctionCatalogue } from '../src/functions/index.ts';
import { planRule } from '../src/plan/index.ts';
import { createRuntime, defaultRuleOptions } from '../src/runtime/index.ts';
import { parseSelect } from '../src/sql/index.ts';
import { openStore } from '../src/store/index.ts';
import { fedSource } from '../test/helpers/fed-source.ts';

export interface Cost {
  name: string;
  /** Bytes on the heap for one message. */
  bytes: number;
  /** Executions of blocks by stage for one message. */
  work: Record<string, number>;
  /** Items that the sinks got for one message. */
  items: number;
}

interface Case {
  name: string;
  rules: readonly string[];
  schema?: StreamSchema;
  message: object;
}

const reading = { device: 'dev-7', seq: 12, temperature: 35.5, humidity: 41, ts: 1_700_000_000_000, status: 'ok' };
const cases: readonly Case[] = [
  { name: 'a row that the filter drops', rules: ['SELECT device, temperature FROM s WHERE temperature > 50'], message: reading },
  { name: 'a row of two columns', rules: ['SELECT device, temperature FROM s WHERE temperature > 30'], message: reading },
  { name: 'SELECT *', rules: ['SELECT * FROM s WHERE temperature > 30'], message: reading },
  {
    name: 'declared columns',
    rules: ['SELECT device, seq FROM s WHERE temperature > 30'],
    schema: [
      { name: 'device', type: { kind: 'string' } },
      { name: 'seq', type: { kind: 'bigint' } },
      { name: 'temperature', type: { kind: 'float' } },
      { name: 'humidity', type: { kind: 'float' } },
    ],
    message: reading,
  },
  {
    name: 'ten rules that give out the same row',
    rules: Array.from({ length: 10 }, (_, i) => `SELECT * FROM s WHERE temperature > ${i}`),
    message: reading,
  },
  {
    name: 'a hundred rules of which one takes the row',
    rules: Array.from(
      { length: 100 },
      (_, i) => `SELECT device, temperature FROM s WHERE device IN ('dev-${i}', 'other-${i}') AND temperature > 3`,
    ),
    message: reading,
  },
];

/** Stages by the folder or file that a block stands in; the first that fits. */
const stages: readonly [stage: string, part: string][] = [
  ['encode', '/src/codecs/json/encode'],
  ['encode', '/src/codecs/json/key-order'],
  ['decode', '/src/codecs/'],
  ['decode', '/src/data/json-nesting'],
  ['layout', '/src/runtime/source/layout'],
  ['source', '/src/runtime/source/'],
  ['rule', '/src/runtime/rule/'],
  ['filter', '/src/exec/filter'],
  ['filter', '/src/compile/'],
  ['project', '/src/exec/'],
  ['encode', '/src/runtime/transform/'],
  ['sink', '/src/runtime/sink/'],
];
const stageOf = (url: string): string => stages.find(([, part]) => url.includes(part))?.[0] ?? 'other';

const functions = createFunctionCatalogue();
const MESSAGES = 500;

async function measure(c: Case): Promise<Cost> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kuiper-costs-'));
  const clock = createVirtualClock();
  const log = createLog({ level: 'error' });
  const store = openStore({ dataDir, clock, log });
  const fed = fedSource('costs', 'bytes', true);
  let items = 0;
  const connector: ConnectorEntry = {
    name: 'costs',
    offers: ['source', 'sink'],
    load: async () => ({
      name: 'costs',
      source: fed.source,
      sink: {
        kind: 'sink',
        name: 'costs',
        payload: 'bytes',
        maxInFlight: 100,
        options: [],
        doc: '',
        create: () => ({ open: () => undefined, collect: () => void items++, close: () => undefined }),
      },
    }),
  };
  const runtime = createRuntime({
    clock,
    log,
    store,
    connectors: () => connector,
    codecs: async (format) => codecs.find((codec) => codec.name === format)?.load(),
    rootPath: dataDir,
    dataDir,
  });
  const catalog = {
    functions,
    names: () => ['s'],
    source: () => ({
      name: 's',
      kind: 'stream' as const,
      lookup: false,
      temp: false,
      format: 'json',
      ...(c.schema ? { schema: c.schema } : {}),
    }),
  };
  for (const [i, sql] of c.rules.entries()) {
    const rule = runtime.createRule({
      id: `r${i}`,
      program: () => compileRule(planRule(parseSelect(sql), catalog as never, {} as never)),
      actions: [{ type: 'costs', props: { sendSingle: true }, index: 0 }],
      options: defaultRuleOptions(),
      triggered: true,
      sources: () => ({
        name: 's',
        kind: 'stream',
        type: 'costs',
        datasource: 'x',
        props: {},
        format: 'json',
        ...(c.schema ? { schema: c.schema } : {}),
      }),
    });
    await rule.start();
  }
  const payload = Buffer.from(JSON.stringify(c.message));
  const run = (n: number) => {
    for (let i = 0; i < n; i++) fed.emit!(payload, { topic: 't' });
  };
  run(MESSAGES);
  const before = process.memoryUsage().heapUsed;
  run(MESSAGES);
  const bytes = Math.round((process.memoryUsage().heapUsed - before) / MESSAGES);
  items = 0;
  const work = await counted(() => run(10), 10);
  const cost = { name: c.name, bytes, work, items: items / 10 };
  await runtime.close();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
  return cost;
}

const session = new Session();
session.connect();

async function counted(run: () => void, messages: number): Promise<Record<string, number>> {
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await session.post('Profiler.takePreciseCoverage');
  run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  const work: Record<string, number> = {};
  for (const script of result) {
    if (!script.url.includes('/src/')) continue;
    const stage = stageOf(script.url);
    for (const f of script.functions) for (const range of f.ranges) work[stage] = (work[stage] ?? 0) + range.count / messages;
  }
  return Object.fromEntries(Object.entries(work).filter(([, n]) => n > 0));
}

// optimised code leaves out allocations and block counts as it pleases
for (const tier of ['opt', 'maglev', 'sparkplug']) setFlagsFromString(`--no-${tier}`);
const costs: Cost[] = [];
for (const c of cases) {
  costs.push(await measure(c));
  console.log(JSON.stringify(costs.at(-1)));
}
if (process.argv.includes('--save'))
  writeFileSync('bench/budgets.json', `${JSON.stringify(Object.fromEntries(costs.map(({ name, ...rest }) => [name, rest])), null, 2)}\n`);
session.disconnect();
process.exit(0);
