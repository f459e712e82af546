// FORMAT of CREATE: known, and fitting the declared fields. Called by service/ with the formats that the codecs offer.
import type { CreateStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { didYouMean } from '../suggest.ts';

/** @param formats lower-case names, `binary` aside   @throws GatewayError SQL_FORMAT */
export function checkFormat(s: CreateStatement, sql: string, formats: readonly string[]): void {
  const option = s.options.FORMAT;
  if (option === undefined || option.value === '') return;
  const format = option.value.toLowerCase();
  if (format !== 'binary') {
    if (formats.includes(format)) return;
    const hint = didYouMean(option.value, [...formats, 'binary']) ?? `known formats: ${[...formats, 'binary'].sort().join(', ')}`;
    throw sqlError('SQL_FORMAT', `option 'format=${option.value}' is invalid`, sql, option.span, hint);
  }
  if (s.object === 'table') throw sqlError('SQL_FORMAT', "'binary' format is not supported for table", sql, option.span);
  const [first, second] = s.fields;
  if (second !== undefined) throw sqlError('SQL_FORMAT', "'binary' format stream can have only one field", sql, second.span);
  if (first !== undefined && first.type.kind !== 'bytea')
    throw sqlError('SQL_FORMAT', "'binary' format stream can have only 'bytea' type field", sql, first.span, `write ${first.name} BYTEA`);
}
