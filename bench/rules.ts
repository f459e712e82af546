// 300 and 2,000 rules on one shared subscription, in process: processor time per message in ns and memory per rule, without broker and socket.
// Run: node --expose-gc bench/rules.ts [messages]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../src/base/clock.ts';
import { createLog } from '../src/base/log.ts';
import { codecs } from '../src/codecs/index.ts';
import { compileRule } from '../src/compile/index.ts';
import nop from '../src/connectors/nop/index.ts';
import type { ConnectorEntry } from '../src/contract/index.ts';
import { createFunctionCatalogue } from '../src/functions/index.ts';
import { planRule } from '../src/plan/index.ts';
import { createRuntime, defaultRuleOptions } from '../src/runtime/index.ts';
import { parseSelect } from '../src/sql/index.ts';
import { openStore } from '../src/store/index.ts';
import { fedSource } from '../test/helpers/fed-source.ts';

const MESSAGES = Number(process.argv[2] ?? 200_000);
const gc = (globalThis as { gc?: () => void }).gc;
const heap = () => {
  gc?.();
  return process.memoryUsage().heapUsed;
};

const functions = createFunctionCatalogue();
const payloads = Array.from({ length: 1000 }, (_, i) =>
  Buffer.from(JSON.stringify({ device: `dev-${i * 5}`, temperature: 15 + (i % 30), humidity: 40 + (i % 20), ts: 1_700_000_000_000 + i })),
);

async function measure(count: number, sql: (i: number) => string, devices = 1000): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kuiper-bench-'));
  const clock = createRealClock();
  const log = createLog({ level: 'error' });
  const store = openStore({ dataDir, clock, log });
  const fed = fedSource('bench', 'bytes', true);
  const source: ConnectorEntry = {
    name: 'bench',
    offers: ['source'],
    load: async () => ({
      name: 'bench',
      source: fed.source,
    }),
  };
  const sink: ConnectorEntry = { name: 'nop', offers: ['sink'], load: async () => nop };
  const runtime = createRuntime({
    clock,
    log,
    store,
    connectors: (name) => (name === 'bench' ? source : sink),
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    rootPath: dataDir,
    dataDir,
  });
  const catalog = {
    functions,
    names: () => ['s'],
    source: () => ({ name: 's', kind: 'stream' as const, lookup: false, temp: false, format: 'json' }),
  };
  const before = heap();
  const t0 = performance.now();
  for (let i = 0; i < count; i++) {
    const rule = runtime.createRule({
      id: `r${i}`,
      program: () => compileRule(planRule(parseSelect(sql(i)), catalog as never, {} as never)),
      actions: [{ type: 'nop', props: {}, index: 0 }],
      options: defaultRuleOptions(),
      triggered: true,
      sources: () => ({ name: 's', kind: 'stream', type: 'bench', datasource: 'x', props: {}, format: 'json' }),
    });
    await rule.start();
  }
  const startMs = (performance.now() - t0) / count;
  const kbPerRule = (heap() - before) / count / 1024;
  for (let i = 0; i < 20_000; i++) fed.emit!(payloads[i % devices]!, { topic: 't' });
  const from = process.cpuUsage();
  for (let i = 0; i < MESSAGES; i++) fed.emit!(payloads[i % devices]!, { topic: 't' });
  const { user, system } = process.cpuUsage(from);
  const nsPerMessage = ((user + system) / MESSAGES) * 1000;
  console.log(
    `${String(count).padStart(5)} rules  ${nsPerMessage.toFixed(0).padStart(6)} ns a message  ${kbPerRule.toFixed(1)} kB and ${startMs.toFixed(2)} ms a rule  ${sql(1)}`,
  );
  await runtime.close();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
}

await measure(1, () => 'SELECT device, temperature FROM s WHERE temperature > 20');
for (const count of [300, 2000]) {
  await measure(count, (i) => `SELECT device, temperature FROM s WHERE device = "dev-${i % 5000}" AND temperature > ${20 + (i % 20)}`);
  await measure(count, (i) => `SELECT device, temperature FROM s WHERE temperature > ${20 + (i % 30)} AND temperature < ${21 + (i % 30)}`);
}
// each message passes in ten of the 2,000 rules
await measure(2000, (i) => `SELECT device, temperature FROM s WHERE device = "dev-${(i % 200) * 5}" AND temperature > ${i % 10}`, 200);
