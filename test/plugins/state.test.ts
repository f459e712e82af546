// State of plugins survives the hardest end: kill -9, wherever the call stands in the statement.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, readJsonLines, TO_FILE, until } from './helpers/plugin-root.ts';

const TICKER = `
export class Ticker {
  open(ctx: any, emit: any) {
    this.timer = setInterval(() => { ctx.incrCounter('n', 1); void emit({ n: ctx.getCounter('n'), m: 1, text: 'one two three' }); }, 20);
  }
  timer: NodeJS.Timeout | undefined;
  close() { clearInterval(this.timer); }
}`;
/** Counts its calls in its state and appends each count to a file of its own. */
const counting = (name: string, result: string, more = '') => `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
export class ${name} {
  exec(args: any[], ctx: any) {
    ctx.incrCounter('calls', 1);
    appendFileSync(join(ctx.getRootPath(), ctx.getRuleId() + '.calls'), ctx.getCounter('calls') + '\\n');
    return ${result};
  }
  ${more}
}`;
const SINK = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
export class Tally {
  open() {} close() {}
  collect(ctx: any) { ctx.incrCounter('calls', 1); appendFileSync(join(ctx.getRootPath(), ctx.getRuleId() + '.calls'), ctx.getCounter('calls') + '\\n'); }
}`;

const DICT = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
export class DictLookup {
  open() {} close() {}
  lookup(ctx: any) { ctx.incrCounter('calls', 1); appendFileSync(join(ctx.getRootPath(), 'lookup.calls'), ctx.getCounter('calls') + '\\n'); return [{ id: 1, label: 'x' }]; }
}`;

const RULES: Record<string, { sql: string; actions?: unknown[] }> = {
  project: { sql: 'SELECT tick(n) AS x FROM t' },
  worker: { sql: 'SELECT apart(n) AS x FROM t' },
  singleton: { sql: 'SELECT shared(n) AS x FROM t' },
  where: { sql: 'SELECT n FROM t WHERE never(n)' },
  aggregate: { sql: 'SELECT total(n) AS x FROM t GROUP BY TUMBLINGWINDOW(ms, 100)' },
  incremental: { sql: 'SELECT total(n) AS x, count(*) AS c FROM t GROUP BY m, HOPPINGWINDOW(ms, 200, 100)' },
  alone: { sql: 'SELECT total(n) AS x FROM t' },
  whole: { sql: 'SELECT n FROM t GROUP BY TUMBLINGWINDOW(ms, 100) HAVING total(n) > 0' },
  argument: { sql: 'SELECT sum(tick(n)) AS x FROM t GROUP BY TUMBLINGWINDOW(ms, 100)' },
  dimension: { sql: 'SELECT count(*) AS x FROM t GROUP BY tick(m), TUMBLINGWINDOW(ms, 100)' },
  having: { sql: 'SELECT count(*) AS x FROM t GROUP BY m, TUMBLINGWINDOW(ms, 100) HAVING sum(tick(m)) > 0' },
  order: { sql: 'SELECT n FROM t GROUP BY TUMBLINGWINDOW(ms, 100) ORDER BY tick(n)' },
  analytic: { sql: 'SELECT lag(tick(n)) AS x FROM t' },
  window: { sql: 'SELECT count(*) AS x FROM t GROUP BY TUMBLINGWINDOW(ms, 100) FILTER(WHERE never(n))' },
  lookup: { sql: 'SELECT d.label FROM t INNER JOIN d ON t.m = d.id' },
  sink: { sql: 'SELECT n FROM t', actions: [{ tally: {} }] },
};

describe('state after kill -9', () => {
  let p: PluginRoot;
  const calls = (rule: string): number[] => readJsonLines(join(p.root, `${rule}.calls`)) as unknown as number[];
  const seen: Record<string, number> = {};
  beforeAll(async () => {
    p = makePluginRoot();
    p.put('sources', 'ticker.ts', TICKER);
    p.put('sinks', 'toFile.ts', TO_FILE);
    p.put('sinks', 'tally.ts', SINK);
    p.put('sources', 'dict.ts', DICT);
    p.put('functions', 'tick.ts', counting('Tick', 'args[0]'));
    p.put('functions', 'apart.ts', `export const worker = true;\n${counting('Apart', 'args[0]')}`);
    p.put('functions', 'shared.ts', counting('Shared', 'args[0]').replace('export class Shared {', 'export const Shared = {'));
    p.put('functions', 'never.ts', counting('Never', 'false'));
    p.put('functions', 'total.ts', counting('Total', 'ctx.getCounter("calls")', 'isAggregate() { return true; }'));
    await p.start();
    await p.stream('t', 'ticker');
    expect(
      (
        await p.daemon.call('POST', '/tables', {
          sql: 'CREATE TABLE d () WITH (TYPE="dict", DATASOURCE="x", FORMAT="json", KIND="lookup", KEY="id")',
        })
      ).text,
    ).toContain('created');
    const options = { qos: 1, checkpointInterval: '200ms' };
    await p.rule('source', 'SELECT n FROM t', [{ toFile: {} }], options);
    for (const [id, { sql, actions }] of Object.entries(RULES)) await p.rule(id, sql, actions ?? [{ nop: {} }], options);
    await until('rules count', () => Object.keys(RULES).every((id) => calls(id).length > 5), 20_000);
    // some checkpoints of each rule
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await p.daemon.stop('SIGKILL');
    for (const id of Object.keys(RULES)) seen[id] = calls(id).at(-1)!;
    seen['source'] = p.lines().at(-1)!.n;
    await p.start();
    await until(
      'rules count again',
      () => Object.keys(RULES).every((id) => calls(id).filter((n) => n === 1).length > 1 || calls(id).at(-1)! > seen[id]!),
      20_000,
    );
  }, 60_000);
  afterAll(() => p.close());

  test.each(Object.keys(RULES))('a call in %s goes on where its checkpoint was', (id) => {
    const after = calls(id).slice(calls(id).lastIndexOf(seen[id]!) + 1);
    expect({ first: after[0], fresh: calls(id).filter((n) => n === 1).length }).toMatchObject({ fresh: 1 });
  });

  test('a source goes on where its checkpoint was', () => {
    expect(p.lines().filter((r) => r.n === 1).length).toBe(1);
  });
});
