// The plan as text, and what each rewrite rule makes of it.
import { describe, expect, it } from 'vitest';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { explain, type PlanOptions, planRule, rewriteRules, type SourceInfo } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';

const functions = createFunctionCatalogue();
const sources: SourceInfo[] = [
  { name: 'demo', kind: 'stream' },
  { name: 'other', kind: 'stream' },
  {
    name: 'typed',
    kind: 'stream',
    schema: [
      { name: 'a', type: { kind: 'bigint' } },
      { name: 'b', type: { kind: 'string' } },
    ],
  },
  { name: 'events', kind: 'stream', timestamp: 'ts' },
  { name: 'lookup', kind: 'table', lookup: true },
  { name: 'scan', kind: 'table' },
];

function plan(sql: string, options: PlanOptions = {}): string[] {
  const made = planRule(parseSelect(sql), { source: (n) => sources.find((s) => s.name === n), functions }, { sql, ...options });
  return explain(made).split('\n');
}

/** Only one rule on. */
const only = (name: string): PlanOptions => ({ disabledRules: rewriteRules.map((r) => r.name).filter((n) => n !== name) });
const ops = (lines: readonly string[]): string[] => lines.map((l) => (JSON.parse(l.trim()) as { op: string }).op.replace(/_\d+$/, ''));
const infoOf = (lines: readonly string[], op: string): string =>
  (JSON.parse(lines.find((l) => l.includes(`"${op}_`))!.trim()) as { info: string }).info;

describe('explain', () => {
  it('prints one object per line, tabs for depth, numbered from the top', () => {
    expect(plan('SELECT a, b + 1 AS c FROM demo WHERE a > 5')).toEqual([
      '{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$alias.c,aliasRef:binaryExpr:{ demo.b + 1 } ]"}',
      '\t{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.a > 5 } }"}',
      '\t\t{"op":"DataSourcePlan_2","info":"StreamName: demo, Fields:[ a, b ]"}',
    ]);
  });

  it('has the operators in the order of evaluation', () => {
    const sql =
      'SELECT dev, lag(sum(a)) AS p, row_number() AS n FROM demo WHERE lag(b) > 1 GROUP BY dev, TUMBLINGWINDOW(ss, 1) HAVING sum(a) > 1 ORDER BY dev';
    expect(ops(plan(sql, { disabledRules: rewriteRules.map((r) => r.name) }))).toEqual([
      'ProjectPlan',
      'OrderPlan',
      'WindowFuncPlan',
      'HavingPlan',
      'AnalyticFuncsPlan',
      'AggregatePlan',
      'WindowPlan',
      'FilterPlan',
      'AnalyticFuncsPlan',
      'DataSourcePlan',
    ]);
  });

  it('filters after windows that rows close and in event time, before windows that the clock closes', () => {
    const where = 'FROM demo WHERE a > 1 GROUP BY';
    const before = ['ProjectPlan', 'WindowPlan', 'FilterPlan', 'DataSourcePlan'];
    const after = ['ProjectPlan', 'FilterPlan', 'WindowPlan', 'DataSourcePlan'];
    for (const w of ['TUMBLINGWINDOW(ss, 1)', 'HOPPINGWINDOW(ss, 2, 1)', 'SESSIONWINDOW(ss, 2, 1)', 'STATEWINDOW(a > 1)'])
      expect(ops(plan(`SELECT a ${where} ${w}`))).toEqual(before);
    for (const w of ['COUNTWINDOW(2)', 'SLIDINGWINDOW(ss, 1)']) expect(ops(plan(`SELECT a ${where} ${w}`))).toEqual(after);
    expect(ops(plan('SELECT a FROM events WHERE a > 1 GROUP BY TUMBLINGWINDOW(ss, 1)', { isEventTime: true }))).toEqual([
      'ProjectPlan',
      'FilterPlan',
      'WindowPlan',
      'WatermarkPlan',
      'DataSourcePlan',
    ]);
  });

  it('shows joins, scan tables and lookups', () => {
    expect(ops(plan('SELECT * FROM demo INNER JOIN scan ON demo.id = scan.id'))).toEqual([
      'ProjectPlan',
      'JoinPlan',
      'JoinAlignPlan',
      'DataSourcePlan',
      'DataSourcePlan',
    ]);
    expect(ops(plan('SELECT * FROM demo LEFT JOIN lookup ON demo.id = lookup.id AND lookup.x > 1'))).toEqual([
      'ProjectPlan',
      'FilterPlan',
      'LookupPlan',
      'DataSourcePlan',
    ]);
  });
});

