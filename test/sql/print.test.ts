import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExpression, parseStatement, printExpr, printStatement } from '../../src/sql/index.ts';
import { create, expression, select } from './helpers/grammar.ts';
import { withoutSpans } from './helpers/without-spans.ts';

describe('expressions', () => {
  test.each([
    ['a+b*c', 'a + b * c'],
    ['(a+b)*c', '(a + b) * c'],
    ['a-(b-c)', 'a - (b - c)'],
    ['(a-b)-c', 'a - b - c'],
    ['a - (-1)', 'a - (-1)'],
    ['a - (b[0])', 'a - b[0]'],
    ['a * (b->c)', 'a * (b->c)'],
    ['a * b->c', '(a * b)->c'],
    ['x in a * b->c', 'x IN a * b->c'],
    ['(a = b) = c', 'a = b = c'],
    ['a or b and c', 'a OR b AND c'],
    ['(a or b) and c', '(a OR b) AND c'],
    ["'x' LIKE concat('a', \"b\")", '"x" LIKE concat("a", "b")'],
    ['a not between (1+2) and 3', 'a NOT BETWEEN (1 + 2) AND 3'],
    ['a in(1,2)', 'a IN (1, 2)'],
    ['a in b', 'a IN b'],
    ['`select`->`a-b`.c', '`select`->`a-b`->c'],
    ['a.b.c', 'a.b->c'],
    ['a->1', 'a->(1)'],
    ['a[:]', 'a[]'],
    ['a[1:]', 'a[1:]'],
    ['1.0', '1.0'],
    ['100000000000000000000000.0', '100000000000000000000000.0'],
    ['0.0000000001', '0.0000000001'],
    ['-.5', '-0.5'],
    ['case when a=1 then 2 else 3 end', 'CASE WHEN a = 1 THEN 2 ELSE 3 END'],
    ['lag(a)over(partition by b when c)', 'lag(a) OVER (PARTITION BY b WHEN c)'],
    ['* except(a)replace(b as c)', '* EXCEPT(a) REPLACE(b AS c)'],
    ['meta(a->b)', 'meta(a->b)'],
    ['tumblingwindow(SS,1)filter(where a)over(when b)', 'tumblingwindow(SS, 1) FILTER(WHERE a) OVER(WHEN b)'],
  ])('%s', (sql, printed) => {
    expect(printExpr(parseExpression(sql))).toBe(printed);
  });
});

describe('statements', () => {
  test.each([
    [
      'select a as b invisible, (c) from d as e inner join f on e.x=f.x where a group by g, countwindow(2) having count(*)>1 order by a desc, b limit 5;',
      'SELECT a AS b INVISIBLE, (c) FROM d AS e INNER JOIN f ON e.x = f.x WHERE a GROUP BY g, countwindow(2) HAVING count(*) > 1 ORDER BY a DESC, b LIMIT 5',
    ],
    ['select a from a/b/#', 'SELECT a FROM `a/b/#`'],
    ['select a from d group by (countwindow(1))', 'SELECT a FROM d GROUP BY (countwindow(1))'],
    [
      `create stream d (a bigint default 5, \`order\` struct(x array(float)),) with (datasource="a\\"b" shared=true, retain_size="3")`,
      `CREATE STREAM d (a BIGINT DEFAULT 5, \`order\` STRUCT(x ARRAY(FLOAT))) WITH (DATASOURCE="a\\"b", SHARED=TRUE, RETAIN_SIZE="3")`,
    ],
    ['show streams;', 'SHOW STREAMS'],
    ['drop table `a-b`', 'DROP TABLE `a-b`'],
  ])('%s', (sql, printed) => {
    expect(printStatement(parseStatement(sql))).toBe(printed);
  });
});

// Inputs that a property found failing go here as plain examples.
describe('print(parse(x)) is stable', () => {
  const stable = (sql: string) => {
    const first = parseStatement(sql);
    const printed = printStatement(first);
    const second = parseStatement(printed);
    expect(printStatement(second)).toBe(printed);
    expect(withoutSpans(second)).toEqual(withoutSpans(first));
  };

  test('expressions', () => {
    fc.assert(
      fc.property(expression, (sql) => {
        const first = parseExpression(sql);
        const printed = printExpr(first);
        expect(withoutSpans(parseExpression(printed))).toEqual(withoutSpans(first));
      }),
      { numRuns: 1000 },
    );
  });

  test('SELECT', () => {
    fc.assert(fc.property(select, stable), { numRuns: 600 });
  });

  test('CREATE', () => {
    fc.assert(fc.property(create, stable), { numRuns: 300 });
  });
});
