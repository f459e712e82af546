// Portable plugins: programs in Python or Go that were written for eKuiper and run unchanged, each in a process of its own. One folder each below
// plugins/portable, with NAME.json that says what is in it. Processes run while a rule uses them. Made by ../index.ts.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { FunctionCatalogue, FunctionDefinition } from '../../contract/function.ts';
import { outsideFunction } from '../outside.ts';
import { portableConnector } from './connector.ts';
import { createPortableFunction, type PortableFunction } from './function.ts';
import { PluginProcess, type ProcessStatus } from './plugin-process.ts';
import { type PortableInfo, parsePortableInfo } from './portable-info.ts';

export interface PortablePlugins {
  readonly functions: FunctionCatalogue;
  /** @returns the connector of a plugin, if no other has the name */
  connector(name: string): ConnectorEntry | undefined;
  connectorNames(): string[];
  list(): PortableInfo[];
  get(name: string): PortableInfo | undefined;
  status(name: string): ProcessStatus | undefined;
  /** Puts a plugin in place, starts it once to see that it works, and replaces one of its name.
   *  @param files of its archive  @throws GatewayError SERVICE_REFUSED, PORTABLE_START, PORTABLE_NO_PYTHON; nothing is changed then */
  install(name: string, files: readonly PortableFile[]): Promise<PortableInfo>;
  remove(name: string): Promise<void>;
  /** Files that make it again. */
  filesOf(name: string): PortableFile[];
  /** Reads the folder again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface PortableFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface PortableDeps {
  folder: string;
  etc: string;
  /** Where it is noted which processes run and which functions are aggregates. */
  notes: string;
  clock: Clock;
  log: Log;
  pythonBin(): string;
  /** Why none may run here; undefined: they may. */
  refusal(): string | undefined;
}

interface Entry {
  readonly info: PortableInfo;
  readonly text: string;
  readonly process: PluginProcess;
  readonly calls: Map<string, PortableFunction>;
  readonly definitions: Map<string, FunctionDefinition>;
}

