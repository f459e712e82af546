// What REST and CLI see of plugins: list, describe, install, update, remove, functions. Texts: ../shared/spec/rules.md §9.1.
// Next: place-archive.ts (files of an archive), src/registry (what runs).

import { readFile, rm } from 'node:fs/promises';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Folders } from '../../config/index.ts';
import { type FoundZip, type PluginKind, type PluginRegistry, pluginNameOf } from '../../registry/index.ts';
import type { Downloader } from '../download.ts';
import { isName } from '../names.ts';
import { placeArchive, removeFiles, restoreFiles } from './place-archive.ts';
import { readPackage } from './read-package.ts';

export interface PluginRequest {
  name: string;
  file: string;
  /** Names of SQL functions, when they are not just the plugin's name. */
  functions?: readonly string[];
  shellParas?: readonly string[];
}

export interface PluginAdmin {
  names(kind: PluginKind): string[];
  /** @throws GatewayError SERVICE_NOT_FOUND `not found` */
  describe(kind: PluginKind, name: string): Record<string, unknown>;
  /** Resolves when the plugin is in effect. @throws GatewayError SERVICE_REFUSED for a bad uri, archive or plugin; nothing was kept then */
  install(kind: PluginKind, request: PluginRequest): Promise<void>;
  /** @throws as install and remove; the plugin before stays */
  update(kind: PluginKind, request: PluginRequest): Promise<void>;
  /** @throws GatewayError SERVICE_NOT_FOUND `invalid name X: not exist` */
  remove(kind: PluginKind, name: string): Promise<void>;
  /** Gives quarantined versions a new chance. @returns the description afterwards
   *  @throws GatewayError SERVICE_NOT_FOUND `invalid name X: not exist`, SERVICE_REFUSED when none is quarantined */
  release(kind: PluginKind, name: string): Promise<Record<string, unknown>>;
  registerFunctions(name: string, functions: readonly string[]): Promise<void>;
  /** SQL functions of plugins: function → plugin. */
  functions(): ReadonlyMap<string, string>;
  /** Portable plugins (processes in Go or Python) are not part of this gateway: refused, after the checks that eKuiper makes first. */
  installPortable(request: PluginRequest): Promise<void>;
  /** A zip that was put into a folder of plugins. */
  installDropped(zip: FoundZip): Promise<void>;
}

export interface PluginAdminDeps {
  registry: PluginRegistry;
  folders: Folders;
  download: Downloader;
  /** True for names of built-in SQL functions. */
  isBuiltin(name: string): Promise<boolean>;
}

const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });

