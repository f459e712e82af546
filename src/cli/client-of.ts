// The gateway that a command line means: by its options, the environment, a stored context, or the settings of this machine. Used by cli.ts and
// commands/completion.ts.
import type { Environment } from '../config/index.ts';
import type { CliOptions } from './arguments.ts';
import { type Client, createClient } from './client.ts';
import { contextNamed } from './contexts.ts';
import type { Meter } from './progress.ts';
import { serverUrl } from './server-address.ts';

export function clientOf(
  options: CliOptions,
  env: Environment,
  warn: (text: string) => void,
  meter?: Meter,
): { client: Client; host: string } {
  const named = contextNamed(options.context ?? env['KUIPER_CONTEXT'], options.url ?? env['KUIPER_URL'], env);
  const url = serverUrl(options.url ?? named?.url, options.root, env);
  const client = createClient({
    url,
    token: options.token ?? env['KUIPER_TOKEN'] ?? named?.token,
    strict: options.strict || env['KUIPER_STRICT'] === '1',
    warn: (text) => warn(`Warning: ${text}`),
    meter,
  });
  return { client, host: new URL(url).host };
}
