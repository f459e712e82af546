// Checks one plugin file outside of a gateway, in a worker: for the CLI.
import { basename } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { createPluginWorker } from '../remote/plugin-worker.ts';
import { createLocalThreads, type LaunchThread } from '../remote/thread.ts';
import { createModuleUrls } from '../worker/module-urls.ts';
import { checkApiVersion } from './api-version.ts';
import { missingExport } from './missing-export.ts';
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
}

/** @param launch where it is loaded; default: a thread of this process (the command line, for the author's own file)
 *  @throws PLUGIN_SYNTAX, PLUGIN_LOAD */
export async function checkPluginFile(path: string, clock: Clock, log: Log, launch?: LaunchThread): Promise<PluginFileFacts> {
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
    symbols: { main: symbol, lookup: `${symbol}Lookup` },
    launch: launch ?? createLocalThreads({ urls: createModuleUrls(), clock, log, maxHeapMb: 128 }),
    clock,
    log,
    onLateError: () => undefined,
    onDeath: () => undefined,
  });
  try {
    const { main, lookup, exports, functions, apiVersion } = await worker.start();
    checkApiVersion(apiVersion);
    // several functions in one file need no symbol of the plugin's name; a single one of another name is a slip
    const facts = main ?? lookup ?? (functions.length > 1 ? { singleton: false, methods: ['exec'] } : undefined);
    const kind = kindOf((main ?? (lookup ? undefined : facts))?.methods ?? [], lookup !== undefined);
    if (!facts || !kind)
      throw new Error(
        main
          ? `${symbol} needs exec(args, ctx) to be a function, collect(ctx, data) to be a sink, or open(ctx, emit, fail) to be a source`
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
    };
  } catch (error) {
    throw new GatewayError('PLUGIN_LOAD', { file: path, problem: placed(error, path) || messageOf(error) }, { cause: error });
  } finally {
    await worker.close();
  }
}

/** By what it can do; undefined: nothing that we know. */
export function kindOf(methods: readonly string[], isLookup: boolean): PluginKind | undefined {
  if (methods.includes('exec')) return 'functions';
  if (methods.includes('collect')) return 'sinks';
  return methods.includes('open') || methods.includes('pull') || isLookup ? 'sources' : undefined;
}
