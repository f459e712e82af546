// Event time in a running rule: late rows and rows from the future go to the actions with `lateRows`, and health tells of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileRule } from '../../src/compile/index.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { type PlanOptions, planRule } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

const functions = createFunctionCatalogue();
function programOf(sql: string, options: PlanOptions) {
  const source = (name: string) => (name === 's' ? { name, kind: 'stream' as const, timestamp: 'ts' } : undefined);
  return compileRule(planRule(parseSelect(sql), { source, functions }, { sql, sqlCompatibility: 'standard', ...options }));
}

async function start(options: PlanOptions = {}) {
  const program = programOf('SELECT a FROM s', { isEventTime: true, lateToleranceMs: 0, futureToleranceMs: 86_400_000, ...options });
  const definition = h.define('r', program, { actions: [{}, { as: 'late', lateRows: true }] });
  const rule = h.runtime.createRule({ ...definition, sources: (name) => ({ ...h.spec(name), timestamp: 'ts' }) });
  await rule.start();
  return rule;
}

const publish = (a: string, tsMs: number, done?: () => void) =>
  h.sources.at(-1)!.emit(Buffer.from(JSON.stringify({ a, ts: tsMs })), undefined, done);

describe('lateRows', () => {
  // @covers issue:20#3
  it('takes the rows that came too late or are ahead of the clock, as they came, and no results', async () => {
    const rule = await start();
    const nowMs = h.clock.now();
    publish('first', nowMs);
    publish('late', nowMs - 1);
    publish('2099', Date.UTC(2099, 0, 1));
    publish('next', nowMs + 1);
    expect(h.sinkNamed('late').rows()).toEqual([{ a: 'late' }, { a: '2099' }]);
    expect(h.sink.rows()).toEqual([{ a: 'first' }, { a: 'next' }]);
    const health = rule.health();
    expect(health).toMatchObject({ ok: false, lateRows: 1, aheadRows: 1 });
    expect(health.problems.join('\n')).toContain(
      '1 rows were left out: their time is too far ahead of the clock (up to 2099-01-01T00:00:00.000Z; option futureTolerance).',
    );
  });

  it('holds the confirmation of a late row until the action has it', async () => {
    h.sinkNamed('late').behaviour = 'hold';
    await start();
    const nowMs = h.clock.now();
    let confirmed = false;
    publish('first', nowMs);
    publish('late', nowMs - 1, () => {
      confirmed = true;
    });
    await h.settle(() => h.sinkNamed('late').holding.length === 1);
    await h.settle(() => true, 40_000);
    expect(confirmed).toBe(false);
    h.sinkNamed('late').holding[0]!.resolve();
    await h.settle(() => confirmed);
  });

  it('alone is no rule: there must be an action for results', async () => {
    const program = programOf('SELECT a FROM s', { isEventTime: true });
    const { actions, options, sources } = h.define('r', program, { actions: [{ lateRows: true }] });
    await expect(h.runtime.validateRule({ id: 'r', actions, options, sources, streams: ['s'] })).rejects.toMatchObject({
      code: 'RULE_ONLY_DEAD_LETTERS',
    });
  });

  it('health says when times look like seconds', async () => {
    const rule = await start();
    publish('x', 1_780_000_000);
    const told = rule.health().problems.join();
    expect(told).toContain('The TIMESTAMP column seems to hold seconds: its newest value 1780000000');
    expect(told).toContain('Add TIMESTAMP_FORMAT="s" to the stream');
  });
});

describe('keys in health', () => {
  // @covers issue:20#5
  it('counts keys, warns before the limit, and says what happens at it', async () => {
    const keyLimits = { maxKeys: 5, ttlMs: 0 };
    const program = programOf('SELECT a FROM s GROUP BY STATEWINDOW(a = 1, a = 2) OVER (PARTITION BY ts)', { keyLimits });
    const rule = h.runtime.createRule(h.define('r', program));
    await rule.start();
    const send = (from: number, to: number) => {
      for (let ts = from; ts < to; ts++) h.sources.at(-1)!.emit(Buffer.from(`{"a":1,"ts":${ts}}`), undefined, undefined);
    };
    send(0, 3);
    expect(rule.health()).toMatchObject({ ok: true, keys: { count: 3, limit: 5, forgotten: 0, refusedRows: 0 } });
    send(3, 4);
    expect(rule.health().problems).toEqual([
      '3_window keeps 4 keys of at most 5 (option maxKeys): at the limit rows of further keys are left out.',
    ]);
    send(4, 7);
    expect(rule.health()).toMatchObject({ ok: false, keys: { count: 5, limit: 5, refusedRows: 2 } });
    expect(rule.health().problems.join()).toContain('left out 2 rows of further keys: it keeps 5 of at most 5 (option maxKeys)');
  });
});
