// Rules with real connectors in one process: SQL is planned and compiled as in the daemon, the clock and the store are real, the sources are
// either the test's own (`feed`: rows whose confirmations are counted) or connectors. For tests against real servers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import { compileRule } from '../../src/compile/index.ts';
import { connectors } from '../../src/connectors/index.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import type { Props } from '../../src/contract/props.ts';
import type { Row } from '../../src/data/value.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { createRuntime, defaultRuleOptions, type RuleOptions, type SinkHealth, type SourceSpec } from '../../src/runtime/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { openStore } from '../../src/store/index.ts';
import { fedSource } from './fed-source.ts';
import { until } from './mosquitto.ts';

export interface RigOptions {
  /** Actions as in a rule: `[{ influx: {…} }]`. Default: rows are kept in `got`. */
  actions?: readonly Record<string, Props>[];
  sql?: string;
  options?: Partial<RuleOptions>;
  /** Source connector of the stream `s`; default the test's own. */
  source?: { type: string; datasource: string; props: Props; format?: string; timestamp?: string };
  ruleId?: string;
  dataDir?: string;
  enablePrivateNet?: boolean;
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

export async function startRig(o: RigOptions) {
  const dataDir = o.dataDir ?? mkdtempSync(join(tmpdir(), 'kuiper-rig-'));
  const clock = createRealClock();
  const { log, lines } = createMemoryLog('debug');
  const store = openStore({ dataDir, clock, log });
  const fed = fedSource('rig', 'rows', false);
  const got: Row[] = [];
  const confirmed = new Set<number>();
  let sent = 0;
  /** While set, rows that come to the test's own sink are not answered. */
  const hold = { on: false, waiting: [] as (() => void)[] };
  const own: ConnectorEntry = {
    name: 'rig',
    offers: ['source', 'sink'],
    load: async () => ({
      name: 'rig',
      source: fed.source,
      sink: {
        kind: 'sink',
        name: 'rig',
        payload: 'rows',
        maxInFlight: 1000,
        options: [],
        doc: '',
        create: () => ({
          open: () => undefined,
          collect(_ctx, data) {
            const take = () => void got.push(...(Array.isArray(data) ? data : [data as Row]));
            if (!hold.on) return take();
            return new Promise<void>((resolve) =>
              hold.waiting.push(() => {
                take();
                resolve();
              }),
            );
          },
          close: () => undefined,
        }),
      },
    }),
  };
  const runtime = createRuntime({
    clock,
    log,
    store,
    connectors: (name) => (name === 'rig' ? own : connectors.find((c) => c.name === name)),
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    rootPath: dataDir,
    dataDir,
    network: () => ({ enablePrivateNet: o.enablePrivateNet ?? true, dataServer: { ip: '127.0.0.1', port: 0 } }),
    settings: { stopTimeoutMs: 2000 },
  });
  runtime.start();
  const s: SourceSpec = {
    name: 's',
    kind: 'stream',
    type: o.source?.type ?? 'rig',
    datasource: o.source?.datasource ?? 's',
    props: o.source?.props ?? {},
    format: o.source?.format ?? 'json',
    ...(o.source?.timestamp && { timestamp: o.source.timestamp }),
  };
  const sql = o.sql ?? 'SELECT * FROM s';
  const functions = createFunctionCatalogue();
  const source = (name: string) =>
    name === 's' ? ({ name, kind: 'stream', schema: undefined, ...(s.timestamp && { timestamp: s.timestamp }) } as const) : undefined;
  const plan = planRule(parseSelect(sql), { source, names: () => ['s'], functions }, { sql, isEventTime: o.options?.isEventTime === true });
  const definition = {
    id: o.ruleId ?? 'r',
    program: compileRule(plan),
    actions: (o.actions ?? [{ rig: {} }]).map((a, index) => {
      const [type, props] = Object.entries(a)[0]!;
      return { type, props, index };
    }),
    options: { ...defaultRuleOptions(), ...o.options },
    triggered: true,
    sources: () => s,
  };
  await runtime.validateRule({ ...definition, streams: ['s'] });
  const rule = runtime.createRule(definition);
  await rule.start();
  if (!o.source) await until(() => fed.emit !== undefined, 'the source opens');
  const health = (): SinkHealth => rule.health().sinks[0]!;
  const rig = {
    rule,
    dataDir,
    lines,
    got,
    confirmed,
    hold,
    health,
    /** Rows given so far. */
    get sent() {
      return sent;
    },
    /** Gives a row, which is confirmed under its number. @returns the number; resolves when the next one may come */
    async send(row: Row | ((n: number) => Row)): Promise<number> {
      const n = sent++;
      await fed.emit!(typeof row === 'function' ? row(n) : row, undefined, () => void confirmed.add(n));
      return n;
    },
    release() {
      hold.on = false;
      for (const go of hold.waiting.splice(0)) go();
    },
    /** Waits until everything that was given is confirmed and nothing waits in memory or on disk: delivered, or parked. */
    async settled(deadlineMs = 20_000) {
      try {
        const done = () => confirmed.size === sent && health().queueRows === 0 && health().waiting === 0;
        await until(done, 'all rows confirmed and sent', deadlineMs);
      } catch {
        throw new Error(`${sent - confirmed.size} of ${sent} rows are not confirmed: ${JSON.stringify(health())}`);
      }
    },
    async close(keepData = false) {
      await runtime.close();
      await store.close();
      if (!keepData) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return rig;
}

/** Sends rows while `server` is killed and started again. Rows are numbered: `row(n)`.
 *  @returns the numbers that were sent */
export async function underKills(
  rig: Rig,
  server: { kill(): Promise<void>; start(): Promise<void> },
  o: { kills: number; row(n: number): Row; everyMs?: number | (() => number); downMs?: number | (() => number); perTick?: number },
): Promise<number> {
  let on = true;
  let sent = 0;
  const pause = (ms: number | (() => number)) => new Promise((resolve) => setTimeout(resolve, typeof ms === 'number' ? ms : ms()));
  const feed = (async () => {
    while (on) {
      for (let i = 0; i < (o.perTick ?? 20); i++) await rig.send(o.row(sent++));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  try {
    for (let i = 0; i < o.kills; i++) {
      await pause(o.everyMs ?? 300);
      await server.kill();
      await pause(o.downMs ?? 150);
      await server.start();
    }
    await pause(o.everyMs ?? 300);
  } finally {
    on = false;
    await feed;
  }
  return sent;
}
