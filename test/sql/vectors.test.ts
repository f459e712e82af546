// The statements recorded from the real eKuiper (test/conformance/vectors), driven straight through parser and checks: each one that
// it accepted is accepted, each one that it refused is refused, or refused by a later stage that is named here.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import {
  checkFormat,
  checkSelect,
  checkSlices,
  type FunctionFacts,
  type FunctionNames,
  parseExpression,
  parseStatement,
  printStatement,
} from '../../src/sql/index.ts';
import { withoutSpans } from './helpers/without-spans.ts';

const folder = 'test/conformance/vectors';

interface Vector {
  name: string;
  kind: string;
  sqls?: { sql: string; ok: boolean; message: string }[];
  streams?: string[];
  tables?: string[];
  exprs?: { expr: string; refused?: number; message?: string }[];
  rules?: { sql?: string; refused?: number; message?: string }[];
}

function vectorsOf(area: string): Vector[] {
  return readdirSync(`${folder}/${area}`).flatMap((file) => JSON.parse(readFileSync(`${folder}/${area}/${file}`, 'utf8')) as Vector[]);
}

/** Kinds of the functions as the specification groups them. */
function specifiedFunctions(): FunctionNames {
  const spec = JSON.parse(readFileSync('docs/spec/functions.json', 'utf8')) as {
    functions: { name: string; type?: string; category?: string }[];
  };
  const kinds: Record<string, Omit<FunctionFacts, 'name'>> = {
    aggregate: { kind: 'aggregate' },
    analytic: { kind: 'analytic' },
    srf: { kind: 'table' },
    window: { kind: 'window' },
    'window function': { kind: 'window', over: true },
    'multi-column': { kind: 'analytic', afterWhere: true, columns: true },
    'global state': { kind: 'analytic', afterWhere: true },
  };
  const byName = new Map(
    spec.functions.map((f) => [f.name, { name: f.name, ...(kinds[f.type ?? f.category ?? ''] ?? { kind: 'scalar' as const }) }]),
  );
  return { get: (name) => byName.get(name.toLowerCase()) ?? byName.get(name), names: () => [...byName.keys()] };
}

/** Refusals that need streams, bound names, argument types, connectors or rule options: not the parser's. */
const laterStages: readonly RegExp[] = [
  /validate function \w+ error/,
  /is not found|fail to get stream|stream \S+ not found/,
  /unknown field|ambiguous field/,
  /select stmt group by should be used with window/,
  /Not allowed to call (non-aggregate|aggregate) functions in (HAVING|GROUP BY) clause/,
  /aggregate argument is not allowed/,
  /cycled alias|duplicate alias|duplicate field definition/,
  /window is required to join|at least one equi-join predicate/,
  /unsupported window type/,
  /datasource \S+ is invalid/,
  /format type \w+ not supported|Missing rule actions|sink \w+ is not defined|missing property|is not supported|already exists/,
];

/** @returns the refusal's first line, or undefined when accepted */
function refusalOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return error.message.split('\n')[0];
  }
}

function statementRuns(sql: string, functions: FunctionNames): void {
  const statement = parseStatement(sql);
  if (statement.kind === 'select') {
    checkSelect(statement, sql, functions);
    checkSlices(statement, sql);
  }
  if (statement.kind === 'create') checkFormat(statement, sql, ['json', 'delimited', 'urlencoded', 'protobuf']);
  expect(withoutSpans(parseStatement(printStatement(statement)))).toEqual(withoutSpans(statement));
}

/** Differences between what was recorded and what we say, as text. */
function differences(recorded: readonly { sql: string; refused: string | undefined }[], run: (sql: string) => void): string[] {
  return recorded.flatMap(({ sql, refused }) => {
    const ours = refusalOf(() => run(sql));
    if (refused === undefined) return ours === undefined ? [] : [`accepted there, refused here: ${sql} => ${ours}`];
    if (ours !== undefined || laterStages.some((stage) => stage.test(refused))) return [];
    return [`refused there (${refused}), accepted here: ${sql}`];
  });
}

describe('recorded statements', () => {
  const functions = specifiedFunctions();

  for (const vector of vectorsOf('parse'))
    test(`parse: ${vector.name}`, () => {
      const statements = vector.sqls!.map(({ sql, ok, message }) => ({ sql, refused: ok ? undefined : message }));
      const needed = [...(vector.streams ?? []), ...(vector.tables ?? [])].map((sql) => ({ sql, refused: undefined }));
      expect(differences([...needed, ...statements], (sql) => statementRuns(sql, functions))).toEqual([]);
    });

  test('flow: the SQL of every rule, stream and table', () => {
    const all = readdirSync(folder)
      .flatMap((area) => vectorsOf(area))
      .filter((v) => v.kind === 'flow');
    const rules = all.flatMap((v) => v.rules ?? []).filter((r) => r.sql !== undefined);
    const recorded = [
      ...all
        .flatMap((v) => [...(v.streams ?? []), ...(v.tables ?? [])])
        .filter((sql) => typeof sql === 'string')
        .map((sql) => ({ sql, refused: undefined })),
      ...rules.map((r) => ({ sql: r.sql!, refused: r.refused === undefined ? undefined : (r.message ?? '') })),
    ];
    expect(recorded.length).toBeGreaterThan(400);
    expect(differences(recorded, (sql) => statementRuns(sql, functions))).toEqual([]);
  });

  test('expr: every expression', () => {
    const all = readdirSync(folder)
      .flatMap((area) => vectorsOf(area))
      .filter((v) => v.kind === 'expr');
    const recorded = all
      .flatMap((v) => v.exprs!)
      .map((e) => ({ sql: e.expr, refused: e.refused === undefined ? undefined : (e.message ?? '') }));
    expect(recorded.length).toBeGreaterThan(500);
    const asRule = (expr: string) => {
      parseExpression(expr);
      statementRuns(`SELECT rid__, ${expr} AS v FROM s`, functions);
    };
    expect(differences(recorded, asRule)).toEqual([]);
  });
});