const KINDS = ['sources', 'sinks', 'functions'] as const;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export function createPortablePlugins(deps: PortableDeps): PortablePlugins {
  const { folder, notes, clock, log } = deps;
  const entries = new Map<string, Entry>();
  const noteOf = (name: string) => join(notes, `${name}.functions.json`);

  const make = (info: PortableInfo, text: string): Entry => ({
    info,
    text,
    process: new PluginProcess({
      info,
      executable: join(folder, info.name, info.executable),
      pythonBin: deps.pythonBin,
      noteFile: join(notes, `${info.name}.pid`),
      clock,
      log,
    }),
    calls: new Map(),
    definitions: new Map(),
  });
  const end = async (entry: Entry) => {
    for (const call of entry.calls.values()) await call.close();
    entry.process.close();
  };
  /** Which of its functions are aggregates: the plugin is asked once, since the planner must know before anything runs. */
  const aggregatesOf = async (entry: Entry): Promise<readonly string[]> => {
    try {
      const { text, aggregates } = JSON.parse(readFileSync(noteOf(entry.info.name), 'utf8')) as { text: string; aggregates: string[] };
      if (text === entry.text) return aggregates;
    } catch {
      // not asked yet
    }
    return ask(entry);
  };
  const ask = async (entry: Entry): Promise<readonly string[]> => {
    const aggregates: string[] = [];
    for (const name of entry.info.functions) if (await callOf(entry, name).isAggregate()) aggregates.push(name);
    mkdirSync(notes, { recursive: true });
    writeDurably(noteOf(entry.info.name), JSON.stringify({ text: entry.text, aggregates }));
    return aggregates;
  };
  const callOf = (entry: Entry, name: string): PortableFunction => {
    let call = entry.calls.get(name);
    if (!call) entry.calls.set(name, (call = createPortableFunction(name, entry.process)));
    return call;
  };
  const define = (entry: Entry, aggregates: readonly string[]) => {
    for (const name of entry.info.functions)
      entry.definitions.set(
        name,
        outsideFunction({
          name,
          group: 'portable',
          owner: `portable/${entry.info.name}`,
          doc: `Function of the portable plugin ${entry.info.name}.`,
          aggregate: aggregates.includes(name),
          exec: (args, site, place) => callOf(entry, name).exec(args, site.env.ruleId, site.name, place),
        }),
      );
  };
  const ownerOf = (kind: (typeof KINDS)[number], symbol: string): Entry | undefined =>
    [...entries.values()].find((e) => e.info[kind].includes(symbol));
  const mayRun = () => {
    const why = deps.refusal();
    if (why !== undefined) throw new GatewayError('SERVICE_REFUSED', { text: why });
  };
  /** Conf keys and descriptions of its sources and sinks. */
  const metadataOf = (info: PortableInfo, files: readonly PortableFile[]) =>
    files.filter((f) => KINDS.some((kind) => info[kind].some((s) => f.path === `${kind}/${s}.json` || f.path === `${kind}/${s}.yaml`)));

  const own: PortablePlugins = {
    functions: {
      get(name) {
        for (const e of entries.values()) {
          const found = e.definitions.get(name);
          if (found) return found;
        }
        return undefined;
      },
      names: () => [...entries.values()].flatMap((e) => [...e.definitions.keys()]),
    },
    connector(name) {
      const offers = (['source', 'sink'] as const).filter((o) => ownerOf(`${o}s`, name) !== undefined);
      if (offers.length === 0) return undefined;
      return {
        name,
        offers,
        plugin: true,
        load: async () => {
          const plugin = ownerOf('sources', name) ?? ownerOf('sinks', name)!;
          const processOf = (kind: 'sources' | 'sinks') => () => {
            mayRun();
            const owner = ownerOf(kind, name);
            if (!owner) throw new GatewayError('PORTABLE_START', { plugin: plugin.info.name, problem: 'it was removed' });
            return owner.process;
          };
          return portableConnector(name, plugin.info.name, {
            ...(offers.includes('source') && { source: processOf('sources') }),
            ...(offers.includes('sink') && { sink: processOf('sinks') }),
          });
        },
      };
    },
    connectorNames: () => [...new Set([...entries.values()].flatMap((e) => [...e.info.sources, ...e.info.sinks]))],
    list: () => [...entries.values()].map((e) => e.info).sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => entries.get(name)?.info,
    status: (name) => entries.get(name)?.process.status(),
    async install(name, files) {
      mayRun();
      const description = files.find((f) => f.path === `${name}.json`);
      if (!description)
        throw new GatewayError('SERVICE_REFUSED', {
          text: `missing or invalid json file ${name}.json, found ${files.length} files in total`,
        });
      const text = description.content.toString();
      const info = parsePortableInfo(name, text);
      if (!files.some((f) => f.path === info.executable))
        throw new GatewayError('SERVICE_REFUSED', { text: `cannot find executable \`${info.executable}\` when loading portable plugins` });
      for (const kind of KINDS)
        for (const symbol of info[kind]) {
          const other = ownerOf(kind, symbol);
          if (other && other.info.name !== name)
            throw new GatewayError('SERVICE_REFUSED', {
              text: `${kind.slice(0, -1)} ${symbol} is one of portable plugin ${other.info.name}`,
            });
        }
      const old = entries.get(name);
      const before = old && own.filesOf(name);
      if (old) await end(old);
      place(join(folder, name), files, info);
      const entry = make(info, text);
      try {
        await entry.process.start();
        define(entry, await ask(entry));
      } catch (error) {
        await end(entry);
        rmSync(join(folder, name), { recursive: true, force: true });
        if (old && before) {
          place(join(folder, name), before, old.info);
          const again = make(old.info, old.text);
          for (const [f, definition] of old.definitions) again.definitions.set(f, definition);
          define(again, await aggregatesOf(again));
          entries.set(name, again);
        }
        throw error;
      }
      entries.set(name, entry);
      for (const f of metadataOf(info, files)) {
        mkdirSync(dirname(join(deps.etc, f.path)), { recursive: true });
        writeDurably(join(deps.etc, f.path), f.content);
      }
      return info;
    },
    async remove(name) {
      const entry = entries.get(name);
      if (!entry) throw new GatewayError('SERVICE_NOT_FOUND', { text: `portable plugin ${name} is not found` });
      entries.delete(name);
      await end(entry);
      for (const f of metadataOf(entry.info, own.filesOf(name))) rmSync(join(deps.etc, f.path), { force: true });
      rmSync(join(folder, name), { recursive: true, force: true });
      rmSync(noteOf(name), { force: true });
    },
    filesOf(name) {
      const root = join(folder, name);
      return readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile() && !e.parentPath.includes('__pycache__'))
        .map((e) => ({ path: join(e.parentPath, e.name).slice(root.length + 1), content: readFileSync(join(e.parentPath, e.name)) }))
        .filter((f) => f.content.length <= MAX_FILE_BYTES)
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async reload() {
      const names = existsSync(folder)
        ? readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory() && !e.name.startsWith('.'))
        : [];
      const found = new Map<string, { info: PortableInfo; text: string }>();
      for (const { name } of names) {
        try {
          const text = readFileSync(join(folder, name, `${name}.json`), 'utf8');
          found.set(name, { info: parsePortableInfo(name, text), text });
        } catch (error) {
          log.error({ code: 'PORTABLE_START', plugin: name, reason: messageOf(error) }, 'A portable plugin cannot be used.');
        }
      }
      for (const [name, entry] of entries)
        if (found.get(name)?.text !== entry.text) {
          entries.delete(name);
          await end(entry);
        }
      for (const [name, { info, text }] of found) {
        if (entries.has(name)) continue;
        const entry = make(info, text);
        entries.set(name, entry);
        if (info.functions.length === 0 || deps.refusal() !== undefined) continue;
        try {
          define(entry, await aggregatesOf(entry));
        } catch (error) {
          log.error({ code: 'PORTABLE_START', plugin: name, reason: messageOf(error) }, 'Functions of a portable plugin cannot be used.');
        }
      }
    },
    async close() {
      for (const entry of entries.values()) await end(entry);
      entries.clear();
    },
  };
  return own;
}

/** The whole folder at once: a name of its own first. */
function place(target: string, files: readonly PortableFile[], info: PortableInfo): void {
  const fresh = join(dirname(target), `.${info.name}.new`);
  rmSync(fresh, { recursive: true, force: true });
  for (const f of files) {
    mkdirSync(dirname(join(fresh, f.path)), { recursive: true });
    writeDurably(join(fresh, f.path), f.content);
  }
  chmodSync(join(fresh, info.executable), 0o755);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}
