// A configuration as a folder of plain files, for `kuiper apply`: which path holds which object, and what the objects say. Both ways, without effect:
// plan.ts compares two such sets, apply-service.ts makes one of them true. A path that means nothing is named, never passed over.
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../../base/json-depth.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { maskValue } from '../../base/secrets.ts';
import type { ComponentKind } from '../../config/index.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { isName } from '../names.ts';
import { parseStreamStatement } from '../streams/definition.ts';
import { maskStatement } from '../streams/stream-secrets.ts';
import { safeAsNumbers } from '../transfer/yaml-transfer.ts';

/** Path below the folder, with `/` → content. */
export type Tree = ReadonlyMap<string, Buffer>;

/** eKuiper's names of parts where it has one. */
export type ApplyPart =
  | 'streams'
  | 'tables'
  | 'rules'
  | 'sourceConfig'
  | 'sinkConfig'
  | 'connectionConfig'
  | 'Schema'
  | 'uploads'
  | 'plugins'
  | 'pluginFiles'
  | 'settings';

export interface ApplyObject {
  part: ApplyPart;
  /** `plant` of a stream, `mqtt.plant` of a conf key, `functions/twice.ts` of a plugin file, `basic.logLevel` of a setting. */
  name: string;
  /** Where it stands. */
  path: string;
  /** What decides whether two objects are the same. */
  value: unknown;
  /** For people and for the diff; undefined for bytes that are no text. */
  text: string | undefined;
}

export interface TreeProblem {
  path: string;
  reason: string;
}

/** By `part name`. */
export type Objects = ReadonlyMap<string, ApplyObject>;

export const LAYOUT =
  'streams/NAME.sql, tables/NAME.sql, rules/ID.yaml, conf-keys/sources|sinks/TYPE/KEY.yaml, connections/ID.yaml, schemas/protobuf/NAME.proto, ' +
  'plugins/sources|sinks|functions/FILE, plugin-files/sources|sinks|functions/NAME/FILE, uploads/FILE, settings.yaml';

/** What people keep beside a configuration; outside of plugins and uploads it means nothing to the gateway. */
const BESIDE = /(^|\/)(\.[^/]*|readme[^/]*|licen[cs]e[^/]*|[^/]*\.md)(\/|$)|^(index\.json(\.sig)?|releases\.yaml)$/i;
const PLUGIN_KIND = /^(sources|sinks|functions)$/;

/** @returns what the files say, and what none of them may say */
export async function readTree(tree: Tree): Promise<{ objects: Objects; problems: TreeProblem[] }> {
  const objects = new Map<string, ApplyObject>();
  const problems: TreeProblem[] = [];
  const put = (object: ApplyObject) => {
    const key = `${object.part} ${object.name}`;
    const first = objects.get(key);
    if (first) throw new Error(`${first.path} says it already`);
    objects.set(key, object);
  };
  for (const [path, content] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    try {
      checkPath(path);
      await readFile(path, content, put);
    } catch (error) {
      problems.push({ path, reason: messageOf(error) });
    }
  }
  return { objects, problems };
}

function checkPath(path: string): void {
  if (
    path.includes('\\') ||
    path.includes('\0') ||
    path.startsWith('/') ||
    path.split('/').some((p) => p === '' || p === '.' || p === '..')
  )
    throw new Error('the path leads out of the folder');
}

