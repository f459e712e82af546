// What REST and CLI see of plugins: list, describe, install, update, remove, functions. Texts: docs/spec/rules.md §9.1.
// Next: place-archive.ts (files of an archive), src/plugin-host (what runs).

import { readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Folders } from '../../config/index.ts';
import {
  type FoundZip,
  type PluginKind,
  type PluginLogLine,
  type PluginRegistry,
  pluginKinds,
  pluginModes,
  pluginNameOf,
} from '../../plugin-host/index.ts';
import type { Downloader } from '../download.ts';
import { isName } from '../names.ts';
import { kindOfArchive } from './kind-of-archive.ts';
import { placeArchive, removeFiles } from './place-archive.ts';
import { exportPlugins, parseImportedPlugin } from './plugin-transfer.ts';
import { readPackage } from './read-package.ts';
import { runInstallScript } from './run-install-script.ts';
import { openShippedFiles } from './shipped-files.ts';

export interface PluginRequest {
  name: string;
  file: string;
  /** Names of SQL functions, when they are not just the plugin's name. */
  functions?: readonly string[];
  shellParas?: readonly string[];
}

export interface Installed {
  /** Files in etc that stayed as the user has them; what the archive brought lies beside them as `<file>.new`. */
  edited: readonly string[];
}

export interface PluginAdmin {
  names(kind: PluginKind): string[];
  /** Its last log lines. @throws GatewayError SERVICE_NOT_FOUND `not found` */
  logs(kind: PluginKind, name: string, after: number): readonly PluginLogLine[];
  /** @throws GatewayError SERVICE_NOT_FOUND `not found` */
  describe(kind: PluginKind, name: string): Record<string, unknown>;
  /** Resolves when the plugin is in effect. @throws GatewayError SERVICE_REFUSED for a bad uri, archive or plugin; nothing was kept then */
  install(kind: PluginKind, request: PluginRequest): Promise<Installed>;
  /** @throws as install and remove; the plugin before stays */
  update(kind: PluginKind, request: PluginRequest): Promise<Installed>;
  /** @throws GatewayError SERVICE_NOT_FOUND `invalid name X: not exist` */
  remove(kind: PluginKind, name: string): Promise<void>;
  /** Gives quarantined versions a new chance. @returns the description afterwards
   *  @throws GatewayError SERVICE_NOT_FOUND `invalid name X: not exist`, SERVICE_REFUSED when none is quarantined */
  release(kind: PluginKind, name: string): Promise<Record<string, unknown>>;
  /** The owner decides how the version in effect runs. @param mode undefined: takes the decision back  @returns the description afterwards
   *  @throws GatewayError SERVICE_NOT_FOUND, SERVICE_REFUSED when nothing is in effect or the mode is unknown */
  decide(kind: PluginKind, name: string, mode: string | undefined): Promise<Record<string, unknown>>;
  registerFunctions(name: string, functions: readonly string[]): Promise<void>;
  /** SQL functions of plugins: function → plugin. */
  functions(): ReadonlyMap<string, string>;
  /** `sources_random` → JSON. @param wanted which ones */
  exportAll(wanted?: (kind: PluginKind, name: string, functions: readonly string[]) => boolean): Record<string, string>;
  /** Installs or updates what an export holds. @throws as install */
  importOne(key: string, json: string): Promise<void>;
  /** Files and names of functions were changed by somebody else (a restore, an import that was undone): they are in effect afterwards. */
  reread(): Promise<void>;
  /** Of plugin files at these paths: those that are not in effect because they cannot run, with the reason. */
  faults(paths: readonly string[]): { path: string; reason: string }[];
  /** A zip that was put into a folder of plugins. */
  installDropped(zip: FoundZip): Promise<void>;
}

export interface PluginAdminDeps {
  registry: PluginRegistry;
  folders: Folders;
  log: Log;
  clock: Clock;
  /** basic.enableInstallScript */
  allowsScripts(): boolean;
  download: Downloader;
  /** True for names of built-in SQL functions. */
  isBuiltin(name: string): Promise<boolean>;
}

const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });

