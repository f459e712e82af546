// How a stream or table is shown: JSON of GET /streams/{name}, text of DESCRIBE, JSON schema of GET /streams/{name}/schema.
// Shapes: docs/spec/rest.json.
import { maskText } from '../../base/secrets.ts';
import type { FieldDef, FieldType } from '../../contract/schema.ts';
import { optionOf, type SourceDefinition } from './definition.ts';
import { maskExtra } from './stream-secrets.ts';

export function describeJson(d: SourceDefinition): Record<string, unknown> {
  const fields = d.statement.fields as readonly FieldDef[];
  return {
    Name: d.name,
    StreamFields: fields.length === 0 ? null : fields.map(fieldJson),
    Options: optionsJson(d),
    StreamType: d.kind === 'stream' ? 0 : 1,
    Statement: null,
  };
}

function fieldJson(f: FieldDef): Record<string, unknown> {
  const shown: Record<string, unknown> = { FieldType: typeJson(f.type), Name: f.name };
  if (f.default !== undefined) shown['DefaultClause'] = f.default;
  return shown;
}

function typeJson(t: FieldType): unknown {
  if (t.kind === 'array') return { Type: 'array', ElementType: typeJson(t.element) };
  if (t.kind === 'struct') return { Type: 'struct', Fields: t.fields.map(fieldJson) };
  return t.kind;
}

/** Lower camel case, empty ones left out, booleans only when true. */
function optionsJson(d: SourceDefinition): Record<string, unknown> {
  const all: [string, unknown][] = [
    ['datasource', shownOption(d, 'DATASOURCE')],
    ['key', optionOf(d, 'KEY')],
    ['format', optionOf(d, 'FORMAT')],
    ['confKey', optionOf(d, 'CONF_KEY')],
    ['type', optionOf(d, 'TYPE')],
    ['strictValidation', optionOf(d, 'STRICT_VALIDATION')],
    ['timestamp', optionOf(d, 'TIMESTAMP')],
    ['timestampFormat', optionOf(d, 'TIMESTAMP_FORMAT')],
    ['shared', optionOf(d, 'SHARED')],
    ['schemaid', optionOf(d, 'SCHEMAID')],
    ['version', optionOf(d, 'VERSION')],
    ['extra', shownOption(d, 'EXTRA')],
    ['temp', optionOf(d, 'TEMP')],
    ['retainSize', optionOf(d, 'RETAIN_SIZE')],
    ['kind', optionOf(d, 'KIND')],
    ['delimiter', optionOf(d, 'DELIMITER')],
  ];
  return Object.fromEntries(all.filter(([, v]) => v !== undefined && v !== false && v !== 0));
}

/** Without passwords. */
function shownOption(d: SourceDefinition, name: (typeof TEXT_OPTIONS)[number]): string | boolean | number | undefined {
  const value = optionOf(d, name);
  if (typeof value !== 'string') return value;
  return name === 'EXTRA' ? maskExtra(value) : name === 'DATASOURCE' ? maskText(value) : value;
}

const DASHES = '-'.repeat(80);
const TEXT_OPTIONS = [
  'CONF_KEY',
  'DATASOURCE',
  'FORMAT',
  'SCHEMAID',
  'KEY',
  'RETAIN_SIZE',
  'SHARED',
  'STRICT_VALIDATION',
  'TIMESTAMP',
  'TIMESTAMP_FORMAT',
  'TYPE',
  'EXTRA',
  'VERSION',
] as const;

export function describeText(d: SourceDefinition): string {
  const fields = (d.statement.fields as readonly FieldDef[]).map((f) => {
    const shown = `${f.name}\t${typeText(f.type)}`;
    return f.default === undefined ? shown : `${shown}\tDEFAULT\t${f.default}`;
  });
  const options = TEXT_OPTIONS.flatMap((name) => {
    const value = shownOption(d, name);
    return value === undefined || value === false || value === 0 ? [] : [`${name}: ${value}`];
  });
  return ['Fields', DASHES, ...fields, '', ...options].join('\n') + '\n';
}

/** `array(bigint)`, `struct(a bigint, b string)` */
export function typeText(t: FieldType): string {
  if (t.kind === 'array') return `array(${typeText(t.element)})`;
  if (t.kind === 'struct') return `struct(${t.fields.map((f) => `${f.name} ${typeText(f.type)}`).join(', ')})`;
  return t.kind;
}

/** @returns field → {type, items?, properties?, default?, index}; null for a schemaless source */
export function schemaJson(fields: readonly FieldDef[]): Record<string, unknown> | null {
  if (fields.length === 0) return null;
  return Object.fromEntries(
    fields.map((f) => [f.name, { ...schemaOf(f.type), ...(f.default === undefined ? {} : { default: f.default }), index: 0 }]),
  );
}

function schemaOf(t: FieldType): Record<string, unknown> {
  if (t.kind === 'array') return { type: 'array', items: { ...schemaOf(t.element), index: 0 } };
  if (t.kind === 'struct') return { type: 'struct', properties: schemaJson(t.fields) };
  return { type: t.kind };
}
