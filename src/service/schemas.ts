// Schemas of formats: protobuf files under data/schemas/protobuf (made over REST) and etc/schemas/protobuf (put there by hand). A schema
// is parsed before it is stored, so that a stream never meets a broken one. `custom` schemas are Go plugins in eKuiper and refused.
import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurablyAsync } from '../base/durable-file.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Folders } from '../config/index.ts';
import type { KvTable } from '../store/index.ts';
import type { Downloader } from './download.ts';
import { checkName, isName } from './names.ts';
import { mayReplace } from './versions.ts';

export interface SchemaRequest {
  name: string;
  content?: string;
  file?: string;
  version?: string;
}

export interface SchemaInfo {
  type: string;
  name: string;
  content: string;
  file: string;
  version?: string;
}

export interface SchemaRegistry {
  list(type: string): Promise<string[]>;
  create(type: string, request: SchemaRequest): Promise<void>;
  replace(type: string, request: SchemaRequest): Promise<void>;
  describe(type: string, name: string): SchemaInfo;
  delete(type: string, name: string): Promise<void>;
  /** For codecs: the text of a schema file. @throws when there is none */
  read(type: string, id: string): string;
  /** `protobuf_name` → JSON of the request that makes it again. */
  exportAll(): Record<string, string>;
  /** What an import has to write: the file, and the row of the table. Nothing is changed. @throws as replace */
  prepare(key: string, text: string): Promise<PreparedSchema>;
  /** After the rows were changed by somebody else. */
  reload(): Promise<void>;
}

export interface PreparedSchema {
  file: string;
  content: string;
  row: readonly [key: string, version: string];
}

const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });

export async function openSchemas(table: KvTable, folders: Folders, download: Downloader): Promise<SchemaRegistry> {
  const versions = new Map<string, string>();
  const reload = async () => {
    const rows = await table.all();
    versions.clear();
    for (const [key, version] of rows) versions.set(key, version);
  };
  await reload();
  const own = (name: string) => join(folders.data, 'schemas/protobuf', `${name}.proto`);
  const shipped = (name: string) => join(folders.etc, 'schemas/protobuf', `${name}.proto`);
  const keyOf = (type: string, name: string) => `${type}.${name}`;
  const checkType = (type: string) => {
    if (type === 'custom') throw refuse('custom schemas are Go plugins in eKuiper and cannot run here; describe the format with protobuf');
    if (type !== 'protobuf') throw refuse(`unknown schema type ${type}; the types are protobuf and custom`);
  };
  const find = (name: string): { file: string; content: string } | undefined => {
    for (const file of [own(name), shipped(name)]) {
      try {
        return { file, content: readFileSync(file, 'utf8') };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw refuse(`${file}: ${messageOf(error)}`, error);
      }
    }
    return undefined;
  };
  const checked = async (request: SchemaRequest): Promise<string> => {
    const content = request.content || new TextDecoder().decode(await download.read(request.file!));
    const { parse } = (await import('protobufjs')).default;
    try {
      parse(content);
    } catch (error) {
      throw refuse(`schema ${request.name} is not valid protobuf: ${messageOf(error)}`, error);
    }
    return content;
  };
  const checkVersion = (type: string, request: SchemaRequest) => {
    const old = versions.get(keyOf(type, checkName(request.name)));
    if (old !== undefined && !mayReplace(old, request.version ?? ''))
      throw refuse(`schema ${type}.${request.name} already registered with version ${old}, new version ${request.version ?? ''} is lower`);
  };
  const store = async (type: string, request: SchemaRequest) => {
    await writeDurablyAsync(own(request.name), await checked(request));
    await table.set(keyOf(type, request.name), request.version ?? '');
    versions.set(keyOf(type, request.name), request.version ?? '');
  };

  const registry: SchemaRegistry = {
    async list(type) {
      if (type !== 'custom') checkType(type);
      if (type === 'custom') return [];
      const names = new Set<string>();
      for (const folder of [folders.data, folders.etc]) {
        const files = await readdir(join(folder, 'schemas/protobuf')).catch(() => [] as string[]);
        for (const f of files) if (f.endsWith('.proto') && isName(f.slice(0, -6))) names.add(f.slice(0, -6));
      }
      return [...names].sort();
    },
    async create(type, request) {
      checkType(type);
      if (find(checkName(request.name))) throw refuse(`schema ${type}.${request.name} already registered`);
      await store(type, request);
    },
    async replace(type, request) {
      checkType(type);
      checkVersion(type, request);
      await store(type, request);
    },
    describe(type, name) {
      checkType(type);
      const found = find(checkName(name));
      if (!found) throw refuse(`schema type ${type} id ${name} not found in registry`);
      const version = versions.get(keyOf(type, name));
      return { type, name, content: found.content, file: found.file, ...(version ? { version } : {}) };
    },
    async delete(type, name) {
      checkType(type);
      const found = find(checkName(name));
      if (!found) throw refuse(`schema ${type}.${name} not found`);
      await rm(found.file);
      await table.delete(keyOf(type, name));
      versions.delete(keyOf(type, name));
    },
    read: (type, id) => registry.describe(type, id.split('.')[0]!).content,
    exportAll: () =>
      Object.fromEntries(
        [...versions].map(([key, version]) => {
          const [type, name] = key.split('.') as [string, string];
          return [`${type}_${name}`, JSON.stringify({ type, name, content: find(name)?.content ?? '', ...(version ? { version } : {}) })];
        }),
      ),
    async prepare(key, text) {
      const body = JSON.parse(text) as SchemaRequest & { type?: string };
      const [first, ...rest] = key.split('_');
      const type = body.type ?? first!;
      const request = { ...body, name: checkName(body.name || rest.join('_')) };
      checkType(type);
      checkVersion(type, request);
      return { file: own(request.name), content: await checked(request), row: [keyOf(type, request.name), request.version ?? ''] };
    },
    reload,
  };
  return registry;
}
