// Random statements by the grammar, planned, compiled and fed with random rows: whatever happens is a GatewayError when the rule is made or
// an error of a row, never an uncaught one; and the plan of what is accepted can be printed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import type { Row } from '../../src/data/value.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { explain, planRule, type SourceInfo } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { startRule, type TestRule } from '../helpers/program.ts';
import { expression, select } from '../sql/helpers/grammar.ts';

const functions = createFunctionCatalogue();
const known = [
  'upper',
  'collect',
  'row_number',
  'unnest',
  'acc_sum',
  'window_end',
  'last_hit_count',
  'coalesce',
  'last_agg_hit_count',
  'changed_cols',
];

/** The grammar's unknown functions become known ones, so that more statements get through. */
const withFunctions = (sql: string, picks: readonly string[]): string => {
  let i = 0;
  return sql.replace(/(?<![\w`])(`my-f`|f)(?=\()/g, () => picks[i++ % picks.length]!);
};

/** Any name is a source: kinds by its length. */
function sourceOf(name: string): SourceInfo {
  if (name.length % 3 === 1) return { name, kind: 'stream' };
  if (name.length % 3 === 2)
    return {
      name,
      kind: 'stream',
      schema: [
        { name: 'a', type: { kind: 'bigint' } },
        { name: 'X', type: { kind: 'struct', fields: [{ name: 'b', type: { kind: 'string' } }] } },
      ],
    };
  return { name, kind: 'table', lookup: name.length % 2 === 0 };
}

const value = fc.oneof(
  fc.integer({ min: -2, max: 3 }),
  fc.constantFrom(null, 'x', true, 1.5, [1, 'a'], { b: 1 }),
  fc.bigInt({ min: -2n, max: 2n }),
);
const row = fc.dictionary(fc.constantFrom('a', 'b', 'temperature', 'id_1', 'X', 'key', 'value'), value);

function run(sql: string, rows: readonly Row[]): 'refused' | 'ran' {
  let rule: TestRule;
  try {
    explain(planRule(parseSelect(sql), { source: sourceOf, functions }, { sql }));
    rule = startRule(sql, { source: sourceOf });
  } catch (error) {
    if (!isGatewayError(error) || error.code === 'INTERNAL' || error.code === 'PLAN_BROKEN') throw error;
    return 'refused';
  }
  for (const r of rows) for (const input of rule.program.inputs) rule.push(input.source, r);
  rule.running.save();
  rule.running.close();
  return 'ran';
}

describe('fuzz', () => {
  const picks = fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 4 });
  const rows = fc.array(row, { maxLength: 4 });

  it('statements by the grammar', () => {
    fc.assert(
      fc.property(select, picks, rows, (sql, names, data) => {
        run(withFunctions(sql, names), data as Row[]);
      }),
      { numRuns: 1000 },
    );
  });

  it('statements that are mostly accepted', () => {
    let ran = 0;
    const clauses = fc.record({
      from: fc.constantFrom(
        's',
        's AS d',
        's INNER JOIN t ON s.a = t.a',
        's LEFT JOIN t ON s.a = t.a AND t.b > 1',
        's FULL JOIN t',
        's INNER JOIN look ON s.a = look.a',
      ),
      where: fc.option(expression),
      group: fc.constantFrom(
        'GROUP BY COUNTWINDOW(2)',
        'GROUP BY a, COUNTWINDOW(2, 1)',
        'GROUP BY SLIDINGWINDOW(ss, 1)',
        'GROUP BY STATEWINDOW(a > 1)',
        '',
      ),
      having: fc.option(
        fc.constantFrom('count(*) > 0', 'sum(a) > 1', 'had_changed(true, max(a)) = true', 'last_agg_hit_count() < 2 AND count(*) > 0'),
      ),
      order: fc.option(fc.constantFrom('a', 'b DESC, a', 'v')),
      limit: fc.option(fc.integer({ min: -1, max: 2 })),
    });
    const second = fc.constantFrom(
      'a',
      '*',
      'count(*) AS c',
      'lag(a) AS l',
      'row_number() AS n',
      'unnest(collect(a)) AS u',
      's.*',
      'meta(topic) AS m',
    );
    fc.assert(
      fc.property(expression, second, clauses, picks, rows, (field, other, c, names, data) => {
        const parts = [
          `SELECT ${field} AS v, ${other} FROM ${c.from}`,
          c.where === null ? '' : `WHERE ${c.where}`,
          c.group,
          c.having === null ? '' : `HAVING ${c.having}`,
          c.order === null ? '' : `ORDER BY ${c.order}`,
          c.limit === null ? '' : `LIMIT ${c.limit}`,
        ];
        if (run(withFunctions(parts.join(' '), names), data as Row[]) === 'ran') ran++;
      }),
      { numRuns: 2000 },
    );
    expect(ran).toBeGreaterThan(50);
  });

  it('expressions as fields and conditions', () => {
    fc.assert(
      fc.property(expression, expression, picks, rows, (field, where, names, data) => {
        run(withFunctions(`SELECT ${field} AS v, * FROM s WHERE ${where}`, names), data as Row[]);
      }),
      { numRuns: 1500 },
    );
  });

  it('every function with any arguments is refused or runs', () => {
    const rows: Row[] = [{ a: 1, b: 'x', c: [1], d: { x: 1 } }, {}, { a: 'q', b: 2, c: null, d: [] }];
    let ran = 0;
    for (const name of functions.names())
      for (const args of ['', 'a', 'a, b', 'c, d', 'a, b, c', 'a, b, c, d', '*', 'a, 1', '"x", a', 'true, a', '"x", true, a'])
        if (run(`SELECT ${name}(${args}) AS v FROM s`, rows) === 'ran') ran++;
    expect(ran).toBeGreaterThan(300);
  });
});
