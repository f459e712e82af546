import { describe, expect, test } from 'vitest';
import { parseSelect, type SelectStatement } from '../../src/sql/index.ts';
import { shape } from './helpers/shape.ts';

const source = (s: SelectStatement['from']) => (s.alias === undefined ? s.name : `${s.name} as ${s.alias}`);

/** The parts of a statement that are there, as text. */
function parts(sql: string): Record<string, unknown> {
  const s = parseSelect(sql);
  const all = {
    fields: s.fields.map((f) => `${f.alias ?? f.name}=${shape(f.expr)}${f.invisible ? ' hidden' : ''}`),
    from: source(s.from),
    joins: s.joins.map((j) => `${j.type} ${source(j.source)}${j.on ? ` on ${shape(j.on)}` : ''}`),
    where: s.where && shape(s.where),
    groupBy: s.groupBy.map(shape),
    window: s.window && shape(s.window),
    ignoredWindows: s.ignoredWindows.map(shape),
    having: s.having && shape(s.having),
    orderBy: s.orderBy.map((o) => `${shape(o.expr)}${o.descending ? ' desc' : ''}`),
    limit: s.limit?.count,
  };
  return Object.fromEntries(
    Object.entries(all)
      .filter(([k, v]) => k !== 'fields' && v !== undefined && !(Array.isArray(v) && v.length === 0))
      .concat([['fields', all.fields]]),
  );
}

describe('fields and their names', () => {
  const golden: readonly (readonly [fields: string, names: readonly string[]])[] = [
    ['a', ['a=a']],
    ['a AS b', ['b=a']],
    ['a AS b INVISIBLE, c INVISIBLE', ['b=a hidden', 'c=c hidden']],
    ['a.b, a->b', ['b=a/b', 'kuiper_field_0=(-> a b)']],
    ['ABS(a), 1, 2 AS x, a + 1', ['ABS=(ABS a)', 'kuiper_field_0=1', 'x=2', 'kuiper_field_1=(+ a 1)']],
    ['(a), (b) AS c', ['kuiper_field_0=a', 'c=b']],
    ['*, d.*', ['*=(star - [])', '*=(star d [])']],
    ['* INVISIBLE', ['*=(star - []) hidden']],
    ['* REPLACE(a + 1, b), 2', ['*=(star - [] undefined:(+ a 1) undefined:b)', 'kuiper_field_1=2']],
    ['``', ['kuiper_field_0=']],
    ['dd', ['kuiper_field_0=:dd']],
    ['TUMBLINGWINDOW(ss, 1)', ['kuiper_field_0=<tumbling ss 1>']],
    ['count, value, key, `order`', ['count=count', 'value=value', 'key=key', 'order=order']],
  ];
  test.each(golden)('%s', (fields, names) => {
    expect(parts(`SELECT ${fields} FROM demo`)['fields']).toEqual(names);
  });
});

