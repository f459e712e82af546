// The HTTP rule of a method (option google.api.http): verb, path with fields, body; what is in neither goes into the query. What a message puts into a path
// is one part of it and cannot lead elsewhere. Used by schema.ts (at the start) and rest-caller.ts (for each call).
import protobuf from 'protobufjs';
import { rowError } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { toText } from '../../data/cast.ts';

const OPTION = '(google.api.http)';
const AS_OPTION = 'as http option';
const VERBS = ['get', 'put', 'post', 'delete', 'patch'];

export interface HttpRule {
  verb: string;
  /** Texts and fields in turn: the first and the last are texts. */
  texts: readonly string[];
  fields: readonly { path: readonly string[]; prefix: string }[];
  query: readonly { name: string; path: readonly string[] }[];
  /** '*': what the path does not use; '': none; else the name of a field. */
  body: string;
}

/** @throws Error eKuiper's text */
export function httpRuleOf(method: protobuf.Method, input: protobuf.Type): HttpRule | undefined {
  const given: unknown = method.parsedOptions;
  const found = (Array.isArray(given) ? given : []).filter(isRecord).filter((o) => Object.hasOwn(o, OPTION));
  if (found.length === 0) return undefined;
  const option: Record<string, unknown> = Object.assign({}, ...found.map((o) => o[OPTION]));
  let verb = '';
  let uri = '';
  let body = '';
  for (const [name, value] of Object.entries(option)) {
    if (name !== 'body' && !VERBS.includes(name)) throw new Error(`unsupported option ${name}`);
    if (typeof value !== 'string') throw new Error(`invalid type for ${name} option, string required`);
    if (name === 'body') body = value;
    else [verb, uri] = [name.toUpperCase(), value];
  }
  if (verb === '' || !uri.startsWith('/')) throw new Error(`invalid uri ${uri} in http option`);
  const free = new Set(input.fieldsArray.map((f) => f.name));
  const fields: { path: string[]; prefix: string }[] = [];
  const texts: string[] = [];
  let at = 0;
  for (const match of uri.matchAll(/\{(.*?)\}/g)) {
    const parts = (match[1] ?? '').split('=');
    const [name = '', pattern] = parts;
    if (parts.length > 2 || (pattern !== undefined && !pattern.endsWith('*'))) throw new Error(`invalid uri ${uri} in http option`);
    const path = name.split('.');
    if (!fieldAt(input, path)) throw new Error(`invalid uri ${uri} in http option, ${name} field not found`);
    free.delete(path[0] ?? '');
    fields.push({ path, prefix: pattern?.replace(/\*+$/, '') ?? '' });
    texts.push(uri.slice(at, match.index));
    at = match.index + match[0].length;
  }
  texts.push(uri.slice(at));
  if (body === '*') return { verb, texts, fields, query: [], body };
  if (body !== '' && !free.delete(body)) throw new Error(`invalid body ${body}, field not found`);
  return { verb, texts, fields, query: queryOf(input, free), body };
}

function fieldAt(type: protobuf.Type, path: readonly string[]): protobuf.Field | undefined {
  let current: protobuf.Type | undefined = type;
  let field: protobuf.Field | undefined;
  for (const name of path) {
    field = current && Object.hasOwn(current.fields, name) ? current.fields[name] : undefined;
    if (!field) return undefined;
    current = field.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined;
  }
  return field;
}

/** Messages within messages by `outer.inner`; a type that holds itself is followed once. */
function queryOf(input: protobuf.Type, free: ReadonlySet<string>): { name: string; path: string[] }[] {
  const out: { name: string; path: string[] }[] = [];
  const look = (type: protobuf.Type, path: string[], seen: readonly protobuf.Type[]) => {
    for (const f of type.fieldsArray) {
      if (path.length === 0 && !free.has(f.name)) continue;
      const own = [...path, f.name];
      if (!(f.resolvedType instanceof protobuf.Type)) out.push({ name: own.join('.'), path: own });
      else if (!seen.includes(f.resolvedType)) look(f.resolvedType, own, [...seen, f.resolvedType]);
    }
  };
  look(input, [], [input]);
  return out;
}

const valueAt = (message: Readonly<Record<string, unknown>>, path: readonly string[]): unknown => {
  let v: unknown = message;
  for (const name of path) v = isRecord(v) ? v[name] : undefined;
  return v;
};

/** @param message fields by their names in the file
 *  @returns the path with its query, and the fields that are left for a body
 *  @throws rowError */
export function applyRule(rule: HttpRule, message: Readonly<Record<string, unknown>>): { uri: string; rest: Record<string, unknown> } {
  const rest = { ...message };
  let uri = rule.texts[0] ?? '';
  rule.fields.forEach(({ path, prefix }, i) => {
    const name = path.join('.');
    const text = textOf(valueAt(message, path), name);
    if (!text.startsWith(prefix)) throw rowError(`invalid field ${name}(${text}) ${AS_OPTION}, must have prefix ${prefix}`);
    // with a pattern a value may have several parts
    const segments = prefix === '' ? [text] : text.split('/');
    if (segments.some((s) => s === '.' || s === '..' || (s === '' && prefix === '')))
      throw rowError(`invalid field ${name}(${text}) ${AS_OPTION}: it cannot be part of a path`);
    uri += segments.map(encodeURIComponent).join('/') + (rule.texts[i + 1] ?? '');
    delete rest[path[0] ?? ''];
  });
  const pairs = rule.query.map(({ name, path }) => {
    const v = valueAt(message, path);
    delete rest[path[0] ?? ''];
    const values = Array.isArray(v) ? v : [v];
    return values.map((one) => `${name}=${encodeURIComponent(textOf(one, name))}`).join('&');
  });
  const query = pairs.filter((p) => p !== '').join('&');
  return { uri: query === '' ? uri : `${uri}?${query}`, rest };
}

function textOf(v: unknown, name: string): string {
  switch (typeof v) {
    case 'undefined':
      return '';
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return toText(v, 'all');
  }
  if (v instanceof Uint8Array) return toText(v, 'all');
  throw rowError(`invalid field ${name} ${AS_OPTION}, must be string`);
}