export function createPluginAdmin(deps: PluginAdminDeps): PluginAdmin {
  const { registry, folders, download } = deps;
  // one change at a time: names are free or taken, files there or not
  let chain: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = chain.then(work, work);
    chain = next.catch(() => undefined);
    return next;
  };
  const fetchZip = async (file: string) => {
    if (!/^(https?|file):\/\/.+\.zip$/.test(file)) throw refuse(`invalid uri ${file}`);
    return Buffer.from(await download.read(file));
  };
  const absent = (name: string) => new GatewayError('SERVICE_NOT_FOUND', { text: `invalid name ${name}: not exist` });

  /** Places an archive and waits for the plugin; takes everything back when it does not run. */
  const put = async (kind: PluginKind, name: string, zip: Buffer, request: Partial<PluginRequest>) => {
    const content = unwrap(() => readPackage(kind, name, zip));
    if (request.shellParas?.length && !content.installScript)
      throw refuse(`have shell parameters : [${request.shellParas.join(' ')}] but no install.sh file`);
    if (content.installScript)
      throw refuse('fail to install plugin: its install.sh would run commands of the archive on this device, which is not allowed');
    const owners = registry.functionOwners();
    for (const f of kind === 'functions' ? (request.functions ?? [name]) : [])
      if ((await deps.isBuiltin(f)) || (owners.has(f) && owners.get(f) !== name)) throw refuse(`function name ${f} already exists`);
    const placed = await placeArchive(folders, kind, name, content).catch((error: unknown) => {
      throw refuse(`fail to install plugin: ${messageOf(error)}`, error);
    });
    const hadNames = registry.entry('functions', name) !== undefined;
    if (kind === 'functions' && request.functions?.length) await registry.registerFunctions(name, request.functions);
    await registry.settle();
    const entry = registry.entry(kind, name);
    const fault = entry?.candidates.find(
      (c) => placed.plugins.includes(c.file.path) && (c.state === 'failed' || c.state === 'quarantined'),
    );
    if (entry?.active && !fault) return;
    await placed.undo();
    if (kind === 'functions' && request.functions?.length && !hadNames) await registry.registerFunctions(name, undefined);
    await registry.settle();
    throw refuse(`fail to install plugin: ${fault?.reason ?? 'it is not seen in the folder of plugins'}`);
  };

  const filesOf = (kind: PluginKind, name: string) => registry.entry(kind, name)?.candidates.map((c) => c.file.path) ?? [];

  const admin: PluginAdmin = {
    names: (kind) => registry.names(kind),
    describe(kind, name) {
      // what is no plugin is listed by the name of its file
      const found = registry.describe(kind, pluginNameOf(name)) ?? registry.describe(kind, name);
      if (!found) throw new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
      return found;
    },
    install: (kind, request) =>
      alone(async () => {
        const name = pluginNameOf(request.name);
        const zip = await fetchZip(request.file);
        if (registry.entry(kind, name)) throw refuse(`invalid name ${request.name}: duplicate`);
        await put(kind, name, zip, request);
      }),
    update: (kind, request) =>
      alone(async () => {
        const name = pluginNameOf(request.name);
        if (!registry.entry(kind, name)) throw absent(request.name);
        const zip = await fetchZip(request.file);
        // everything that can be seen beforehand is, while the old one still runs
        unwrap(() => readPackage(kind, name, zip));
        const names = registry.describe(kind, name)?.['functions'] as readonly string[] | undefined;
        const kept = await removeFiles(folders, kind, name, filesOf(kind, name));
        try {
          await put(kind, name, zip, request);
        } catch (error) {
          await restoreFiles(kept);
          if (kind === 'functions') await registry.registerFunctions(name, names);
          await registry.settle();
          throw error;
        }
      }),
    remove: (kind, name) =>
      alone(async () => {
        const own = pluginNameOf(name);
        if (!registry.entry(kind, own)) throw absent(name);
        await removeFiles(folders, kind, own, filesOf(kind, own));
        await registry.settle();
        if (kind === 'functions') await registry.registerFunctions(own, undefined);
      }),
    release: (kind, name) =>
      alone(async () => {
        const own = pluginNameOf(name);
        if (!registry.entry(kind, own)) throw absent(name);
        if ((await registry.release(kind, own)) === 0) throw refuse(`no version of plugin ${own} is quarantined`);
        return registry.describe(kind, own)!;
      }),
    registerFunctions: (name, functions) =>
      alone(async () => {
        const own = pluginNameOf(name);
        const owners = registry.functionOwners();
        for (const f of functions)
          if ((await deps.isBuiltin(f)) || (owners.has(f) && owners.get(f) !== own)) throw refuse(`function name ${f} already exists`);
        await registry.registerFunctions(own, functions);
      }),
    functions: () => registry.functionOwners(),
    async installPortable({ file }) {
      await fetchZip(file);
      throw new GatewayError('SERVICE_MISSING', { what: 'the installation of portable plugins' });
    },
    installDropped: ({ folder, path, name }) =>
      alone(async () => {
        if (folder === 'top') throw refuse(`put ${path} into sources, sinks or functions: an archive does not say what it holds`);
        if (!isName(name)) throw refuse(`"${name}" is no plugin name`);
        await put(folder, name, await readFile(path), {});
        await rm(path, { force: true });
        await registry.settle();
      }),
  };
  registry.onZip = admin.installDropped;
  return admin;
}

function unwrap<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refuse(`fail to install plugin: ${messageOf(error)}`, error);
  }
}
