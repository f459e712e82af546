// Options of time as a user writes them, in rules that run: JSON of the rule, statement of the stream, messages in, results out, power cuts.
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { defaultRuleOptions } from '../../src/runtime/index.ts';
import { planningLoader } from '../../src/service/rules/planning.ts';
import { parseRuleJson } from '../../src/service/rules/rule-json.ts';
import { definitionOf, parseStreamStatement, type SourceDefinition } from '../../src/service/streams/definition.ts';
import { type Harness, harness } from '../runtime/harness.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const catalogue = createFunctionCatalogue();
const open: Harness[] = [];
afterEach(async () => {
  for (const h of open.splice(0)) await h.end();
});

/** @param options of `WITH` beside the datasource */
async function gateway(options = '', from: { dataDir?: string; laterMs?: number } = {}) {
  const h = harness({ logLevel: 'error', ...(from.dataDir ? { dataDir: from.dataDir } : {}) });
  open.push(h);
  if (from.laterMs) h.clock.jump(from.laterMs);
  const sql = `CREATE STREAM demo () WITH (DATASOURCE="demo", TYPE="fake"${options})`;
  const statement = await parseStreamStatement(sql);
  const demo = definitionOf(sql, statement as Parameters<typeof definitionOf>[1]);
  const deps = {
    log: createMemoryLog().log,
    findStream: (name: string): SourceDefinition | undefined => (name === 'demo' ? demo : undefined),
    streamNames: () => ['demo'],
    confKeys: { find: () => undefined } as never,
    connections: { props: () => ({}) },
    resolve: <T>(value: T): T => value,
    settings: () => ({ timeZone: 'UTC', ignoreCase: false, sqlCompatibility: 'standard' as const, ruleDefaults: defaultRuleOptions() }),
  };
  const planning = await planningLoader(deps, async () => catalogue)();
  const start = async (sql: string, options: object = {}, actions: object[] = [{ fake: {} }]) => {
    const rule = planning.parse(parseRuleJson(JSON.stringify({ id: 'r', sql, actions, options })));
    planning.check(rule);
    const handle = h.runtime.createRule(planning.definition(rule));
    await handle.start();
    return handle;
  };
  const send = (...rows: object[]) => {
    for (const row of rows) h.sources.at(-1)!.emit(Buffer.from(JSON.stringify(row)), undefined, () => undefined);
  };
  return { h, start, send };
}

describe('options of time in a running rule', () => {
  // @covers issue:20#3
  it('timezone, windowOffset and a TIMESTAMP in seconds give the shifts of the plant, also in the night of the clock change', async () => {
    const { h, start, send } = await gateway(', TIMESTAMP="p.ts", TIMESTAMP_FORMAT="s"');
    await start(
      'SELECT dev, count(*) AS n, format_time(window_start(), "dd HH:mm") AS f, format_time(window_end(), "dd HH:mm") AS t FROM demo GROUP BY TUMBLINGWINDOW(hh, 8) OVER (PARTITION BY dev)',
      { isEventTime: true, lateTolerance: 0, timezone: 'Europe/Berlin', windowOffset: '6h', futureTolerance: 0 },
    );
    const at = (text: string) => ({ dev: 'press', p: { ts: Date.parse(text) / 1000 } });
    send(
      at('2025-10-25T19:59:59Z'),
      at('2025-10-25T20:00:00Z'),
      at('2025-10-26T04:59:59Z'),
      at('2025-10-26T05:00:00Z'),
      at('2025-10-26T13:00:00Z'),
    );
    expect(h.sink.rows()).toEqual([
      { dev: 'press', n: 1, f: '25 14:00', t: '25 22:00' },
      { dev: 'press', n: 2, f: '25 22:00', t: '26 06:00' },
      { dev: 'press', n: 1, f: '26 06:00', t: '26 14:00' },
    ]);
  });

  it('with sqlCompatibility ekuiper no row is held out, and windows mix the keys', async () => {
    const { h, start, send } = await gateway(', TIMESTAMP="ts"');
    const rule = await start('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (PARTITION BY dev)', {
      isEventTime: true,
      lateTolerance: 0,
      sqlCompatibility: 'ekuiper',
    });
    send({ dev: 'a', ts: 1000 }, { dev: 'b', ts: 2000 }, { dev: 'a', ts: 4_070_908_800_000 });
    expect(h.sink.rows()[0]).toEqual({ n: 2 });
    expect(rule.health().aheadRows).toBe(0);
  });

  it('one row of 2099 holds up nobody: futureTolerance is a day unless the rule says otherwise', async () => {
    const { h, start, send } = await gateway(', TIMESTAMP="ts"');
    const rule = await start('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)', { isEventTime: true, lateTolerance: 0 });
    const nowMs = h.clock.now();
    send({ ts: nowMs }, { ts: 4_070_908_800_000 }, { ts: nowMs + 1000 }, { ts: nowMs + 10_000 });
    expect(h.sink.rows()).toEqual([{ n: 2 }]);
    expect(rule.health()).toMatchObject({ aheadRows: 1, lateRows: 0 });
  });

  it('idleTimeout closes the last window of a stream that fell silent', async () => {
    const { h, start, send } = await gateway(', TIMESTAMP="ts"');
    await start('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)', {
      isEventTime: true,
      lateTolerance: 0,
      idleTimeout: '5s',
    });
    send({ ts: h.clock.now() });
    await h.clock.advance(9000);
    expect(h.sink.rows()).toEqual([]);
    await h.clock.advance(1000);
    expect(h.sink.rows()).toEqual([{ n: 1 }]);
  });

  it('maxKeys and keyTTL reach the state of the rule', async () => {
    const { start, send, h } = await gateway();
    const rule = await start('SELECT lag(v) OVER (PARTITION BY dev) AS l FROM demo', { maxKeys: 2, keyTTL: '10s' });
    send({ dev: 'a', v: 1 }, { dev: 'b', v: 1 }, { dev: 'c', v: 1 });
    expect(rule.health().keys).toEqual({ count: 2, limit: 2, forgotten: 0, refusedRows: 1 });
    await h.clock.advance(10_001);
    send({ dev: 'd', v: 1 });
    expect(rule.health().keys).toEqual({ count: 1, limit: 2, forgotten: 2, refusedRows: 1 });
  });
});