export function createPluginAdmin(deps: PluginAdminDeps): PluginAdmin {
  const { registry, folders, download, log } = deps;
  const shipped = openShippedFiles(folders.data, log);
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
  const put = async (
    kind: PluginKind,
    name: string,
    zip: Buffer,
    request: Partial<PluginRequest>,
    replaced: readonly string[] = [],
  ): Promise<Installed> => {
    const content = unwrap(() => readPackage(kind, name, zip));
    if (request.shellParas?.length && !content.installScript)
      throw refuse(`have shell parameters : [${request.shellParas.join(' ')}] but no install.sh file`);
    if (content.installScript && !deps.allowsScripts())
      throw refuse(
        'fail to install plugin: its install.sh would run commands of the archive on this device; set basic.enableInstallScript in kuiper.yaml to allow it, or leave install.sh out of the archive',
      );
    const owners = registry.functionOwners();
    for (const f of kind === 'functions' ? (request.functions ?? [name]) : [])
      if ((await deps.isBuiltin(f)) || (owners.has(f) && owners.get(f) !== name)) throw refuse(`function name ${f} already exists`);
    if (content.installScript)
      await runInstallScript(
        { plugin: `${kind}/${name}`, entries: content.entries, shellParas: request.shellParas ?? [], rootPath: folders.root },
        log,
      ).catch((error: unknown) => {
        throw refuse(`fail to install plugin: ${messageOf(error)}`, error);
      });
    const placed = await placeArchive(folders, shipped, kind, name, content, replaced, registry.door).catch((error: unknown) => {
      throw refuse(`fail to install plugin: ${messageOf(error)}`, error);
    });
    const namesBefore = kind === 'functions' ? (registry.describe(kind, name)?.['functions'] as readonly string[] | undefined) : undefined;
    if (kind === 'functions' && request.functions?.length) await registry.registerFunctions(name, request.functions);
    await registry.settle();
    const entry = registry.entry(kind, name);
    const fault = entry?.candidates.find(
      (c) => placed.plugins.includes(c.file.path) && (c.state === 'failed' || c.state === 'quarantined'),
    );
    if (entry?.active && !fault) {
      await placed.commit();
      const { edited } = placed;
      if (edited.length > 0)
        log.warn(
          { plugin: `${kind}/${name}`, files: edited },
          'Files in etc stay as they were edited; the new ones lie beside them as .new.',
        );
      return { edited };
    }
    await placed.undo();
    if (kind === 'functions' && request.functions?.length) await registry.registerFunctions(name, namesBefore);
    await registry.settle();
    throw refuse(`fail to install plugin: ${fault?.reason ?? 'it is not seen in the folder of plugins'}`);
  };

  /** @throws SERVICE_REFUSED: no plugin in it can be loaded */
  const kindOf = async (name: string, zip: Buffer): Promise<PluginKind> => {
    const content = unwrap(() => readPackage(undefined, name, zip));
    return kindOfArchive(content, folders.data, deps.clock, log, await registry.untrustedThreads()).catch((error: unknown) => {
      throw refuse(`fail to install plugin: ${messageOf(error)}; or put the archive into sources, sinks or functions`, error);
    });
  };

  /** What lies in a folder of plugins and is none. @throws SERVICE_NOT_FOUND */
  const removeRefused = async (kind: PluginKind, name: string) => {
    const found = registry.describe(kind, pluginNameOf(name)) ?? registry.describe(kind, name);
    if (typeof found?.['file'] !== 'string') throw absent(name);
    // a folder may hold anything: it is left to its owner
    await registry.door.remove(found['file']).catch((error: unknown) => {
      throw refuse(`${found['file']} cannot be removed: ${messageOf(error)}`, error);
    });
    await registry.settle();
  };

  const filesOf = (kind: PluginKind, name: string) => registry.entry(kind, name)?.candidates.map((c) => c.file.path) ?? [];

  const admin: PluginAdmin = {
    names: (kind) => registry.names(kind),
    logs(kind, name, after) {
      admin.describe(kind, name);
      return registry.logs(kind, pluginNameOf(name), after);
    },
    describe(kind, name) {
      // what is not a plugin is listed by the name of its file
      const found = registry.describe(kind, pluginNameOf(name)) ?? registry.describe(kind, name);
      if (!found) throw new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
      return found;
    },
    install: (kind, request) =>
      alone(async () => {
        const name = pluginNameOf(request.name);
        const zip = await fetchZip(request.file);
        if (registry.entry(kind, name)) throw refuse(`invalid name ${request.name}: duplicate`);
        return put(kind, name, zip, request);
      }),
    update: (kind, request) =>
      alone(async () => {
        const name = pluginNameOf(request.name);
        if (!registry.entry(kind, name)) throw absent(request.name);
        const zip = await fetchZip(request.file);
        return put(kind, name, zip, request, filesOf(kind, name));
      }),
    remove: (kind, name) =>
      alone(async () => {
        const own = pluginNameOf(name);
        if (!registry.entry(kind, own)) {
          await removeRefused(kind, name);
          return;
        }
        await removeFiles(folders, kind, own, filesOf(kind, own), registry.door);
        shipped.set(kind, own, undefined);
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
    decide: (kind, name, mode) =>
      alone(async () => {
        const own = pluginNameOf(name);
        if (!registry.entry(kind, own)) throw absent(name);
        const known = pluginModes.find((m) => m === mode);
        if (mode !== undefined && !known) throw refuse(`unknown mode ${mode}: it is one of ${pluginModes.join(', ')}`);
        if (!(await registry.decide(kind, own, known))) throw refuse(`no version of plugin ${own} is in effect`);
        const now = registry.describe(kind, own)!;
        if (known && now['mode'] !== known)
          throw refuse(`plugin ${own} does not run ${known}: ${String(now['reason'] ?? 'it does not load so')}`);
        return now;
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
    exportAll: (wanted = () => true) => exportPlugins({ registry, folders, log }, wanted),
    importOne: (key, json) =>
      alone(async () => {
        const { kind, name, functions, zip } = parseImportedPlugin(key, json);
        if (!isName(name) || pluginNameOf(name) !== name) throw refuse(`"${name}" is not a plugin name`);
        const bytes = Buffer.isBuffer(zip) ? zip : await fetchZip(zip.file);
        await put(kind, name, bytes, functions ? { functions } : {}, filesOf(kind, name));
      }),
    reread: () =>
      alone(async () => {
        shipped.reload();
        await registry.reread();
      }),
    faults: (paths) =>
      pluginKinds.flatMap((kind) =>
        registry
          .names(kind)
          .flatMap((name) =>
            (registry.entry(kind, name)?.candidates ?? [])
              .filter((c) => paths.includes(c.file.path) && (c.state === 'failed' || c.state === 'quarantined'))
              .map((c) => ({ path: c.file.path, reason: c.reason })),
          ),
      ),
    installDropped: ({ folder, path, name }) =>
      alone(async () => {
        if (!isName(name)) throw refuse(`"${name}" is not a plugin name`);
        const zip = await readFile(path);
        const kind = folder === 'top' ? await kindOf(name, zip) : folder;
        await put(kind, name, zip, {});
        await registry.door.remove(path);
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
