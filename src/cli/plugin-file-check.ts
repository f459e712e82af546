// Looks at a plugin file as the gateway would: name, syntax, exports, methods. Used by `kuiper plugin check` and `pack`.
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createRealClock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { createLog } from '../base/log.ts';
import { checkPluginFile, type PluginFileFacts } from '../plugin-host/index.ts';
import { CliError } from './cli-error.ts';

/** @throws CliError with file, line and what to do */
export async function checkLocalPlugin(file: string): Promise<PluginFileFacts> {
  if (!existsSync(file)) throw new CliError(`${file} does not exist.`, 'usage');
  try {
    return await checkPluginFile(resolve(file), createRealClock(), createLog({ level: 'error', write: () => undefined }));
  } catch (error) {
    throw new CliError(`${basename(file)} is not a plugin that works:\n  ${messageOf(error)}`, 'usage');
  }
}

const SINGULAR = { sources: 'source', sinks: 'sink', functions: 'function' } as const;

export const describeFacts = ({ kind, name, version, symbol, singleton, methods }: PluginFileFacts): string =>
  [
    `${SINGULAR[kind]} ${name}${version ? ` version ${version}` : ''}: ok`,
    `  exports ${symbol}, ${singleton ? 'an instance that all rules share' : 'an instance of its own for each rule'}`,
    `  methods ${methods.join(', ')}`,
  ].join('\n');