async function readFile(path: string, content: Buffer, put: (o: ApplyObject) => void): Promise<void> {
  const [top, ...rest] = path.split('/') as [string, ...string[]];
  if (top === 'plugins' || top === 'plugin-files') {
    if (rest.length < (top === 'plugins' ? 2 : 3) || !PLUGIN_KIND.test(rest[0]!)) throw new Error(`expected ${LAYOUT}`);
    if (top === 'plugins' && /\.zip$/i.test(path))
      throw new Error('an archive is unpacked at its install and never the same again: put its files here instead');
    put({ part: top === 'plugins' ? 'plugins' : 'pluginFiles', name: rest.join('/'), path, ...bytes(content) });
    return;
  }
  if (top === 'uploads' && rest.length > 0) {
    put({ part: 'uploads', name: rest.join('/'), path, ...bytes(content) });
    return;
  }
  if (BESIDE.test(path)) return;
  const file = rest.at(-1) ?? top;
  const [, encoded, ending] = /^(.+)\.([a-z]+)$/.exec(file) ?? [];
  const name = encoded === undefined ? '' : decodeURIComponent(encoded);
  const is = (depth: number, ...endings: string[]) => rest.length === depth && endings.includes(ending ?? '');
  if (path === 'settings.yaml' || path === 'settings.json') readSettings(path, await parse(content), put);
  else if ((top === 'streams' || top === 'tables') && is(1, 'sql')) put(await readStatement(top, named(name), path, content));
  else if (top === 'rules' && is(1, 'yaml', 'yml', 'json')) put(readRule(named(name), path, await parse(content)));
  else if (top === 'conf-keys' && is(3, 'yaml', 'yml', 'json') && /^(sources|sinks)$/.test(rest[0]!))
    put(propertiesOf(rest[0] === 'sources' ? 'sourceConfig' : 'sinkConfig', `${named(rest[1]!)}.${name}`, path, await parse(content)));
  else if (top === 'connections' && is(1, 'yaml', 'yml', 'json')) put(readConnection(named(name), path, await parse(content)));
  else if (top === 'schemas' && rest[0] === 'protobuf' && is(2, 'proto'))
    put({ part: 'Schema', name: `protobuf_${named(name)}`, path, ...bytes(content) });
  else throw new Error(`it means nothing; expected ${LAYOUT}`);
}

function named(name: string): string {
  if (!isName(name)) throw new Error(`"${name}" is not a name: it may have letters, digits, - and _`);
  return name;
}

function bytes(content: Buffer): Pick<ApplyObject, 'value' | 'text'> {
  const text = content.toString('utf8');
  return { value: content.toString('base64'), text: Buffer.from(text).equals(content) ? text : undefined };
}

