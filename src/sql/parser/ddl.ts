// CREATE, DESCRIBE, DROP, EXPLAIN STREAM|TABLE and SHOW STREAMS|TABLES. Called by index.ts; fields are in columns.ts, WITH in options.ts.
import type { CreateStatement, SourceKind, Statement } from '../ast.ts';
import { parseColumns } from './columns.ts';
import { parseOptions } from './options.ts';
import type { Reader } from './reader.ts';
import { parseEnd } from './select.ts';

export const ddlWords = ['CREATE', 'DESCRIBE', 'DROP', 'EXPLAIN', 'SHOW'] as const;
export type DdlWord = (typeof ddlWords)[number];

/** @param word the statement word, which is the next token */
export function parseDdl(r: Reader, word: DdlWord): Statement {
  switch (word) {
    case 'CREATE':
      return parseCreate(r);
    case 'SHOW':
      return parseShow(r);
    case 'DESCRIBE':
      return parseNamed(r, 'describe');
    case 'DROP':
      return parseNamed(r, 'drop');
    case 'EXPLAIN':
      return parseNamed(r, 'explain');
  }
}

function parseCreate(r: Reader): CreateStatement {
  const start = r.take();
  const object = parseObject(r);
  const name = r.expect('name', 'expected stream name.');
  const fields = parseColumns(r);
  const options = parseOptions(r);
  const span = r.spanFrom(start.span);
  if (r.peek().type !== ';' && r.peek().type !== 'end') r.failFound('expected semicolon or EOF.');
  checkName(r, name.text, name.span);
  return { kind: 'create', object, name: name.text, nameSpan: name.span, fields, options, span };
}

function parseShow(r: Reader): Statement {
  const start = r.take();
  const object = r.atWord('STREAMS') ? 'stream' : r.atWord('TABLES') ? 'table' : failKeyword(r, 'expected keyword streams or tables.');
  r.take();
  if (r.peek().type !== ';' && r.peek().type !== 'end') r.failFound('expected semecolon or EOF.');
  return { kind: 'show', object, span: r.spanFrom(start.span) };
}

function parseNamed(r: Reader, kind: 'describe' | 'drop' | 'explain'): Statement {
  const start = r.take();
  const object = parseObject(r);
  const name = r.expect('name', `expected ${object} name.`).text;
  const span = r.spanFrom(start.span);
  parseEnd(r);
  return { kind, object, name, span };
}

function parseObject(r: Reader): SourceKind {
  const object = r.atWord('STREAM') ? 'stream' : r.atWord('TABLE') ? 'table' : failKeyword(r, 'expected keyword stream or table.');
  r.take();
  return object;
}

/** eKuiper shows the word in upper case here. */
function failKeyword(r: Reader, expected: string): never {
  throw r.error('SQL_SYNTAX', `found ${JSON.stringify(r.peek().text.toUpperCase())}, ${expected}`);
}

function checkName(r: Reader, name: string, span: { start: number; end: number }): void {
  if (/^[a-zA-Z0-9_-]+$/.test(name)) return;
  throw r.error('SQL_NAME', `id '${name}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`, span);
}
