// DISTINCT of a select list or of an aggregate's argument: standard SQL. It is no reserved word: `distinct` is a column unless an operand follows it.
import type { Reader } from './reader.ts';

const OPERANDS: ReadonlySet<string> = new Set(['name', 'int', 'float', 'string', 'single', 'CASE', 'TRUE', 'FALSE', '(']);

/** @returns true when DISTINCT was there; it is taken then */
export function acceptDistinct(r: Reader): true | undefined {
  if (!r.atWord('DISTINCT')) return undefined;
  const next = r.peek(1);
  // `distinct * 2` is a product, `DISTINCT *` is not
  const star = next.type === '*' && ['FROM', ',', 'EXCEPT', 'REPLACE', ')'].includes(r.peek(2).type);
  if (!star && (!OPERANDS.has(next.type) || r.atWord('IS', 1))) return undefined;
  r.take();
  return true;
}
