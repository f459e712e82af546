// Passwords in the statement of a stream or table: EXTRA holds properties of the connector, DATASOURCE may be an address with a login.
// Shown and exported as ******, and put back from the stored statement when such a text comes in again. Like rules/rule-secrets.ts.
import { bigintAsNumber } from '../../base/raw-json.ts';
import { MASK, maskText, maskValue, restoreSecrets } from '../../base/secrets.ts';
import type { CreateStatement, Span } from '../../sql/index.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import type { SourceDefinition } from './definition.ts';

const toJson = (value: unknown): string => JSON.stringify(value, bigintAsNumber);

/** @param extra JSON text of the option; what holds no secret is returned to the letter */
export function maskExtra(extra: string): string {
  const value = parseKeepingIntegers(extra);
  const shown = toJson(maskValue(value));
  return shown === toJson(value) ? extra : shown;
}

export function maskStatement({ sql, statement }: Pick<SourceDefinition, 'sql' | 'statement'>): string {
  const extra = statement.options.EXTRA?.value;
  if (extra === undefined) return maskText(sql);
  const shown = maskExtra(extra);
  return maskText(shown === extra ? sql : withOption(sql, statement.options.EXTRA!.span, shown));
}

/** For a gateway that knows no references: what they stand for is put in their place. */
export function clearStatement({ sql, statement }: Pick<SourceDefinition, 'sql' | 'statement'>, resolve: <T>(value: T) => T): string {
  const { EXTRA, DATASOURCE } = statement.options;
  const edits: [Span, string][] = [];
  if (EXTRA) edits.push([EXTRA.span, toJson(resolve(parseKeepingIntegers(EXTRA.value)))]);
  if (DATASOURCE) edits.push([DATASOURCE.span, resolve(DATASOURCE.value)]);
  return sql.includes('${secret:') ? edited(sql, edits) : sql;
}

/** @param old what is stored under the name; undefined = masks stay */
export function unmaskStatement(sql: string, statement: CreateStatement, old: SourceDefinition | undefined): string {
  if (!old || !sql.includes(MASK)) return sql;
  if (maskStatement(old) === sql) return old.sql;
  const [given, before] = [statement.options, old.statement.options];
  const edits: [Span, string][] = [];
  if (given.EXTRA && before.EXTRA) {
    const restored = restoreSecrets(parseKeepingIntegers(given.EXTRA.value), parseKeepingIntegers(before.EXTRA.value));
    edits.push([given.EXTRA.span, toJson(restored)]);
  }
  if (given.DATASOURCE && before.DATASOURCE)
    edits.push([given.DATASOURCE.span, String(restoreSecrets(given.DATASOURCE.value, before.DATASOURCE.value, 'datasource'))]);
  return edited(sql, edits);
}

/** From the end, so that the places before stay where they are. */
function edited(sql: string, edits: [Span, string][]): string {
  return edits.sort(([a], [b]) => b.start - a.start).reduce((text, [span, value]) => withOption(text, span, value), sql);
}

function withOption(sql: string, { start, end }: Span, value: string): string {
  return `${sql.slice(0, start)}${JSON.stringify(value)}${sql.slice(end)}`;
}
