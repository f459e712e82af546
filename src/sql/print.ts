// Statements back to text: parseStatement(printStatement(s)) gives s again, spans aside. Used for messages, EXPLAIN and export.
import type { Statement } from './ast.ts';
import { printCreate } from './print/ddl.ts';
import { printName } from './print/names.ts';
import { printSelect } from './print/select.ts';

export { printType } from './print/ddl.ts';
export { printExpr } from './print/expr.ts';
export { printName } from './print/names.ts';

/** @returns the statement on one line, without a semicolon; names back-quoted where needed */
export function printStatement(s: Statement): string {
  switch (s.kind) {
    case 'select':
      return printSelect(s);
    case 'create':
      return printCreate(s);
    case 'show':
      return `SHOW ${s.object.toUpperCase()}S`;
    default:
      return `${s.kind.toUpperCase()} ${s.object.toUpperCase()} ${printName(s.name)}`;
  }
}
