// The data folder of an eKuiper 1.x or 2.x as the twelve maps of an export: its `sqliteKV.db` (one table for each kind, values in gob), uploads and schemas;
// and the conf keys of its `etc` where that lies beside it. Nothing is written there: the database is copied before it is opened. Used by
// cli/commands/import-ekuiper.ts.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parse } from 'yaml';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { setMember } from '../../data/set-member.ts';
import { openForeignDatabase } from '../../store/index.ts';
import { type Configuration, emptyConfiguration, type Part } from './configuration.ts';
import { decodeGob, type GobValue } from './gob.ts';
import { filesBelow } from './undo-log.ts';

export interface FoundEkuiper {
  configuration: Configuration;
  /** For people: what is not taken along, and what could not be read. */
  notes: string[];
}

const DATABASE = 'sqliteKV.db';
const PART_OF_KIND: Readonly<Record<string, Part>> = { sources: 'sourceConfig', sinks: 'sinkConfig', connections: 'connectionConfig' };
/** Tables whose values are texts as an export has them. */
const PART_OF_TABLE: Readonly<Record<string, Part>> = {
  rule: 'rules',
  nativePlugin: 'nativePlugins',
  portablePlugin: 'portablePlugins',
  schema: 'Schema',
  uploads: 'uploads',
  serviceInstall: 'Service',
};

/** @param folder eKuiper's root, or its data folder  @throws GatewayError BACKUP_FILE when it is neither */
export async function readEkuiper(folder: string): Promise<FoundEkuiper> {
  const data = [folder, join(folder, 'data')].find((f) => existsSync(join(f, DATABASE)));
  if (!data) throw new GatewayError('BACKUP_FILE', { reason: `there is no ${DATABASE} in ${folder} or its data folder` });
  const out: FoundEkuiper = { configuration: emptyConfiguration(), notes: [] };
  const keys = new Map<Part, Map<string, Record<string, unknown>>>();
  readEtc(join(data, '..', 'etc'), keys, out.notes);
  for (const { table, key, value } of await rowsOf(join(data, DATABASE), out.notes)) {
    if (table === 'stream') putStream(out.configuration, key, String(value));
    else if (table === 'script') setMember(out.configuration.scripts, key, toJson(scriptOf(value)));
    else if (table === 'confKVStorage') putKey(keys, key, value);
    else setMember(out.configuration[PART_OF_TABLE[table]!], key, typeof value === 'string' ? value : toJson(value));
  }
  for (const [part, byType] of keys) for (const [type, all] of byType) setMember(out.configuration[part], type, toJson(all));
  readFiles(data, out.configuration);
  if (readdirSync(data).includes('checkpoint.db'))
    out.notes.push('Windows and offsets of rules (checkpoint.db) are not imported: rules start without state.');
  return out;
}

const toJson = (value: unknown): string => JSON.stringify(value, bigintAsNumber);

interface Row {
  table: string;
  key: string;
  value: GobValue;
}

async function rowsOf(file: string, notes: string[]): Promise<Row[]> {
  const copy = mkdtempSync(join(tmpdir(), 'kuiper-ekuiper-'));
  try {
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(file + suffix)) copyFileSync(file + suffix, join(copy, DATABASE + suffix));
    const { raw, close } = await openForeignDatabase(join(copy, DATABASE));
    try {
      const tables = (await raw.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")).map((t) => t.name);
      const out: Row[] = [];
      for (const table of ['confKVStorage', 'stream', 'script', ...Object.keys(PART_OF_TABLE)]) {
        if (!tables.includes(table)) continue;
        for (const { key, val } of await raw.all<{ key: string; val: Uint8Array }>(`SELECT key, val FROM "${table}" ORDER BY key`)) {
          try {
            out.push({ table, key, value: decodeGob(val) });
          } catch (error) {
            notes.push(`${table} ${key} cannot be read: ${messageOf(error)}.`);
          }
        }
      }
      return out;
    } finally {
      await close();
    }
  } catch (error) {
    throw new GatewayError('BACKUP_FILE', { reason: `${basename(file)} cannot be read: ${messageOf(error)}` }, { cause: error });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function putStream(all: Configuration, name: string, text: string): void {
  const { streamType, statement } = JSON.parse(text) as { streamType?: number; statement?: string };
  setMember(all[streamType === 1 ? 'tables' : 'streams'], name, statement ?? '');
}

type Keys = Map<Part, Map<string, Record<string, unknown>>>;

/** `sources.mqtt.plant` */
function putKey(keys: Keys, id: string, value: unknown): void {
  const [kind, type, ...key] = id.split('.');
  const part = PART_OF_KIND[kind!];
  if (!part || !type || key.length === 0) return; // eKuiper's own marks
  const byType = keys.get(part) ?? new Map<string, Record<string, unknown>>();
  const all = byType.get(type) ?? {};
  setMember(all, key.join('.'), value);
  byType.set(type, all);
  keys.set(part, byType);
}

function scriptOf(value: GobValue): unknown {
  const { Id, Desc, Script, IsAgg } = (value ?? {}) as { [name: string]: GobValue };
  return { id: Id, description: Desc ?? '', script: Script, isAgg: IsAgg ?? false };
}

/** Conf keys of YAML files; what REST stored wins and comes later. */
function readEtc(etc: string, keys: Keys, notes: string[]): void {
  const files: [kind: string, type: string | undefined, file: string][] = [
    ['sources', 'mqtt', join(etc, 'mqtt_source.yaml')],
    ['connections', undefined, join(etc, 'connections/connection.yaml')],
  ];
  for (const kind of ['sources', 'sinks'])
    for (const file of filesBelow(join(etc, kind)))
      if (/^[^/]+\.yaml$/.test(relative(join(etc, kind), file))) files.push([kind, basename(file, '.yaml'), file]);
  for (const [kind, type, file] of files) {
    if (!existsSync(file)) continue;
    try {
      const value = parse(readFileSync(file, 'utf8')) as Record<string, unknown> | null;
      const put = (t: string, all: Record<string, unknown>) => {
        for (const [key, props] of Object.entries(all))
          if (typeof props === 'object' && props !== null) putKey(keys, `${kind}.${t}.${key}`, props);
      };
      if (type !== undefined) put(type, value ?? {});
      else for (const [t, all] of Object.entries(value ?? {})) put(t, (all ?? {}) as Record<string, unknown>);
    } catch (error) {
      notes.push(`${file} cannot be read: ${messageOf(error)}.`);
    }
  }
}

/** Files are what counts: the tables hold only how they came. */
function readFiles(data: string, all: Configuration): void {
  const uploads = join(data, 'uploads');
  for (const file of filesBelow(uploads)) {
    const name = relative(uploads, file);
    setMember(all.uploads, name, toJson({ name, base64: readFileSync(file).toString('base64') }));
  }
  const schemas = join(data, 'schemas/protobuf');
  for (const file of filesBelow(schemas)) {
    const name = basename(file, '.proto');
    if (!file.endsWith('.proto') || Object.hasOwn(all.Schema, `protobuf_${name}`)) continue;
    setMember(all.Schema, `protobuf_${name}`, toJson({ type: 'protobuf', name, content: readFileSync(file, 'utf8') }));
  }
}
