// Parameters of a function as people read them: `text: string, start: int [, end: int]`. Used by the reference pages and by editors.
import type { Param } from '../contract/function.ts';

export function signatureOf(params: readonly Param[]): string {
  let text = '';
  params.forEach((p, i) => {
    const name = `${p.name}${p.type === 'any' ? '' : `: ${p.type}${p.literal ? ' literal' : ''}`}${p.rest ? ', …' : ''}`;
    const comma = i === 0 ? '' : ', ';
    text += p.optional ? ` [${comma}${name}]` : `${comma}${name}`;
  });
  return text.trim();
}
