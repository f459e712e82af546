// Gateways by name, so that nobody types addresses and tokens: a file of the user, mode 0600, since it may hold tokens. Used by cli.ts and by
// `kuiper context …`.

import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Environment } from '../config/index.ts';
import { CliError } from './cli-error.ts';

export interface Context {
  /** `http://…`, `https://…`, or `ssh://user@host` for a gateway that listens on its own machine only. */
  url: string;
  token?: string;
}

export interface Contexts {
  current?: string;
  contexts: Record<string, Context>;
}

export function contextsFile(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'kuiper', 'contexts.yaml');
}

/** @throws CliError when the file is there and cannot be read */
export function readContexts(env: Environment): Contexts {
  const file = contextsFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: {} };
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 'usage');
  }
  try {
    const { current, contexts } = (parse(text) ?? {}) as Partial<Contexts>;
    return { ...(current === undefined ? {} : { current }), contexts: contexts ?? {} };
  } catch (error) {
    throw new CliError(`${file} is not valid YAML: ${messageOf(error)}`, 'usage');
  }
}

export function writeContexts(env: Environment, contexts: Contexts): void {
  const file = contextsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeDurably(file, stringify(contexts), 0o600);
}

/** @param name from --context; undefined: the current one, unless a URL is given  @throws CliError for an unknown name */
export function contextNamed(name: string | undefined, url: string | undefined, env: Environment): Context | undefined {
  if (name === undefined && url) return undefined;
  const { current, contexts } = readContexts(env);
  const wanted = name ?? current;
  if (!wanted) return undefined;
  if (!Object.hasOwn(contexts, wanted)) {
    const known = Object.keys(contexts).join(', ');
    throw new CliError(
      `There is no context ${wanted}. ${known ? `Known: ${known}.` : 'Add one: kuiper context add NAME --url URL.'}`,
      'usage',
    );
  }
  return contexts[wanted];
}
