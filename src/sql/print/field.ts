// A select field back to text. Used by the statement printer and by REPLACE(...).
import type { SelectField } from '../ast.ts';
import { printExpr } from './expr.ts';
import { printName } from './names.ts';

export function printField(field: SelectField): string {
  const text = printExpr(field.expr);
  const alias = field.alias === undefined ? '' : ` AS ${printName(field.alias)}`;
  return `${field.parens ? `(${text})` : text}${alias}${field.invisible ? ' INVISIBLE' : ''}`;
}
