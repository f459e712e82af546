// What the planner refuses, with eKuiper's text first, then place and hint.
import { describe, expect, it } from 'vitest';
import { isGatewayError, messageOf } from '../../src/base/errors/gateway-error.ts';
import type { PlanOptions, SourceInfo } from '../../src/plan/index.ts';
import { startRule, stream } from '../helpers/program.ts';

const sources: SourceInfo[] = [
  stream('demo'),
  stream('two'),
  stream('typed', [
    { name: 'a', type: { kind: 'bigint' } },
    { name: 'h', type: { kind: 'struct', fields: [{ name: 'x', type: { kind: 'bigint' } }] } },
  ]),
  stream('tmp', undefined, { temp: true }),
  { name: 'tbl', kind: 'table', lookup: true },
  { name: 'scan', kind: 'table' },
];

function refusal(sql: string, options: PlanOptions = {}): [code: string, text: string] {
  try {
    startRule(sql, { sources, ...options });
  } catch (error) {
    return [isGatewayError(error) ? error.code : 'none', messageOf(error).split('\n')[0]!];
  }
  return ['accepted', ''];
}

describe('refused', () => {
  it.each([
    ['SELECT a FROM none', 'PLAN_UNKNOWN_SOURCE', 'fail to get stream none, please check if stream is created'],
    ['SELECT a FROM tmp', 'PLAN_TEMP_SOURCE', 'temp stream tmp can only be used by temp rules'],
    [
      'SELECT a FROM demo INNER JOIN demo ON demo.a = demo.a GROUP BY COUNTWINDOW(2)',
      'PLAN_DUPLICATE_SOURCE',
      'stream demo is used more than once',
    ],
    ['SELECT nope FROM typed', 'PLAN_UNKNOWN_COLUMN', 'unknown field nope'],
    ['SELECT typed.nope FROM typed', 'PLAN_UNKNOWN_COLUMN', 'unknown field typed.nope'],
    ['SELECT count(nope) FROM typed GROUP BY COUNTWINDOW(2)', 'PLAN_UNKNOWN_COLUMN', 'unknown field nope'],
    ['SELECT a FROM typed GROUP BY COUNTWINDOW(2) FILTER(WHERE nope > 1)', 'PLAN_UNKNOWN_COLUMN', 'unknown field nope'],
    ['SELECT a FROM typed GROUP BY COUNTWINDOW(2) ORDER BY nope', 'PLAN_UNKNOWN_COLUMN', 'unknown field nope'],
    ['SELECT none.* FROM demo', 'PLAN_UNKNOWN_COLUMN', 'stream none not found'],
    ['SELECT abs() FROM demo', 'PLAN_BAD_ARGUMENT', 'validate function abs error: Expect 1 arguments but found 0.'],
    ['SELECT abs("x") FROM demo', 'PLAN_BAD_ARGUMENT', 'validate function abs error: Expect number - float or int type for parameter 1'],
    ['SELECT meta("topic") FROM demo', 'PLAN_BAD_ARGUMENT', 'validate function meta error: Expect meta reference type for parameter 1'],
    ['SELECT a, b AS a FROM demo', 'PLAN_DUPLICATE_FIELD', 'duplicate field definition a'],
    ['SELECT a AS x, b AS x FROM demo', 'PLAN_DUPLICATE_FIELD', 'duplicate alias x'],
    ['SELECT a AS b, b AS a FROM demo', 'PLAN_ALIAS_CYCLE', 'select fields have cycled alias'],
    [
      'SELECT sum(count(a)) FROM demo GROUP BY COUNTWINDOW(2)',
      'PLAN_AGGREGATE_PLACE',
      'invalid argument for func sum: aggregate argument is not allowed',
    ],
    [
      'SELECT sum(a) AS s FROM demo GROUP BY s, COUNTWINDOW(2)',
      'PLAN_AGGREGATE_PLACE',
      'Not allowed to call aggregate functions in GROUP BY clause: $$alias.s,aliasRef:Call:{ name:sum, args:[demo.a] }.',
    ],
    [
      'SELECT last_hit_count() FROM demo GROUP BY COUNTWINDOW(2)',
      'PLAN_AGGREGATE_PLACE',
      'function last_hit_count is not allowed in an aggregate query',
    ],
    [
      'SELECT a FROM demo HAVING a > 1',
      'PLAN_HAVING',
      'Not allowed to call non-aggregate functions in HAVING clause: binaryExpr:{ demo.a > 1 }.',
    ],
    ['SELECT a FROM demo GROUP BY a', 'PLAN_GROUP_WITHOUT_WINDOW', 'select stmt group by should be used with window'],
    [
      'SELECT demo.a FROM demo INNER JOIN two ON demo.a = two.a',
      'PLAN_JOIN_WITHOUT_WINDOW',
      'a time window or count window is required to join multiple streams',
    ],
    ['SELECT id FROM scan GROUP BY COUNTWINDOW(2)', 'PLAN_WINDOW', 'cannot run window for TABLE sources'],
    [
      'SELECT * FROM demo CROSS JOIN tbl',
      'PLAN_LOOKUP_JOIN',
      'join condition %!s(<nil>) is invalid, at least one equi-join predicate is required',
    ],
    [
      'SELECT * FROM demo INNER JOIN tbl ON demo.id > tbl.id',
      'PLAN_LOOKUP_JOIN',
      'join condition binaryExpr:{ demo.id > tbl.id } is invalid, at least one equi-join predicate is required',
    ],
    ['SELECT * FROM tbl LEFT JOIN demo ON demo.id = tbl.id', 'PLAN_LOOKUP_JOIN', 'lookup table tbl cannot be the preserved side of a join'],
    ['SELECT lag(row_number()) AS l FROM demo', 'PLAN_ORDER', 'function row_number is used where its value is not known yet'],
    [
      'SELECT a FROM demo WHERE lag(sum(a)) > 1 GROUP BY COUNTWINDOW(2)',
      'PLAN_ORDER',
      'function lag is used where its value is not known yet',
    ],
    [
      'SELECT demo.a FROM demo INNER JOIN two ON count(*) = two.a GROUP BY COUNTWINDOW(2)',
      'PLAN_ORDER',
      'function count is used where its value is not known yet',
    ],
    ['SELECT a[1:1] FROM demo', 'SQL_SLICE', "colon start value can't be greater than end value"],
  ])('%s', (sql, code, text) => {
    expect(refusal(sql)).toEqual([code, text]);
  });

  it('by options of the rule', () => {
    expect(refusal('SELECT a FROM demo', { isEventTime: true })).toEqual([
      'PLAN_EVENT_TIME',
      'preprocessor is set to be event time but stream option TIMESTAMP not found',
    ]);
    expect(refusal('SELECT a FROM demo GROUP BY COUNTWINDOW(2)', { sendMetaToSink: true })).toEqual([
      'PLAN_OPTION',
      'Invalid option sendMetaToSink, it can not be applied to window',
    ]);
    expect(refusal('SELECT a FROM demo GROUP BY COUNTWINDOW(2)', { windowVersion: 'v2' })[1]).toBe('unsupported window type:COUNT_WINDOW');
  });
});

describe('accepted', () => {
  it.each([
    'SELECT * FROM demo AS d',
    'SELECT h.x FROM typed',
    'SELECT h->nope FROM typed',
    'SELECT none.a FROM demo',
    'SELECT *, * FROM demo',
    'SELECT count(*) FROM demo',
    'SELECT lag(a) FROM demo GROUP BY COUNTWINDOW(2)',
    'SELECT a FROM demo WHERE COUNTWINDOW(2)',
    'SELECT TUMBLINGWINDOW(ss, 1) FROM demo',
    'SELECT id FROM tbl',
    'SELECT demo.a FROM tbl INNER JOIN demo ON demo.a = tbl.id',
    'SELECT zz FROM typed INNER JOIN two ON typed.a = two.a GROUP BY COUNTWINDOW(2)',
    'SELECT tmp.a FROM tmp',
  ])('%s', (sql) => {
    expect(refusal(sql, { temp: true })).toEqual(['accepted', '']);
  });
});
