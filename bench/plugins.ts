// What plugins cost: an inline function over a built-in with the same body (promise: ≤ 30 ns), and a source in a worker (≥ 500,000 rows/s).
// Run: node bench/plugins.ts. Prints one JSON line per subject; runs are interleaved and the best of five counts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../src/base/clock.ts';
import { createLog } from '../src/base/log.ts';
import { createFolders, foldersOf } from '../src/config/index.ts';
import type { CallSite, Expr, ScalarDefinition } from '../src/contract/function.ts';
import type { ConnectorContext } from '../src/contract/index.ts';
import { Tuple } from '../src/data/tuple.ts';
import { createPluginRegistry } from '../src/plugin-host/index.ts';
import { openStore } from '../src/store/index.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-bench-'));
const folders = foldersOf(root);
createFolders(folders);
const clock = createRealClock();
const log = createLog({ level: 'error' });
writeFileSync(join(folders.plugins, 'functions/plusOne.ts'), 'export class PlusOne { exec(args: any) { return args[0] + 1; } }');
writeFileSync(
  join(folders.plugins, 'sources/flood.ts'),
  `export class Flood {
    on = true;
    async open(_ctx: any, emit: any) {
      void (async () => { for (let i = 0; this.on; i++) { const wait = emit({ id: i, temperature: 20.5 + (i % 10), device: 'pump-7' }); if (wait) await wait; } })();
    }
    close() { this.on = false; }
  }`,
);
const store = openStore({ dataDir: folders.data, clock, log });
const registry = createPluginRegistry({
  rootPath: root,
  folder: folders.plugins,
  etc: folders.etc,
  dataDir: folders.data,
  clock,
  log,
  store,
  settings: () => ({ default: 'trusted', trust: 'marks', socket: '', installer: '', maxRssMb: 256 }),
});
await registry.start(false);

// ------------------------------------------------------------------------------------------------ function
const ROWS = 5_000_000;
const tuple = new Tuple([1.5], 0);
const column: Expr = (t) => t.cols[0];
const values = new Map<string, unknown>();
const state = {
  putState: (k: string, v: unknown) => void values.set(k, v),
  getState: (k: string) => values.get(k),
  deleteState: (k: string) => void values.delete(k),
  incrCounter: (k: string, n: number) => void values.set(k, Number(values.get(k) ?? 0) + n),
  getCounter: (k: string) => Number(values.get(k) ?? 0),
};
const site = { name: 'plusOne', args: [], env: { ruleId: 'bench' }, state } as unknown as CallSite;
const plugin = (registry.functions.get('plusOne') as ScalarDefinition).compile!([column], site);
// a built-in scalar of one argument, as compile/scalar.ts makes it
const body = (x: any) => x + 1;
const builtin: Expr = (t) => {
  const x = column(t);
  return x === null || x === undefined ? null : body(x);
};
const time = (e: Expr): number => {
  const beganMs = performance.now();
  for (let i = 0; i < ROWS; i++) {
    tuple.cols[0] = i;
    e(tuple);
  }
  return ((performance.now() - beganMs) / ROWS) * 1e6;
};
let pluginNs = Infinity;
let builtinNs = Infinity;
for (let run = 0; run < 5; run++) {
  builtinNs = Math.min(builtinNs, time(builtin));
  pluginNs = Math.min(pluginNs, time(plugin));
}
process.stdout.write(
  `${JSON.stringify({ subject: 'inline function', pluginNs: round(pluginNs), builtinNs: round(builtinNs), overNs: round(pluginNs - builtinNs), limitNs: 30 })}\n`,
);

// ------------------------------------------------------------------------------------------------ source
const definition = (await registry.connector('flood', undefined)!.load()).source!;
const source = definition.create();
await source.configure?.('', {});
let rows = 0;
const ctx = {
  getRuleId: () => 'bench',
  getOpId: () => 'bench',
  getInstanceId: () => 0,
  getRootPath: () => root,
} as unknown as ConnectorContext;
await source.open(
  ctx,
  () => void rows++,
  (e) => console.error(e),
);
let best = 0;
for (let run = 0; run < 6; run++) {
  const before = rows;
  const beganMs = performance.now();
  await clock.sleep(500);
  // the first is warm-up
  if (run > 0) best = Math.max(best, ((rows - before) / (performance.now() - beganMs)) * 1000);
}
process.stdout.write(`${JSON.stringify({ subject: 'worker source', rowsPerSecond: Math.round(best), limit: 500_000 })}\n`);
await source.close(ctx);
await registry.stop();
await store.close();
rmSync(root, { recursive: true });

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
