// Whatever the text: a statement or a GatewayError with its place, and soon.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { checkSelect, parseExpression, parseStatement, printStatement } from '../../src/sql/index.ts';
import { startWorkCounter, type WorkCounter } from '../helpers/work.ts';
import { functions } from './helpers/functions.ts';
import { statement } from './helpers/grammar.ts';

/** Fails on anything but a statement or a GatewayError that points into the text. */
function survive(sql: string): void {
  try {
    const parsed = parseStatement(sql);
    printStatement(parsed);
    if (parsed.kind === 'select') checkSelect(parsed, sql, functions);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { start: from, end: to } = error.params as { start: number; end: number };
    expect(from).toBeGreaterThanOrEqual(0);
    expect(from).toBeLessThanOrEqual(sql.length);
    expect(to).toBeGreaterThanOrEqual(from);
    expect(error.message).toContain('^');
  }
}

const snippets = [
  'SELECT',
  'FROM',
  '(',
  ')',
  '((((',
  '[',
  ']',
  ':',
  ',',
  '*',
  '-',
  '- -',
  '--',
  '/*',
  '*/',
  '->',
  '.',
  '"',
  "'",
  '`',
  '\\',
  '\\"',
  '!',
  '=',
  'IN',
  'BETWEEN 1 AND',
  'CASE WHEN',
  'END',
  'OVER (',
  'EXCEPT(',
  ';',
  '\n',
  '\0',
  '🙂',
  '\ud800',
  '1e5',
  '9'.repeat(30),
  'NOT',
  'AS',
];

const mutated = fc
  .tuple(
    statement,
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.integer({ min: 0, max: 6 }),
        put: fc.oneof(fc.constantFrom(...snippets), fc.string({ maxLength: 3, unit: 'binary' }), fc.constant('')),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([sql, edits]) =>
    edits.reduce(
      (text, { at, cut, put }) => text.slice(0, Math.floor(at * text.length)) + put + text.slice(Math.floor(at * text.length) + cut),
      sql,
    ),
  );

describe('no uncaught error', () => {
  const property = (texts: fc.Arbitrary<string>, numRuns: number) =>
    fc.assert(
      fc.property(texts, (sql) => {
        survive(sql);
      }),
      { numRuns },
    );

  test('statements by the grammar', () => property(statement, 500));
  test('mutated statements', () => property(mutated, 3000));
  test('soups of tokens', () =>
    property(
      fc
        .array(fc.constantFrom(...snippets, 'a', 'f(', 'GROUP BY', 'WHERE', 'CREATE STREAM a (', 'WITH (', 'ARRAY('), { maxLength: 30 })
        .map((t) => t.join(' ')),
      2000,
    ));
  test('any text', () => property(fc.string({ unit: 'binary', maxLength: 60 }), 1000));
});

/** Blocks of our sources per character; measured: 40 at most (a list of fields). */
const MOST_WORK_PER_CHARACTER = 60;

describe('pathological inputs cost work in step with their length', () => {
  const size = 60_000;
  let counter: WorkCounter;
  beforeAll(async () => {
    counter = await startWorkCounter();
  });
  afterAll(() => counter.stop());
  const fill = (piece: string) => piece.repeat(Math.floor(size / piece.length));
  test.each([
    ['open parentheses', `SELECT ${fill('(')}`],
    ['closed parentheses', `SELECT ${'('.repeat(size / 2)}1${')'.repeat(size / 2)} FROM d`],
    ['calls', `SELECT ${fill('f(')}`],
    ['nested CASE', `SELECT ${fill('CASE WHEN TRUE THEN ')}`],
    ['brackets', `SELECT a${fill('[')}`],
    ['arrows', `SELECT a${fill('->b')} FROM d`],
    ['a sum', `SELECT a${fill('+a')} FROM d`],
    ['a conjunction', `SELECT a FROM d WHERE a=1${fill(' AND a=1')}`],
    ['BETWEEN', `SELECT a FROM d WHERE a${fill(' BETWEEN 1 AND 2')}`],
    ['fields', `SELECT a${fill(',a')} FROM d`],
    ['a list', `SELECT a FROM d WHERE a IN (1${fill(',1')})`],
    ['an open string', `SELECT "${fill('a')}`],
    ['backslashes', `SELECT "${fill('\\')}`],
    ['quotes', `SELECT ${fill('"')}`],
    ['escapes', `SELECT "${fill('\\x41')}" FROM d`],
    ['wrong escapes', `SELECT "${fill('\\q')}" FROM d`],
    ['an open comment', `SELECT /*${fill('*')}`],
    ['minus signs', `SELECT ${fill('- ')}`],
    ['lines', `${fill('\n')}SELECT`],
    ['blanks after <', `SELECT a < ${fill(' ')}`],
    ['digits', `SELECT ${fill('9')} FROM d`],
    ['a fraction', `SELECT .${fill('9')} FROM d`],
    ['dots', `SELECT ${fill('1.')} FROM d`],
    ['an alias for each field', `SELECT ${Array.from({ length: 3000 }, (_, i) => `a AS b${i}`).join(',')} FROM d`],
    ['columns', `CREATE STREAM d (${Array.from({ length: 3000 }, (_, i) => `c${i} BIGINT`).join(',')}) WITH (TYPE="x")`],
    ['nested types', `CREATE STREAM d (a ${fill('ARRAY(')}`],
    ['options', `CREATE STREAM d () WITH (${fill('KEY="x"')})`],
    ['one long name', `SELECT ${fill('a')} FORM d`],
    ['one unknown word', fill('a')],
    ['EXTRA with deep JSON', `CREATE STREAM d () WITH (EXTRA="${'['.repeat(size / 2)}${']'.repeat(size / 2)}")`],
  ])('%s', async (_, sql) => {
    expect(sql.length).toBeLessThanOrEqual(65_536);
    const work = await counter.count(() => survive(sql));
    expect(work / sql.length).toBeLessThan(MOST_WORK_PER_CHARACTER);
  });
});

test('parseExpression survives as well', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (sql) => {
      try {
        parseExpression(sql);
      } catch (error) {
        if (!isGatewayError(error)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
