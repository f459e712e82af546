// The configuration as YAML (GET /v2/data/export, POST /v2/data/import): the same content as the JSON export, with definitions as objects
// instead of texts in texts, so that people can read and edit it.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../../base/json-depth.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { setMember } from '../../data/set-member.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { type Configuration, emptyConfiguration, hasProblems } from './configuration.ts';
import type { DataTransfer } from './data-transfer.ts';

export interface YamlTransfer {
  export(): Promise<string>;
  /** @throws GatewayError SERVICE_REFUSED with what was refused; nothing is taken over then */
  import(text: string): Promise<void>;
}

const toJson = (value: unknown): string => JSON.stringify(value, bigintAsNumber);

const KINDS = { sourceConfig: 'sources', sinkConfig: 'sinks', connectionConfig: 'connections' } as const;
const SAME = {
  nativePlugins: 'nativePlugins',
  portablePlugins: 'portablePlugins',
  service: 'Service',
  schema: 'Schema',
  uploads: 'uploads',
} as const;

export function createYamlTransfer(data: DataTransfer): YamlTransfer {
  return {
    async export() {
      const all = data.exportAll();
      const out: Record<string, unknown> = {};
      const put = (section: string, items: Record<string, unknown>) => {
        if (Object.keys(items).length || section === 'streams' || section === 'rules') out[section] = items;
      };
      for (const [section, kind] of Object.entries(KINDS) as [keyof typeof KINDS, string][]) {
        const items: Record<string, unknown> = {};
        for (const [type, text] of Object.entries(all[section])) {
          const value = parseKeepingIntegers(text) as Record<string, unknown>;
          for (const [key, props] of Object.entries(value)) items[`${kind}.${type}.${key}`] = props;
        }
        put(section, items);
      }
      for (const [section, part] of Object.entries(SAME) as [string, keyof Configuration][])
        put(section, Object.fromEntries(Object.entries(all[part]).map(([k, v]) => [k, parseKeepingIntegers(v)])));
      put('streams', Object.fromEntries(Object.entries(all.streams).map(([k, sql]) => [k, { sql }])));
      put('tables', Object.fromEntries(Object.entries(all.tables).map(([k, sql]) => [k, { sql }])));
      put('rules', Object.fromEntries(Object.entries(all.rules).map(([k, v]) => [k, parseKeepingIntegers(v)])));
      const { stringify } = await import('yaml');
      return stringify(out);
    },
    async import(text) {
      const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `unmarshal yaml error: ${why}` });
      if (isTooDeep(text)) throw refuse(TOO_DEEP);
      const { parse } = await import('yaml');
      let value: unknown;
      try {
        value = safeAsNumbers(parse(text, { maxAliasCount: 100, intAsBigInt: true }));
      } catch (error) {
        throw refuse(error instanceof RangeError ? 'an alias refers to something that contains the alias' : messageOf(error));
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('expected sections such as streams and rules');
      const { failed } = await data.import(JSON.stringify(toConfiguration(value as Record<string, unknown>, refuse)), { partial: true });
      if (hasProblems(failed)) throw new GatewayError('SERVICE_REFUSED', { text: JSON.stringify(failed) });
    },
  };
}

/** Only integers that no float64 holds stay bigint. */
export function safeAsNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(safeAsNumbers);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, safeAsNumbers(v)]));
  return value;
}

function toConfiguration(yaml: Record<string, unknown>, refuse: (why: string) => Error): Configuration {
  const all = emptyConfiguration();
  const section = (name: string): [string, unknown][] => {
    const value = yaml[name] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw refuse(`${name}: expected name: definition`);
    return Object.entries(value as object);
  };
  for (const name of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    const byType: Record<string, Record<string, unknown>> = {};
    for (const [id, props] of section(name)) {
      const [first, type, ...key] = id.split('.');
      if (first === 'connection') setMember(all[name], id, toJson(props));
      else if (type && key.length) {
        const keys = (Object.hasOwn(byType, type) ? byType[type] : undefined) ?? {};
        setMember(keys, key.join('.'), props);
        setMember(byType, type, keys);
      } else throw refuse(`${name}: "${id}" is not of the form ${KINDS[name]}.type.key`);
    }
    for (const [type, keys] of Object.entries(byType)) setMember(all[name], type, toJson(keys));
  }
  for (const [name, part] of Object.entries(SAME) as [string, keyof Configuration][])
    for (const [id, v] of section(name)) setMember(all[part], id, toJson(v));
  for (const name of ['streams', 'tables'] as const)
    for (const [id, v] of section(name)) {
      const sql = (v as { sql?: unknown } | null)?.sql;
      if (typeof sql !== 'string') throw refuse(`${name}.${id}: sql is missing`);
      setMember(all[name], id, sql);
    }
  for (const [id, v] of section('rules')) setMember(all.rules, id, toJson(v));
  return all;
}