describe('rewrite rules', () => {
  it('constantFolding computes what needs no row and leaves failures alone', () => {
    const info = infoOf(
      plan('SELECT a + 60 * 60 AS x, 1 / 0 AS y, concat("a", "b") AS z FROM demo', only('constantFolding')),
      'ProjectPlan',
    );
    expect(info).toContain('binaryExpr:{ demo.a + 3600 }');
    expect(info).toContain('binaryExpr:{ 1 / 0 }');
    expect(info).toContain('z,aliasRef:ab');
  });

  it('columnPruner asks for the whole object only where * is read', () => {
    const source = (sql: string, o: PlanOptions = {}) => infoOf(plan(sql, o), 'DataSourcePlan');
    expect(source('SELECT a FROM typed WHERE b = "x"')).toBe('StreamName: typed, Fields:[ a, b ], StreamFields:[ a, b ]');
    expect(source('SELECT * FROM demo')).toBe('StreamName: demo wildcard:true');
    expect(source('SELECT count(*) AS c FROM demo GROUP BY COUNTWINDOW(2)')).toBe('StreamName: demo');
    expect(source('SELECT a FROM demo', { disabledRules: ['columnPruner'] })).toBe('StreamName: demo, Fields:[ a ] wildcard:true');
  });

  it('predicatePushDown moves the leading conditions of one side below an inner join, and only those', () => {
    const early = (where: string, from = 'demo', to = 'other') =>
      plan(
        `SELECT ${from}.a AS x FROM ${from} INNER JOIN ${to} ON ${from}.id = ${to}.id WHERE ${where} GROUP BY COUNTWINDOW(2)`,
        only('predicatePushDown'),
      )
        .filter((l) => l.includes('FilterPlan'))
        .slice(1)
        .map((l) => (JSON.parse(l.trim()) as { info: string }).info);
    expect(early('demo.a > 1 AND demo.b < 2 AND demo.a + other.b > 3 AND demo.c = 1')).toEqual([
      'Condition:{ binaryExpr:{ binaryExpr:{ demo.a > 1 } AND binaryExpr:{ demo.b < 2 } } }',
    ]);
    // the first may fail, and then no condition on the other side may drop the row before
    expect(early('demo.a > 1 AND other.b < 2')).toEqual(['Condition:{ binaryExpr:{ demo.a > 1 } }']);
    expect(early('demo.a + other.b > 3 AND demo.a > 1')).toEqual([]);
  });

  it('predicatePushDown moves conditions of both sides when declared types say that the first cannot fail', () => {
    const sql =
      'SELECT typed.a AS x FROM typed INNER JOIN demo ON typed.a = demo.a WHERE typed.a > 1 AND demo.b < 2 GROUP BY COUNTWINDOW(2)';
    expect(ops(plan(sql, only('predicatePushDown'))).filter((o) => o === 'FilterPlan')).toHaveLength(3);
  });

  it('predicatePushDown spares lookups for rows that cannot pass, and keeps the other side of a left join', () => {
    const left = (where: string) => ops(plan(`SELECT * FROM demo LEFT JOIN lookup ON demo.id = lookup.id WHERE ${where}`));
    expect(left('demo.a > 1')).toEqual(['ProjectPlan', 'FilterPlan', 'LookupPlan', 'FilterPlan', 'DataSourcePlan']);
    expect(left('lookup.a > 1')).toEqual(['ProjectPlan', 'FilterPlan', 'LookupPlan', 'DataSourcePlan']);
  });

  it('incrementalWindow folds rows where all aggregates can', () => {
    expect(ops(plan('SELECT avg(a) AS x FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)'))).toContain('IncAggWindowPlan');
    expect(ops(plan('SELECT avg(a) AS x FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)', { incrementalWindow: 'off' }))).toContain('WindowPlan');
    expect(ops(plan('SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)'))).toContain('WindowPlan');
    expect(ops(plan('SELECT count(*) AS c FROM demo WHERE a > 1 GROUP BY COUNTWINDOW(2)'))).toContain('WindowPlan');
    expect(
      ops(plan('SELECT demo.a, count(*) AS c FROM demo INNER JOIN other ON demo.a = other.a GROUP BY demo.a, COUNTWINDOW(2)')),
    ).toContain('WindowPlan');
  });

  it('commonSubexpressions folds an aggregate once', () => {
    const info = infoOf(
      plan('SELECT sum(a) AS s, sum(a) + 1 AS t FROM demo GROUP BY TUMBLINGWINDOW(ss, 1) HAVING sum(a) > 1'),
      'IncAggWindowPlan',
    );
    expect(info).toBe('wType:TUMBLING_WINDOW, funcs:[Call:{ name:sum, args:[demo.a] }]');
  });

  it('every rule is switched off by its name', () => {
    const seen: string[] = [];
    const sql = 'SELECT upper(s) AS u, concat(u, u) AS v, 1 + 1 AS w, sum(a) AS x, sum(a) AS y FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)';
    const catalog = { source: (n: string) => sources.find((s) => s.name === n), functions };
    planRule(parseSelect(sql), catalog, { disabledRules: rewriteRules.map((r) => r.name) }, (rule) => seen.push(rule));
    expect(seen).toEqual(['build']);
  });
});
