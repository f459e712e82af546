// From a declared option to JSON Schema (OpenAPI 3.1). Names that nothing takes are allowed everywhere: the gateway accepts and tells them.
import type { OptionSpec } from '../../contract/props.ts';

export type Schema = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<OptionSpec['type'], Schema>> = {
  string: { type: 'string' },
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  duration: { type: ['string', 'integer'], format: 'duration-or-milliseconds' },
  bytes: { type: ['string', 'integer'], format: 'bytes' },
  'string[]': { type: 'array', items: { type: 'string' } },
  object: { type: 'object' },
  'object[]': { type: 'array', items: { type: 'object' } },
  map: { type: 'object' },
  any: {},
};

/** @param lenient no enumerations and ranges: for what eKuiper takes beside them */
export function schemaOf(spec: OptionSpec): Schema {
  const base: Record<string, unknown> = { ...TYPES[spec.type], description: textOf(spec) };
  if (spec.fields) {
    const inner = objectSchema(spec.fields);
    if (spec.type === 'object[]') base['items'] = inner;
    else Object.assign(base, inner, { description: textOf(spec) });
  }
  // a template may stand where a choice does
  if (spec.oneOf && !spec.dynamic) base['enum'] = [...spec.oneOf];
  if (spec.type === 'int' || spec.type === 'float') {
    if (spec.min !== undefined && !spec.clamps) base['minimum'] = spec.min;
    if (spec.max !== undefined && !spec.clamps) base['maximum'] = spec.max;
  }
  if (spec.default !== undefined && isPlain(spec.default)) base['default'] = spec.default;
  if (spec.example !== undefined) base['examples'] = [spec.example];
  if (spec.secret) base['writeOnly'] = true;
  if (spec.absent !== undefined || spec.noEffect !== undefined) base['deprecated'] = true;
  return base;
}

function textOf({ doc, absent, noEffect, type }: OptionSpec): string {
  const unit =
    type === 'duration' ? ' Milliseconds, or a text such as "1m30s".' : type === 'bytes' ? ' Bytes, or a text such as "64MB".' : '';
  return `${doc}${unit}${absent ? ` Not supported: ${absent}.` : ''}${noEffect ? ` No effect: ${noEffect}.` : ''}`;
}

const isPlain = (v: unknown): boolean => typeof v !== 'object' || JSON.stringify(v).length < 200;

export function objectSchema(specs: readonly OptionSpec[], description?: string): Schema {
  const required = specs.filter((s) => s.required).map((s) => s.name);
  return {
    type: 'object',
    ...(description ? { description } : {}),
    properties: Object.fromEntries(specs.map((s) => [s.name, schemaOf(s)])),
    ...(required.length > 0 ? { required } : {}),
  };
}