describe('clauses', () => {
  const golden: readonly (readonly [rest: string, expected: Record<string, unknown>])[] = [
    ['demo', { from: 'demo' }],
    ['`from`;', { from: 'from' }],
    ['demo AS d', { from: 'demo as d' }],
    ['a/b/#', { from: 'a/b/#' }],
    ['demo ; SELECT garbage', { from: 'demo' }],
    [
      'a INNER JOIN b ON a.id = b.id LEFT JOIN c AS x ON x.id = b.id',
      { from: 'a', joins: ['inner b on (= a/id b/id)', 'left c as x on (= x/id b/id)'] },
    ],
    ['a RIGHT JOIN b FULL JOIN c CROSS JOIN d', { from: 'a', joins: ['right b', 'full c', 'cross d'] }],
    ['demo WHERE a > 1 AND b', { from: 'demo', where: '(AND (> a 1) b)' }],
    ['demo GROUP BY a, abs(b), TUMBLINGWINDOW(ss, 10)', { from: 'demo', groupBy: ['a', '(abs b)'], window: '<tumbling ss 10>' }],
    [
      'demo GROUP BY COUNTWINDOW(2), TUMBLINGWINDOW(ss, 1), a',
      { from: 'demo', groupBy: ['a'], window: '<count 2>', ignoredWindows: ['<tumbling ss 1>'] },
    ],
    ['demo GROUP BY (COUNTWINDOW(2))', { from: 'demo', groupBy: ['<count 2>'] }],
    ['demo GROUP BY TUMBLINGWINDOW', { from: 'demo', groupBy: ['TUMBLINGWINDOW'] }],
    ['demo GROUP BY COUNTWINDOW(4) HAVING count(*) > 1', { from: 'demo', window: '<count 4>', having: '(> (count (star - [])) 1)' }],
    ['demo ORDER BY a', { from: 'demo', orderBy: ['a'] }],
    ['demo ORDER BY a DESC, d.b ASC, abs(c)', { from: 'demo', orderBy: ['a desc', 'd/b', '(abs c)'] }],
    ['demo ORDER BY a b DESC', { from: 'demo', orderBy: ['a', 'b desc'] }],
    ['demo ORDER BY a,', { from: 'demo', orderBy: ['a'] }],
    ['demo ORDER BY', { from: 'demo' }],
    ['demo LIMIT 5', { from: 'demo', limit: 5n }],
    ['demo LIMIT -1', { from: 'demo', limit: -1n }],
    [
      'demo AS d WHERE a = 1 GROUP BY b, HOPPINGWINDOW(mi, 10, 5) HAVING c > 1 ORDER BY d LIMIT 3',
      { from: 'demo as d', where: '(= a 1)', groupBy: ['b'], window: '<hopping mi 10 5>', having: '(> c 1)', orderBy: ['d'], limit: 3n },
    ],
  ];
  test.each(golden)('FROM %s', (rest, expected) => {
    expect(parts(`SELECT a FROM ${rest}`)).toEqual({ fields: ['a=a'], ...expected });
  });
});

describe('windows', () => {
  const golden: readonly (readonly [window: string, shape: string])[] = [
    ['TUMBLINGWINDOW(ss, 10)', '<tumbling ss 10>'],
    ['tumblingWindow(MS, -1)', '<tumbling ms -1>'],
    ['HOPPINGWINDOW(mi, 10, 5)', '<hopping mi 10 5>'],
    ['SLIDINGWINDOW(hh, 1)', '<sliding hh 1>'],
    ['SLIDINGWINDOW(hh, 1, 2)', '<sliding hh 1 2>'],
    ['SESSIONWINDOW(dd, 2, 1)', '<session dd 2 1>'],
    ['COUNTWINDOW(5)', '<count 5>'],
    ['COUNTWINDOW(5, 2)', '<count 5 2>'],
    ['COUNTWINDOW(5, 5)', '<count 5 5>'],
    ['COUNTWINDOW(5, 0)', '<count 5 0>'],
    ['STATEWINDOW(a > 1)', '<state (> a 1)>'],
    ['STATEWINDOW(a, b = 2) OVER(PARTITION BY c, d)', '<state a (= b 2) when - by [c d]>'],
    ['TUMBLINGWINDOW(ss, 1) FILTER(WHERE a > 1)', '<tumbling ss 1 filter (> a 1)>'],
    ['SLIDINGWINDOW(ss, 1) FILTER(WHERE b) OVER(WHEN a > 1)', '<sliding ss 1 filter b when (> a 1) by []>'],
    ['SLIDINGWINDOW(ss, 1) OVER(WHEN a > 1 PARTITION BY b)', '<sliding ss 1 when (> a 1) by [b]>'],
    ['COUNTWINDOW(2) OVER()', '<count 2>'],
  ];
  test.each(golden)('%s', (window, expected) => {
    expect(shape(parseSelect(`SELECT a FROM demo GROUP BY ${window}`).window!)).toBe(expected);
  });
});
