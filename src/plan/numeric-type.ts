// Is a number of the expression an int or a float, as far as it is known before a row comes? Standard SQL gives all branches of CASE and all arguments
// of coalesce one type: an int beside a float is a float. Called by compile/.
import type { BoundExpr } from './bound.ts';
import { typeOf } from './classify.ts';

export type NumericType = 'bigint' | 'float' | undefined;

export function numericTypeOf(e: BoundExpr): NumericType {
  switch (e.kind) {
    case 'literal':
      return typeof e.value === 'bigint' ? 'bigint' : typeof e.value === 'number' ? 'float' : undefined;
    case 'binary': {
      if (!['+', '-', '*', '/', '%'].includes(e.op)) return undefined;
      const left = numericTypeOf(e.left);
      const right = numericTypeOf(e.right);
      if (left === 'float' || right === 'float') return 'float';
      return left && right ? 'bigint' : undefined;
    }
    case 'case':
      return commonNumericType([...e.whens.map((w) => w.result), ...(e.otherwise ? [e.otherwise] : [])]);
    case 'alias':
      return numericTypeOf(e.alias.expr);
    case 'shared':
      return numericTypeOf(e.expr);
    case 'call':
      if (e.def.returns === 'same' && e.args[0]) return numericTypeOf(e.args[0]);
      return commonOf(typeOf(e));
    default:
      return commonOf(typeOf(e));
  }
}

const commonOf = (type: string): NumericType => (type === 'bigint' || type === 'float' ? type : undefined);

/** Float as soon as one is a float; unknown when one is unknown and none is a float. */
export function commonNumericType(all: readonly BoundExpr[]): NumericType {
  const types = all.filter((e) => !(e.kind === 'literal' && e.value == null)).map(numericTypeOf);
  if (types.includes('float')) return 'float';
  return types.length > 0 && types.every((t) => t === 'bigint') ? 'bigint' : undefined;
}