/** YAML, and JSON with it. */
async function parse(content: Buffer): Promise<unknown> {
  const text = content.toString('utf8');
  if (isTooDeep(text)) throw new Error(TOO_DEEP);
  const yaml = await import('yaml');
  try {
    return safeAsNumbers(yaml.parse(text, { maxAliasCount: 100, intAsBigInt: true }));
  } catch (error) {
    throw new Error(
      error instanceof RangeError ? 'an alias refers to something that contains the alias' : messageOf(error).split('\n\n')[0]!,
    );
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what}: expected names and values`);
  return value as Record<string, unknown>;
}

/** A secret in clear would lie in Git for ever. */
function withoutSecrets<T>(value: T): T {
  const shown = maskValue(value);
  const [place] = places(value, shown);
  if (place !== undefined)
    throw new Error(
      `${place}: a secret in clear; set it on the gateway (kuiper secret set NAME) and write \${secret:NAME} here, or ****** to keep what the gateway has`,
    );
  return value;
}

function places(given: unknown, shown: unknown, path = ''): string[] {
  if (typeof given !== 'object' || given === null) return given === shown ? [] : [path];
  return Object.entries(given).flatMap(([k, v]) => places(v, (shown as Record<string, unknown>)[k], path === '' ? k : `${path}/${k}`));
}

async function readStatement(part: 'streams' | 'tables', name: string, path: string, content: Buffer): Promise<ApplyObject> {
  const sql = content.toString('utf8').trim().replace(/;$/, '').trimEnd();
  const statement = await parseStreamStatement(sql);
  const kind = part === 'streams' ? 'stream' : 'table';
  if (statement.kind !== 'create' || statement.object !== kind) throw new Error(`expected CREATE ${kind.toUpperCase()} ${name} …`);
  if (statement.name !== name) throw new Error(`the file is named ${name}, and the statement creates ${statement.name}`);
  if (maskStatement({ sql, statement }) !== sql)
    throw new Error('a secret in clear; set it on the gateway (kuiper secret set NAME) and write ${secret:NAME} here');
  return { part, name, path, value: sql, text: `${sql}\n` };
}

function readRule(id: string, path: string, value: unknown): ApplyObject {
  const rule = objectOf(value, 'rule');
  if (rule['id'] !== undefined && rule['id'] !== id) throw new Error(`the file is named ${id}, and its id is ${String(rule['id'])}`);
  for (const member of ['actions', 'graph']) withoutSecrets(rule[member] === undefined ? {} : { [member]: rule[member] });
  const { id: _id, ...body } = rule;
  return { part: 'rules', name: id, path, value: body, text: undefined };
}

function propertiesOf(part: ApplyPart, name: string, path: string, value: unknown): ApplyObject {
  return { part, name, path, value: withoutSecrets(objectOf(value, 'properties')), text: undefined };
}

function readConnection(id: string, path: string, value: unknown): ApplyObject {
  const { typ, props = {}, ...more } = objectOf(value, 'connection');
  const [odd] = Object.keys(more);
  if (typeof typ !== 'string' || typ === '' || odd !== undefined) throw new Error(`expected typ and props${odd ? `, and no ${odd}` : ''}`);
  return { part: 'connectionConfig', name: id, path, value: withoutSecrets({ typ, props: objectOf(props, 'props') }), text: undefined };
}

/** Each key alone, so that a change names it. */
function readSettings(path: string, value: unknown, put: (o: ApplyObject) => void): void {
  const walk = (map: Record<string, unknown>, at: string) => {
    for (const [key, v] of Object.entries(map)) {
      const name = at === '' ? key : `${at}.${key}`;
      if (typeof v === 'object' && v !== null && !Array.isArray(v)) walk(v as Record<string, unknown>, name);
      else put({ part: 'settings', name, path, value: v, text: `${JSON.stringify(v, bigintAsNumber)}\n` });
    }
  };
  walk(value === null || value === undefined ? {} : objectOf(value, 'settings'), '');
}

/** What a diff shows of an object. */
export async function textOf(object: ApplyObject): Promise<string | undefined> {
  return object.text ?? (isBytes(object) ? undefined : await yamlText(object.value));
}

const isBytes = ({ part }: ApplyObject) => part === 'plugins' || part === 'pluginFiles' || part === 'uploads' || part === 'Schema';

export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 });
}

export const sameObject = (a: ApplyObject, b: ApplyObject): boolean => isDeepStrictEqual(a.value, b.value);

/** What there is, as texts of eKuiper's maps; secrets are masked. */
export interface Stored {
  streams: Readonly<Record<string, string>>;
  tables: Readonly<Record<string, string>>;
  /** id → JSON */
  rules: Readonly<Record<string, string>>;
  confKeys: readonly { kind: ComponentKind; type: string; key: string; props: unknown }[];
  connections: readonly { id: string; typ: string; props: unknown }[];
  /** name → text */
  schemas: Readonly<Record<string, string>>;
  /** Below plugins, plugin-files, uploads. */
  files: ReadonlyMap<string, Buffer>;
  settings: Readonly<Record<string, unknown>>;
}

/** The folder that `readTree` reads the same objects from. */
export async function printTree(stored: Stored): Promise<Map<string, Buffer>> {
  const out = new Map<string, Buffer>();
  const put = (path: string, text: string) => void out.set(path, Buffer.from(text));
  const file = encodeURIComponent;
  for (const part of ['streams', 'tables'] as const)
    for (const [name, sql] of Object.entries(stored[part])) put(`${part}/${file(name)}.sql`, `${sql.trim()}\n`);
  for (const [id, json] of Object.entries(stored.rules)) {
    const { id: _id, ...body } = parseKeepingIntegers(json) as Record<string, unknown>;
    put(`rules/${file(id)}.yaml`, await yamlText(body));
  }
  for (const { kind, type, key, props } of stored.confKeys)
    if (kind !== 'connections') put(`conf-keys/${kind}/${file(type)}/${file(key)}.yaml`, await yamlText(props));
  for (const { id, typ, props } of stored.connections) put(`connections/${file(id)}.yaml`, await yamlText({ typ, props }));
  for (const [name, text] of Object.entries(stored.schemas)) put(`schemas/protobuf/${file(name)}.proto`, text);
  for (const [path, content] of stored.files) out.set(path, content);
  if (Object.keys(stored.settings).length > 0) put('settings.yaml', await yamlText(stored.settings));
  return out;
}
