// The declared fields of CREATE STREAM: `(name TYPE [DEFAULT literal], ...)`, types nested by ARRAY(..) and STRUCT(..).
// The outer list may be empty (schemaless) and may end in a comma; a STRUCT may do neither.
import type { BasicTypeName, FieldDef, FieldType } from '../ast.ts';
import { suggest } from '../suggest.ts';
import { defaultValue } from './default-value.ts';
import type { Reader } from './reader.ts';

const basicTypes: Readonly<Record<string, BasicTypeName>> = {
  BIGINT: 'bigint',
  FLOAT: 'float',
  STRING: 'string',
  BYTEA: 'bytea',
  DATETIME: 'datetime',
  BOOLEAN: 'boolean',
};
const typeNames = [...Object.keys(basicTypes), 'ARRAY', 'STRUCT'];
const expectedTypes = 'expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT).';

/** From `(` to WITH, which is taken too. */
export function parseColumns(r: Reader): FieldDef[] {
  r.expect('(', 'expected lparen after stream name.');
  const fields: FieldDef[] = [];
  while (r.accept(')') === undefined) {
    fields.push(parseField(r));
    if (r.accept(',') === undefined && r.peek().type !== ')') r.failFound('expect comma or rparen.');
  }
  if (r.atWord('WITH')) r.take();
  // After a list with fields eKuiper goes on to the options when it meets one more parenthesis; the text differs, not the refusal.
  else if (fields.length > 0 && (r.peek().type === ')' || r.peek().type === ',')) r.failFound('expect stream options.');
  else r.failFound('expected is with.');
  return fields;
}

function parseField(r: Reader): FieldDef {
  const name = r.expect('name', 'expect stream field name.');
  const type = parseType(r, expectedTypes);
  const value = r.accept('DEFAULT') === undefined ? undefined : defaultValue(r, type);
  const span = r.spanFrom(name.span);
  return value === undefined ? { name: name.text, type, span } : { name: name.text, type, default: value, span };
}

function parseType(r: Reader, expected: string): FieldType {
  const token = r.peek();
  const word = token.type === 'name' && token.quoted !== true ? token.text.toUpperCase() : '';
  const basic = Object.hasOwn(basicTypes, word) ? basicTypes[word] : undefined;
  if (basic !== undefined) {
    r.take();
    return { kind: basic, span: token.span };
  }
  if (word === 'ARRAY' || word === 'STRUCT') return r.nested(() => (word === 'ARRAY' ? parseArray(r) : parseStruct(r)));
  const meant = sameMeaning[word] ?? (word === '' ? undefined : suggest(word, typeNames));
  throw r.error('SQL_FIELD_TYPE', `found ${JSON.stringify(token.text)}, ${expected}`, undefined, meant && `did you mean ${meant}?`);
}

/** Type names of other databases. */
const sameMeaning: Readonly<Record<string, string>> = {
  INT: 'BIGINT',
  INTEGER: 'BIGINT',
  LONG: 'BIGINT',
  DOUBLE: 'FLOAT',
  REAL: 'FLOAT',
  NUMBER: 'FLOAT',
  VARCHAR: 'STRING',
  TEXT: 'STRING',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'DATETIME',
  BYTES: 'BYTEA',
  BLOB: 'BYTEA',
  OBJECT: 'STRUCT(name TYPE)',
};

function parseArray(r: Reader): FieldType {
  const word = r.take();
  r.expect('(', 'expect lparen in array type definition.');
  const element = parseType(r, 'expect stream data types.');
  r.expect(')', 'expect rparen in array type definition.');
  return { kind: 'array', element, span: r.spanFrom(word.span) };
}

function parseStruct(r: Reader): FieldType {
  const word = r.take();
  r.expect('(', 'expected lparen after stream name.');
  if (r.peek().type === ')')
    throw r.error('SQL_FIELD_TYPE', 'found ")", expected is with.', undefined, 'a STRUCT needs at least one field');
  const fields = [parseField(r)];
  while (r.accept(',') !== undefined) {
    if (r.peek().type === ')')
      throw r.error('SQL_FIELD_TYPE', 'found ")", expected is with.', undefined, 'the last field of a STRUCT has no comma after it');
    fields.push(parseField(r));
  }
  r.expect(')', 'expect comma or rparen.');
  return { kind: 'struct', fields, span: r.spanFrom(word.span) };
}
