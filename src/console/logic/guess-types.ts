// From messages to a stream: which columns they have, of which type, and the statement that makes it. Pure; tested in test/console.

import { keywords } from './sql-tokens.ts';

export interface GuessedColumn {
  name: string;
  /** As it stands in the statement, e.g. `ARRAY(FLOAT)`. */
  type: string;
}

/** @param payloads texts of messages  @returns undefined when none of them is a JSON object */
export function guessColumns(payloads: readonly string[]): GuessedColumn[] | undefined {
  const seen = new Map<string, unknown[]>();
  let objects = 0;
  for (const text of payloads) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      continue; // cut, or no JSON
    }
    for (const row of Array.isArray(value) ? value : [value]) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) continue;
      objects++;
      for (const [name, v] of Object.entries(row)) seen.set(name, [...(seen.get(name) ?? []), v]);
    }
  }
  return objects === 0 ? undefined : [...seen].map(([name, values]) => ({ name, type: typeOf(values) }));
}

function typeOf(values: readonly unknown[]): string {
  const types = new Set(values.filter((v) => v !== null).map(typeOfOne));
  if (types.size === 1) return [...types][0]!;
  // a measured value is a whole number by chance now and then
  if (types.size === 2 && types.has('BIGINT') && types.has('FLOAT')) return 'FLOAT';
  return 'STRING';
}

function typeOfOne(v: unknown): string {
  if (typeof v === 'number') return Number.isSafeInteger(v) ? 'BIGINT' : 'FLOAT';
  if (typeof v === 'boolean') return 'BOOLEAN';
  if (Array.isArray(v)) return v.length === 0 ? 'ARRAY(STRING)' : `ARRAY(${typeOf(v)})`;
  if (typeof v === 'object' && v !== null) {
    const fields = Object.entries(v).map(([name, inner]) => `${quoted(name)} ${typeOf([inner])}`);
    return fields.length === 0 ? 'STRING' : `STRUCT(${fields.join(', ')})`;
  }
  return 'STRING';
}

/** Words that stand for something in a CREATE statement. */
const words = new Set([
  ...keywords,
  ...'CREATE STREAM TABLE WITH BIGINT FLOAT STRING BYTEA DATETIME BOOLEAN ARRAY STRUCT SHOW DROP DESCRIBE EXPLAIN SCHEMA'.split(' '),
]);

/** A name as SQL takes it. */
const quoted = (name: string): string =>
  /^[A-Za-z]\w*$/.test(name) && !words.has(name.toUpperCase()) ? name : `\`${name.replaceAll('`', '')}\``;

/** A text as SQL takes it. */
const text = (value: string): string => JSON.stringify(value);

export function createStatement(stream: {
  name: string;
  type: string;
  datasource: string;
  format: string;
  confKey: string;
  columns: readonly GuessedColumn[];
}): string {
  const columns = stream.columns.map((c) => `  ${quoted(c.name)} ${c.type}`).join(',\n');
  const options = [
    `TYPE=${text(stream.type)}`,
    ...(stream.datasource === '' ? [] : [`DATASOURCE=${text(stream.datasource)}`]),
    `FORMAT=${text(stream.format)}`,
    ...(stream.confKey === '' ? [] : [`CONF_KEY=${text(stream.confKey)}`]),
  ];
  return `CREATE STREAM ${quoted(stream.name)} (${columns === '' ? '' : `\n${columns}\n`}) WITH (${options.join(', ')})`;
}

/** `plant/hall 1/press` → `plant_hall_1_press` */
export const nameFor = (topic: string): string =>
  topic
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, 's')
    .slice(0, 60) || 'stream1';
