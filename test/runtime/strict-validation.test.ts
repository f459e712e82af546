// STRICT_VALIDATION: which rows pass, and as what. Expected outcomes were recorded from eKuiper 2.4.
import { describe, expect, it } from 'vitest';
import type { Row, Value } from '../../src/data/value.ts';
import { createStrictValidation } from '../../src/runtime/source/strict-validation.ts';
import { parseStatement } from '../../src/sql/index.ts';

function validate(fields: string, row: Row): Row {
  const statement = parseStatement(`CREATE STREAM s ${fields} WITH (DATASOURCE="x")`);
  if (statement.kind !== 'create') throw new Error('no stream');
  return createStrictValidation(statement.fields, { timeZone: 'UTC' })(row);
}

/** Reads the value of `a`, members included, as a rule does. */
const read = (fields: string, row: Row): Value => structuredClone(validate(fields, row)['a']);

describe('strict validation', () => {
  it('numbers convert among themselves, nothing else does', () => {
    expect(read('(a BIGINT)', { a: 1.7 })).toBe(1n);
    expect(read('(a FLOAT)', { a: 3n })).toBe(3);
    expect(() => read('(a BIGINT)', { a: '1' })).toThrow('field a type mismatch');
    expect(() => read('(a BOOLEAN)', { a: 1 })).toThrow('field a type mismatch');
  });

  it('a field that is missing needs a DEFAULT; null is not a value of a scalar', () => {
    expect(() => read('(a BIGINT)', {})).toThrow('error in preprocessor: field a is not found');
    expect(read('(a BIGINT DEFAULT 5)', {})).toBe(5n);
    expect(() => read('(a BIGINT)', { a: null })).toThrow('field a type mismatch');
  });

  it('members of a struct must exist for whoever reads them, and only for those', () => {
    expect(read('(a STRUCT(x BIGINT))', { a: { x: 1, z: 9 } })).toEqual({ x: 1n });
    const row = validate('(a STRUCT(x BIGINT, y STRING))', { a: { y: 's' } });
    const struct = row['a'] as Record<string, Value>;
    expect(struct['y']).toBe('s');
    expect(() => struct['x']).toThrow('field x is not found');
    expect(() => read('(a STRUCT(x BIGINT))', { a: { x: null } })).toThrow('cannot convert <nil>(<nil>) to int');
  });

  it('inside arrays a missing member fails the row', () => {
    expect(read('(a ARRAY(STRUCT(x BIGINT)))', { a: [{ x: 1 }] })).toEqual([{ x: 1n }]);
    expect(() => validate('(a ARRAY(STRUCT(x BIGINT)))', { a: [{}] })).toThrow('array element type mismatch');
    expect(() => validate('(a ARRAY(BIGINT))', { a: [null] })).toThrow('array element type mismatch');
  });
});
