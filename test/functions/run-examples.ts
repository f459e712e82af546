// Runs the examples of function definitions as tests: each is a rule over one row. They are the documentation, so they must be true.
import { expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import type { Example, FunctionDefinition } from '../../src/contract/function.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { runRule } from '../helpers/program.ts';

/** One test per function; every function has two examples at least. */
export function testExamples(group: Readonly<Record<string, unknown>>): void {
  for (const definition of Object.values(group) as FunctionDefinition[])
    it(definition.name, () => {
      const isShort = definition.params.length === 0;
      expect(definition.examples.length).toBeGreaterThanOrEqual(isShort ? 1 : 2);
      const own = definition.onlyStandard === true;
      for (const example of definition.examples) check(definition, example, own);
      for (const example of definition.standard?.examples ?? []) check(definition, example, true);
    });
}

function check(definition: FunctionDefinition, [sql, expected, row]: Example, standard: boolean): void {
  const got = evaluate(definition, sql, row ?? {}, standard);
  const about = `${sql} of ${inspect(row)}`;
  if (typeof expected === 'object' && expected !== null && 'error' in expected) {
    expect(got, about).toHaveProperty('$error');
    expect((got as { $error: string }).$error, about).toContain(expected.error);
  } else expect(got, about).toEqual(expected);
}

/** The value as a rule sends it; errors of plan and row as `{ $error }`. */
export function evaluate(definition: FunctionDefinition, sql: string, row: Row, standard = false): unknown {
  const spreads = definition.kind === 'analytic' && definition.columns === true;
  try {
    const [first] = runRule(`SELECT ${sql}${spreads ? '' : ' AS v'} FROM demo`, [row], {
      sqlCompatibility: standard ? 'standard' : 'ekuiper',
    });
    if (first === undefined || '$error' in first) return first;
    return spreads ? first[0] : ((first[0] as Record<string, Value>)['v'] ?? null);
  } catch (error) {
    return { $error: messageOf(error) };
  }
}

const inspect = (v: unknown): string => JSON.stringify(v, (_k, x) => (typeof x === 'bigint' ? `${x}n` : x));
