// Text frames by a regular expression with named groups: each group is a column. RE2 syntax, linear time.
import { RE2JS } from 're2js';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../../data/value.ts';
import { numberOf } from './number-text.ts';

/** Columns that a pattern gives, in its order. */
export const columnsOfPattern = (pattern: string): string[] =>
  [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map((m) => m[1]!.replace(/__(int|float)$/, ''));

/** @param pattern with `(?P<name>…)` or `(?<name>…)`; a name may end in `__int` or `__float`: the column is a number then
 *  @throws Error naming the property when the pattern is wrong or has no named group */
export function compileNamedGroups(pattern: string): (frame: Uint8Array) => Row {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new Error(`property pattern: ${(error as Error).message}`);
  }
  const names = [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map((m) => m[1]!);
  if (names.length === 0) throw new Error('property pattern: it has no named group; write (?P<weight>[0-9.]+)');
  const groups = names.map((group) => {
    const typed = /^(.+)__(int|float)$/.exec(group);
    return { group, column: typed?.[1] ?? group, type: typed?.[2] };
  });
  return (frame) => {
    const text = Buffer.from(frame).toString('utf8');
    const matcher = compiled.matcher(text);
    if (!matcher.find()) throw rowError(`"${text.slice(0, 80)}" does not match the pattern`, 'DECODE_FAILED');
    const row: Row = {};
    for (const { group, column, type } of groups) row[column] = convert(matcher.group(group), type, column);
    return row;
  };
}

function convert(text: string | null | undefined, type: string | undefined, column: string): Value {
  if (text === null || text === undefined) return null;
  if (type === undefined) return text;
  const number = numberOf(text);
  if (number === undefined || (type === 'int' && typeof number !== 'bigint' && !/^\s*[+-]?\s*\d+\s*$/.test(text)))
    throw rowError(`${column}: "${text}" is no ${type === 'int' ? 'whole number' : 'number'}`, 'DECODE_FAILED');
  return type === 'int' ? BigInt(text.replace(/[\s+]/g, '')) : Number(number);
}