describe('a power cut', () => {
  /** Rows, a checkpoint, and then nothing is saved any more; the next gateway starts so much later by the wall clock. */
  async function cut(sql: string, options: object, rows: object[], runMs: number, offMs: number) {
    const first = await gateway();
    await first.start(sql, options);
    first.send(...rows);
    await first.h.settle(() => first.h.runtime.rule('r')!.health().checkpoint.bytes > 0, 20_000);
    await first.h.clock.advance(runMs - (first.h.clock.now() - Date.UTC(2026, 0, 1)));
    const stoppedMs = first.h.clock.now();
    // the process is gone: its store is closed under it, and nothing more is written
    await first.h.store.close();
    open.splice(open.indexOf(first.h), 1);
    const second = await gateway('', { dataDir: first.h.dataDir, laterMs: stoppedMs - Date.UTC(2026, 0, 1) + offMs });
    await second.start(sql, options);
    return { ...second, before: first.h.sink.rows(), end: () => rmSync(first.h.dataDir, { recursive: true, force: true }) };
  }

  // @covers issue:20#4
  it('changes no remaining time: a device that was silent for 7 of 10 minutes is told of 2 minutes after a minute without power', async () => {
    const sql = 'SELECT dev FROM demo WHERE silent_for(mi, 10) OVER (PARTITION BY dev)';
    const { h, before } = await cut(sql, {}, [{ dev: 'a' }], 7 * MIN, MIN);
    expect(before).toEqual([]);
    await h.clock.advance(2 * MIN - 1);
    expect(h.sink.rows()).toEqual([]);
    await h.clock.advance(1);
    expect(h.sink.rows()).toEqual([{ dev: 'a' }]);
    await h.clock.advance(HOUR);
    expect(h.sink.rows()).toHaveLength(1);
  });

  it('keeps sessions per key: each ends at its own time-out', async () => {
    const sql = 'SELECT dev, count(*) AS n FROM demo GROUP BY SESSIONWINDOW(mi, 600, 10) OVER (PARTITION BY dev)';
    const { h, before } = await cut(sql, {}, [{ dev: 'a' }, { dev: 'b' }, { dev: 'a' }], 5 * MIN, 2 * MIN);
    expect(before).toEqual([]);
    await h.clock.advance(3 * MIN - 1);
    expect(h.sink.rows()).toEqual([]);
    await h.clock.advance(1);
    expect(h.sink.rows()).toEqual([
      { dev: 'a', n: 2 },
      { dev: 'b', n: 1 },
    ]);
  });
});
