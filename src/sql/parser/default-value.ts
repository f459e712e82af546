// DEFAULT literal of a declared field, converted to the field's type when the statement is read. Called by columns.ts.
import type { FieldType } from '../ast.ts';
import { intLiteral } from './numbers.ts';
import type { Reader } from './reader.ts';

/** From the literal on. Any literal is turned into text and converted, as in eKuiper: `DEFAULT "5"` fits a BIGINT. */
export function defaultValue(r: Reader, type: FieldType): bigint | number | string | boolean {
  const start = r.peek();
  const negative = start.type === '-' && ['int', 'float'].includes(r.peek(1).type);
  if (negative) r.take();
  const token = r.peek();
  if (!['int', 'float', 'string', 'single', 'TRUE', 'FALSE'].includes(token.type))
    return r.failFound('expect default constraint value.', 'SQL_DEFAULT');
  r.take();
  const text = (negative ? '-' : '') + token.text;
  const span = r.spanFrom(start.span);
  switch (type.kind) {
    case 'string':
      return text;
    case 'bigint':
      if (/^[+-]?\d+$/.test(text)) return intLiteral(text.replace('+', ''), span).value;
      break;
    case 'float':
      if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
      break;
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      break;
    default:
      throw r.error('SQL_DEFAULT', `DEFAULT clause is not supported for ${type.kind}`, span);
  }
  throw r.error('SQL_DEFAULT', `cannot convert ${JSON.stringify(text)} to ${type.kind}`, span);
}
