// Types of plugins on the command line and their REST paths.
import { CliError } from './cli-error.ts';

const PATHS: Readonly<Record<string, string>> = {
  source: '/plugins/sources',
  sink: '/plugins/sinks',
  function: '/plugins/functions',
  portable: '/plugins/portables',
};

export function pluginPath(type: string | undefined): string {
  const path = type === undefined ? undefined : PATHS[type];
  if (!path)
    throw new CliError(`Invalid plugin type ${type ?? ''}, should be "source", "sink", "function" or "portable" or "wasm".`, 'usage');
  return path;
}
