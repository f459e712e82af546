// Traces of rules: what is recorded of a message on its way, in eKuiper's shape (docs/spec/rest.json, /trace).
import { afterEach, describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import type { Tuple } from '../../../src/data/tuple.ts';
import type { Row } from '../../../src/data/value.ts';
import { createLookupJoin } from '../../../src/exec/lookup-join.ts';
import type { LookupJoinSpec } from '../../../src/exec/operator.ts';
import { traced } from '../../../src/exec/traced.ts';
import { contextOf, RuleTrace } from '../../../src/runtime/trace/rule-trace.ts';
import { createTraceStore, type Span, type TraceTree } from '../../../src/runtime/trace/trace-store.ts';
import { col, createSink, createTestHost, newStats, row } from '../../helpers/operators.ts';
import { type World, type WorldOptions, world } from '../diagnosis/world.ts';

let w: World | undefined;
afterEach(async () => {
  await w?.end();
  w = undefined;
});

async function tracedWorld(o: WorldOptions, strategy: 'always' | 'head' = 'always'): Promise<World> {
  w = await world(o);
  const begun = w.rule.setTrace(strategy);
  await w.h.settle(() => w!.rule.state === 'running' && w!.h.sources.length >= 1);
  await begun;
  return w;
}

/** Names from the root downwards, the only child of each; the last one's children must be []. */
function chain(t: TraceTree | undefined): string[] {
  const out: string[] = [];
  for (let at = t; at; at = at.ChildSpan[0]) {
    expect(at.ChildSpan.length).toBeLessThanOrEqual(1);
    out.push(at.name);
  }
  return out;
}

const deepest = (t: TraceTree): TraceTree => (t.ChildSpan[0] ? deepest(t.ChildSpan[0]) : t);
const treesOf = (x: World): TraceTree[] => x.h.runtime.traces.ofRule('r').map((id) => x.h.runtime.traces.tree(id)!);
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

// @covers issue:18#6
// @covers finding:parity#19
describe('a traced rule', () => {
  test('records each step of a message from the source to the sink, one below the other', async () => {
    const x = await tracedWorld({ sql: 'SELECT a FROM s WHERE a > 1' });
    x.give({ a: 5 });
    const [tree] = treesOf(x);
    expect(chain(tree)).toEqual(['s', '2_decoder', '3_filter', '4_project', 'fake_0_0_transform', 'fake_0_1_encode', 'fake_0']);
    expect(tree).toMatchObject({
      parentSpanID: '0000000000000000',
      ruleID: 'r',
      attribute: { data: Buffer.from('{"a":5}').toString('base64'), rule: 'r', 'span.mytype': 'data-processing' },
    });
    expect(tree!.traceID).toMatch(/^[\da-f]{32}$/);
    expect(tree!.ChildSpan[0]!.parentSpanID).toBe(tree!.spanID);
    expect(tree!.ChildSpan[0]!.ChildSpan[0]!.attribute).toEqual({ data: '{"a":5}', rule: 'r' });
    expect(deepest(tree!).attribute).toEqual({ data: Buffer.from('[{"a":5}]').toString('base64'), rule: 'r' });
    expect(tree!.startTime).toMatch(/^2026-01-01T\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  test('records where a message ends that is left out', async () => {
    const x = await tracedWorld({ sql: 'SELECT a FROM s WHERE a > 10' });
    x.give({ a: 5 });
    expect(chain(treesOf(x)[0])).toEqual(['s', '2_decoder', '3_filter']);
  });

  test('ends the rows of a window there, and links what it gives out with their traces', async () => {
    const x = await tracedWorld({ sql: 'SELECT count(*) AS n FROM s GROUP BY COUNTWINDOW(2)' });
    x.give({ a: 1 });
    x.give({ a: 2 });
    const trees = treesOf(x);
    const rows = trees.filter((t) => t.name === 's');
    const fired = trees.filter((t) => t.links);
    expect(rows.map(chain)).toEqual([
      ['s', '2_decoder', '3_inc_agg_window'],
      ['s', '2_decoder', '3_inc_agg_window'],
    ]);
    expect(fired).toHaveLength(1);
    expect(fired[0]!.links).toEqual(rows.map((t) => ({ TraceID: t.traceID })));
    expect(chain(fired[0])).toEqual(['3_inc_agg_window', '4_project', 'fake_0_0_transform', 'fake_0_1_encode', 'fake_0']);
  });

  test('keeps its state when tracing begins and ends', async () => {
    w = await world({ sql: 'SELECT count(*) AS n FROM s GROUP BY COUNTWINDOW(3)' });
    w.give({ a: 1 });
    void w.rule.setTrace('always');
    await w.h.settle(() => w!.rule.state === 'running');
    w.give({ a: 2 });
    void w.rule.setTrace(undefined);
    await w.h.settle(() => w!.rule.state === 'running');
    w.give({ a: 3 });
    expect(w.h.sink.rows()).toEqual([{ n: 3 }]);
    expect(treesOf(w)).toHaveLength(1);
  });

  test('records nothing more after it was told to stop, and begins at the next start when it did not run', async () => {
    w = await world({ sql: 'SELECT a FROM s' });
    void w.rule.stop();
    await w.h.settle(() => w!.rule.state === 'stopped');
    await w.rule.setTrace('always');
    expect(w.rule.state).toBe('stopped');
    void w.rule.start();
    await w.h.settle(() => w!.rule.state === 'running');
    void w.h.sources.at(-1)!.emit(Buffer.from('{"a":1}'));
    expect(treesOf(w)).toHaveLength(1);
    void w.rule.setTrace(undefined);
    await w.h.settle(() => w!.rule.state === 'running');
    void w.h.sources.at(-1)!.emit(Buffer.from('{"a":2}'));
    expect(treesOf(w)).toHaveLength(1);
    expect(w.h.sink.rows()).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('with strategy head records only messages that bring a trace context, as a part of their trace', async () => {
    const x = await tracedWorld({ sql: 'SELECT a FROM s' }, 'head');
    x.give({ a: 1 });
    expect(treesOf(x)).toEqual([]);
    void x.h.sources[0]!.emit(Buffer.from('{"a":2}'), { properties: { traceparent: PARENT } });
    expect(x.h.runtime.traces.ofRule('r')).toEqual(['0af7651916cd43dd8448eb211c80319c']);
    expect(treesOf(x)[0]).toMatchObject({ name: 's', parentSpanID: 'b7ad6b7169203331' });
  });

  test('gives the trace context on with what its sinks send', async () => {
    const x = await tracedWorld({ sql: 'SELECT a FROM s' });
    void x.h.sources[0]!.emit(Buffer.from('{"a":2}'), { properties: { traceparent: PARENT } });
    const last = deepest(treesOf(x)[0]!);
    expect(x.h.sink.dynamics).toEqual([{ traceparent: `00-0af7651916cd43dd8448eb211c80319c-${last.spanID}-01` }]);
  });

  test('shows the rate limit of a source with an interval, for messages that go on and for those that do not', async () => {
    const x = await tracedWorld({
      sql: 'SELECT a FROM s',
      spec: { props: { interval: '5s' } },
      sourceOptions: [{ name: 'x', type: 'string', doc: '' }],
    });
    x.give({ a: 1 });
    x.give({ a: 2 });
    await x.wait(5000);
    const [one, two] = treesOf(x);
    expect(chain(one)).toEqual(['s', '2_ratelimit']);
    expect(chain(two)).toEqual(['s', '2_ratelimit', '3_decoder', '4_project', 'fake_0_0_transform', 'fake_0_1_encode', 'fake_0']);
  });

  test('masks secrets in what it shows', async () => {
    const x = await tracedWorld({ sql: 'SELECT * FROM s WHERE a > 1' });
    x.give({ a: 5, password: 'geheim99' });
    expect(treesOf(x)[0]!.ChildSpan[0]!.ChildSpan[0]!.attribute).toEqual({ data: '{"a":5,"password":"******"}', rule: 'r' });
  });

  test('is forgotten with the rule', async () => {
    const x = await tracedWorld({ sql: 'SELECT a FROM s' });
    x.give({ a: 1 });
    expect(x.h.runtime.traces.ofRule('r')).toHaveLength(1);
    void x.rule.delete();
    await x.h.settle(() => x.h.runtime.rule('r') === undefined);
    expect(x.h.runtime.traces.ofRule('r')).toEqual([]);
  });
});

const span = (traceId: string, spanId: string, parentId: string, ruleId = 'r'): Span => ({
  name: spanId,
  traceId,
  spanId,
  parentId,
  ruleId,
  data: undefined,
  links: [],
  startUs: 1_767_225_600_000_123,
  endUs: 1_767_225_600_000_123,
});

describe('the store of traces', () => {
  test('keeps so many and drops the oldest first, also from the lists of the rules', () => {
    const store = createTraceStore(3);
    for (let i = 0; i < 5; i++) store.add(span(`t${i}`, `s${i}`, '0'));
    expect(store.size).toBe(3);
    expect(store.ofRule('r')).toEqual(['t2', 't3', 't4']);
    expect(store.tree('t1')).toBeUndefined();
    expect(store.tree('t2')).toMatchObject({ name: 's2', startTime: '2026-01-01T00:00:00.000123Z', ChildSpan: [] });
  });

  test('lists the last hundred of a rule, or as many as are asked for', () => {
    const store = createTraceStore(1000);
    for (let i = 0; i < 150; i++) store.add(span(`t${i}`, `s${i}`, '0'));
    expect(store.ofRule('r')).toHaveLength(100);
    expect(store.ofRule('r').at(0)).toBe('t50');
    expect(store.ofRule('r', 2)).toEqual(['t148', 't149']);
    expect(store.ofRule('r', 0)).toEqual([]);
    expect(store.ofRule('other')).toEqual([]);
  });

  test('keeps at most 500 spans of a trace, and gives each kept one to the exporter', () => {
    const store = createTraceStore();
    let exported = 0;
    store.exporter = () => exported++;
    store.add(span('t', 'root', '0'));
    for (let i = 0; i < 600; i++) store.add(span('t', `s${i}`, 'root'));
    expect(store.tree('t')!.ChildSpan).toHaveLength(499);
    expect(exported).toBe(500);
  });
});

describe('the trace context of a message', () => {
  test.each([
    [PARENT, { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
    ['nonsense', undefined],
    [7, undefined],
  ])('%s', (traceparent, expected) => {
    expect(contextOf({ properties: { traceparent } } as never)).toEqual(expected);
    expect(contextOf(undefined)).toBeUndefined();
  });
});

// @covers issue:18#6
describe('a lookup that is answered later', () => {
  const setUp = () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    const store = createTraceStore();
    const trace = new RuleTrace('r', 'always', store, clock);
    const answers: { answer(rows: Row[]): void; fail(error: Error): void }[] = [];
    const host = Object.assign(createTestHost(clock), { trace });
    host.lookupTables['tbl'] = {
      lookup() {
        const { promise, resolve, reject } = Promise.withResolvers<Row[]>();
        answers.push({ answer: resolve, fail: reject });
        return promise;
      },
    };
    const show = (t: Tuple) => ({ id: t.cols[0] ?? null });
    const sink = createSink();
    const project = traced({ ...sink, stats: newStats(), row: (t) => sink.row(t), rows: (c) => sink.rows(c) }, '4_project', trace, show);
    const spec: LookupJoinSpec = { type: 'inner', table: 'tbl', fields: ['name'], keys: ['id'], values: [col(0)], columns: [], width: 1 };
    const lookup = createLookupJoin(spec, host, newStats(), project);
    const op = traced(lookup, 'tbl', trace, show);
    const give = (id: number) => trace.message('s', Buffer.from(`{"id":${id}}`), undefined, false, () => op.row(row([id], 0)));
    return { clock, store, host, answers, give, lookup, trees: () => store.ofRule('r').map((id) => store.tree(id)!) };
  };
  const tookMs = (t: TraceTree): number => Date.parse(t.endTime) - Date.parse(t.startTime);

  test('has a span that ends with the answer, and what follows is below it', async () => {
    const x = setUp();
    x.give(1);
    await x.clock.advance(40);
    x.give(2);
    await x.clock.advance(60);
    x.answers[1]!.answer([{ name: 'two' }]);
    await x.clock.advance(10);
    // the second waits for the first
    x.answers[0]!.answer([{ name: 'one' }]);
    await x.clock.advance(0);
    expect(x.trees().map(chain)).toEqual([
      ['s', '2_decoder', 'tbl', '4_project'],
      ['s', '2_decoder', 'tbl', '4_project'],
    ]);
    expect(x.trees().map((t) => [tookMs(t.ChildSpan[0]!), tookMs(t.ChildSpan[0]!.ChildSpan[0]!)])).toEqual([
      [0, 110],
      [0, 70],
    ]);
    expect(x.trees().map((t) => t.ChildSpan[0]!.ChildSpan[0]!.attribute?.['data'])).toEqual(['{"id":1}', '{"id":2}']);
  });

  test('ends its span also when the table fails, and when the rule ends before', async () => {
    const x = setUp();
    x.give(1);
    x.give(2);
    await x.clock.advance(30);
    x.answers[0]!.fail(new Error('away'));
    await x.clock.advance(5);
    x.lookup.close!();
    expect(x.trees().map(chain)).toEqual([
      ['s', '2_decoder', 'tbl'],
      ['s', '2_decoder', 'tbl'],
    ]);
    expect(x.trees().map((t) => tookMs(t.ChildSpan[0]!.ChildSpan[0]!))).toEqual([30, 35]);
    expect(x.host.exceptions.map((e) => String((e as { text?: string }).text ?? e))).toHaveLength(2);
  });
});
