// Functions of JavaScript (/udf/javascript): one file each below data/scripts, so that backups, imports and their undo treat them as what they are.
// The engine is loaded when there is a script. Made by ../index.ts; asked by the planner as a catalogue of functions.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FunctionCatalogue, FunctionDefinition } from '../../contract/function.ts';
import { definitionOfScript } from './definition.ts';
import type { ScriptEngine } from './engine.ts';
import type { ScriptPlace, ScriptPool } from './pool.ts';

/** In eKuiper's spelling. */
export interface Script {
  id: string;
  description: string;
  script: string;
  isAgg: boolean;
}

export interface Scripts {
  readonly functions: FunctionCatalogue;
  list(): string[];
  /** @throws GatewayError SERVICE_REFUSED */
  get(id: string): Script;
  /** @throws GatewayError SERVICE_REFUSED when there is one, SCRIPT_INVALID */
  create(script: Script): Promise<void>;
  /** Creates or replaces. @throws GatewayError SCRIPT_INVALID */
  put(script: Script): Promise<void>;
  /** @throws GatewayError SERVICE_NOT_FOUND */
  delete(id: string): Promise<void>;
  /** id → JSON */
  exportAll(): Record<string, string>;
  /** What an import has to write. @throws GatewayError SCRIPT_INVALID, SERVICE_REFUSED */
  prepare(key: string, text: string): Promise<{ file: string; content: string }>;
  /** Reads the files again; those that are no scripts are told in the log and left out. */
  reload(): Promise<void>;
  /** A place where the script of a graph's node is called. Needs `check` before. */
  nodePlace(text: string, node: string, rule: string): ScriptPlace;
  /** @throws GatewayError SCRIPT_INVALID */
  check(text: string, entry: string): Promise<void>;
  /** The engine is there: `nodePlace` may be called. */
  readonly ready: boolean;
}

interface Entry {
  script: Script;
  edition: number;
  definition: FunctionDefinition;
}

const ID = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

export function createScripts(folder: string, log: Log): Scripts {
  const entries = new Map<string, Entry>();
  let editions = 0;
  let engine: ScriptEngine | undefined;
  let loading: Promise<ScriptEngine> | undefined;
  let pool: ScriptPool | undefined;
  let instances: typeof import('./instance.ts') | undefined;

  const load = (): Promise<ScriptEngine> =>
    (loading ??= (async () => {
      const [{ createScriptEngine }, { createScriptPool }, instance] = await Promise.all([
        import('./engine.ts'),
        import('./pool.ts'),
        import('./instance.ts'),
      ]);
      instances = instance;
      pool = createScriptPool(() => engine, log);
      engine = await createScriptEngine((error) =>
        log.error({ code: 'SCRIPT_ENGINE', cause: messageOf(error) }, 'The engine of scripts failed and is started again.'),
      );
      return engine;
    })());
  const check = async (text: string, entry: string) => {
    const e = await load();
    instances!.createInstance(e, text, entry, () => undefined).dispose();
  };
  const checked = async (script: Script): Promise<void> => {
    if (!ID.test(script.id))
      throw new GatewayError('SCRIPT_INVALID', { text: `the id ${script.id} cannot be the name of a function in JavaScript` });
    await check(script.script, script.id);
  };
  const fileOf = (id: string) => join(folder, `${id}.json`);
  const textOf = ({ id, description, script, isAgg }: Script) => JSON.stringify({ id, description, script, isAgg });
  const take = (script: Script) => {
    const { id } = script;
    const edition = ++editions;
    const definition = definitionOfScript(script, (site) => {
      const now = () => {
        const entry = entries.get(id);
        return entry && { text: entry.script.script, edition: entry.edition };
      };
      return pool!.place(now, id, id, site.env.ruleId);
    });
    entries.set(id, { script, edition, definition });
  };
  const put = async (script: Script) => {
    await checked(script);
    mkdirSync(folder, { recursive: true });
    await writeDurablyAsync(fileOf(script.id), textOf(script));
    take(script);
  };
  return {
    functions: { get: (name) => entries.get(name)?.definition, names: () => [...entries.keys()] },
    list: () => [...entries.keys()].sort(),
    get(id) {
      const entry = entries.get(id);
      if (!entry) throw new GatewayError('SERVICE_REFUSED', { text: 'not found' });
      return entry.script;
    },
    async create(script) {
      if (entries.has(script.id)) throw new GatewayError('SERVICE_REFUSED', { text: `Item ${script.id} already exists` });
      await put(script);
    },
    put,
    async delete(id) {
      if (!entries.delete(id)) throw new GatewayError('SERVICE_NOT_FOUND', { text: `${id} is not found` });
      await rm(fileOf(id), { force: true });
    },
    exportAll: () => Object.fromEntries([...entries].map(([id, { script }]) => [id, textOf(script)])),
    async prepare(key, text) {
      const script = parseScript(text, key);
      if (script.id !== key)
        throw new GatewayError('SERVICE_REFUSED', { text: `the script id ${script.id} does not match the key ${key}` });
      await checked(script);
      return { file: fileOf(key), content: textOf(script) };
    },
    async reload() {
      const found = new Map<string, Script>();
      for (const name of namesIn(folder)) {
        try {
          const id = name.slice(0, -'.json'.length);
          const script = parseScript(readFileSync(join(folder, name), 'utf8'), id);
          await checked(script);
          found.set(id, script);
        } catch (error) {
          log.error({ code: 'SCRIPT_INVALID', file: name, reason: messageOf(error) }, 'A stored script cannot be used.');
        }
      }
      for (const id of [...entries.keys()]) if (!found.has(id)) entries.delete(id);
      for (const [id, script] of found) {
        const old = entries.get(id);
        if (!old || textOf(old.script) !== textOf(script)) take(script);
      }
    },
    nodePlace: (text, node, rule) => pool!.place(() => ({ text, edition: 0 }), 'exec', node, rule),
    check,
    get ready() {
      return engine !== undefined;
    },
  };
}

/** @throws GatewayError SERVICE_REFUSED */
export function parseScript(text: string, id: string): Script {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new GatewayError('SERVICE_REFUSED', { text: `fail to unmarshal the script ${id}: ${messageOf(error)}` });
  }
  const { script, description = '', isAgg = false } = given;
  if (typeof script !== 'string' || typeof description !== 'string' || typeof isAgg !== 'boolean')
    throw new GatewayError('SERVICE_REFUSED', {
      text: `the script ${id} needs script (a text); description is a text, isAgg true or false`,
    });
  return { id: String(given['id'] ?? id), description, script, isAgg };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
