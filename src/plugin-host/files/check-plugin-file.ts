// Checks one plugin file outside of a gateway, in a worker: for the CLI.
import { basename, dirname } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { suggest } from '../../sql/suggest.ts';
import { createPluginWorker, type PluginWorker } from '../remote/plugin-worker.ts';
import { createLocalThreads, type LaunchThread } from '../remote/thread.ts';
import { createModuleUrls } from '../worker/module-urls.ts';
import { checkApiVersion } from './api-version.ts';
import { missingExport } from './missing-export.ts';
import { placeOfError } from './place-of-error.ts';
import { type PluginKind, parsePluginFileName, shownVersion, symbolOf } from './plugin-file.ts';
import { placed, readPluginSource } from './plugin-source.ts';

export interface PluginFileFacts {
  kind: PluginKind;
  name: string;
  version: string;
  symbol: string;
  singleton: boolean;
  methods: readonly string[];
  exports: readonly string[];
  /** SQL functions by their symbols, for a file that holds several. */
  functions: readonly string[];
  /** Methods that the gateway never calls. */
  otherMethods: readonly string[];
  asyncMethods: readonly string[];
  /** Arguments that its constructor asks for; it gets none. */
  constructorArgs: number;
  /** What it changed of all code's common ground. */
  tampers: readonly string[];
  doc: string;
  options: readonly Record<string, unknown>[];
  apiVersion: string | undefined;
  /** What a trial of exec, or of configure with no options, told. */
  trial: PluginTrial | undefined;
}

export interface PluginTrial {
  promise: boolean;
  /** Name, text and place of what it threw. */
  error?: { name: string; text: string };
}

/** @param launch where it is loaded; default: a thread of this process (the command line, for the author's own file)
 *  @param tryIt also calls it once, with sample values
 *  @throws PLUGIN_SYNTAX, PLUGIN_LOAD */
export async function checkPluginFile(
  path: string,
  clock: Clock,
  log: Log,
  launch?: LaunchThread,
  tryIt = false,
): Promise<PluginFileFacts> {
  const parsed = parsePluginFileName(basename(path));
  if (parsed.kind !== 'plugin')
    throw new GatewayError('PLUGIN_LOAD', {
      file: path,
      problem: parsed.kind === 'refused' ? parsed.reason : 'its name is that of a temporary file',
    });
  const { name, version } = parsed.file;
  const symbol = symbolOf(name);
  const worker = createPluginWorker({
    plugin: name,
    version,
    text: readPluginSource(path),
    tryOut: true,
    symbols: { main: symbol, lookup: `${symbol}Lookup` },
    launch: launch ?? createLocalThreads({ urls: createModuleUrls(), clock, log, maxHeapMb: 128 }),
    clock,
    log,
    onLateError: () => undefined,
    onDeath: () => undefined,
  });
  try {
    const loaded = await worker.start();
    const { main, lookup, exports, functions, apiVersion } = loaded;
    checkApiVersion(apiVersion);
    // several functions in one file need no symbol of the plugin's name; a single one of another name is a slip
    const facts = main ?? lookup ?? (functions.length > 1 ? NO_SYMBOL : undefined);
    const kind = kindOf((main ?? (lookup ? undefined : facts))?.methods ?? [], lookup !== undefined);
    if (!facts || !kind)
      throw new Error(
        main
          ? `${symbol} needs exec(args, ctx) to be a function, collect(ctx, data) to be a sink, or open(ctx, emit, fail) to be a source${misspelt(main.otherMethods)}`
          : missingExport(symbol, exports),
      );
    return {
      kind,
      name,
      version: shownVersion(version),
      symbol: main || lookup ? symbol : functions.join(', '),
      singleton: facts.singleton,
      methods: facts.methods,
      exports,
      functions: kind === 'functions' ? (main ? [symbol] : functions) : [],
      otherMethods: main?.otherMethods ?? [],
      asyncMethods: main?.asyncMethods ?? [],
      constructorArgs: main?.constructorArgs ?? 0,
      tampers: loaded.tampers,
      doc: loaded.doc,
      options: loaded.options,
      apiVersion,
      trial: tryIt && main ? await tryOut(worker, kind, symbol, path) : undefined,
    };
  } catch (error) {
    throw new GatewayError('PLUGIN_LOAD', { file: path, problem: placed(error, path) || messageOf(error) }, { cause: error });
  } finally {
    await worker.close();
  }
}

const CALLED = ['exec', 'collect', 'open', 'pull', 'lookup', 'configure', 'close', 'validate', 'isAggregate', 'offset', 'rewind'];

/** `; it has colect: did you mean collect?`, or nothing */
export function misspelt(methods: readonly string[]): string {
  const found = methods.map((name) => [name, suggest(name, CALLED)] as const).filter(([, near]) => near !== undefined);
  return found.map(([name, near]) => `; it has ${name}: did you mean ${near}?`).join('');
}

const NO_SYMBOL = { singleton: false, methods: ['exec'] };

/** One call with sample values: what it returns does not matter, only whether it can be called at all. */
async function tryOut(worker: PluginWorker, kind: PluginKind, symbol: string, path: string): Promise<PluginTrial> {
  const id = worker.attach({ emitted: () => undefined, lost: () => undefined, state: () => undefined });
  try {
    await worker.call(id, 'create', [symbol]);
    const info = { ruleId: 'check', opId: 'check', instanceId: 0, rootPath: dirname(path), state: [] };
    if (kind === 'functions') return { promise: (await worker.call(id, 'tryExec', [info, ['sample', 1, 2, 3]])) === 'promise' };
    await worker.call(id, 'configure', kind === 'sources' ? ['check', {}] : [{}]);
    return { promise: false };
  } catch (error) {
    const place = placeOfError(error, path);
    return {
      promise: false,
      error: { name: (error as Error).name, text: `${place ? `line ${place.split(':')[1]}: ` : ''}${messageOf(error)}` },
    };
  } finally {
    worker.detach(id);
  }
}

/** By what it can do; undefined: nothing that we know. */
export function kindOf(methods: readonly string[], isLookup: boolean): PluginKind | undefined {
  if (methods.includes('exec')) return 'functions';
  if (methods.includes('collect')) return 'sinks';
  return methods.includes('open') || methods.includes('pull') || isLookup ? 'sources' : undefined;
}
