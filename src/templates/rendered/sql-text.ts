// Values in the text of a query (templateSql): by where they stand they become a literal, the inside of a text, or the plain name of a column; they
// never end what they stand in. A query's own quotes may be written or left out: WHERE id = {{.id}} and WHERE id = '{{.id}}' are both right.
import type { Value } from '../../data/value.ts';
import type { Printer } from '../compile.ts';
import { refused } from './text.ts';

type Place = 'code' | "'" | '"' | '`' | '[' | '--' | '/*';

/** @returns prints values into one query */
export const printSql: () => Printer = () => {
  let place: Place = 'code';
  let read = 0;
  return (text, value, before) => {
    for (; read < before.length; read++) {
      const two = before.slice(read, read + 2);
      const c = before[read]!;
      if (place === 'code') {
        if (two === '--' || two === '/*') place = two;
        else if (c === "'" || c === '"' || c === '`' || c === '[') place = c;
        if (place === '/*') read++;
      } else if (place === '--' ? c === '\n' : place === '/*' ? two === '*/' : place === '[' ? c === ']' : c === place) {
        if (place === '/*') read++;
        place = 'code'; // a doubled quote closes and opens again
      }
    }
    let printed = print(text, value, place);
    // - and a negative number would begin a comment
    if (place === 'code' && printed.startsWith('-')) printed = ` ${printed}`;
    read = before.length + printed.length; // it is complete in itself: the place stays
    return printed;
  };
};

function print(text: string, value: Value, place: Place): string {
  if (text.includes('\0')) throw refused('templateSql', text, 'holds a NUL character');
  switch (place) {
    case 'code':
      if (value === null || value === undefined) return 'NULL';
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString();
      if (typeof value === 'number') {
        if (!Number.isFinite(value)) throw refused('templateSql', text, 'is not a number of SQL');
        return text;
      }
      return `'${text.replaceAll("'", "''")}'`;
    case "'":
      return text.replaceAll("'", "''");
    case '"':
    case '`':
    case '[':
      if (!/^[A-Za-z0-9_]*$/.test(text)) throw refused('templateSql', text, 'is not a plain name (letters, digits, _)');
      return text;
    default:
      throw refused('templateSql', text, 'is inside a comment');
  }
}
