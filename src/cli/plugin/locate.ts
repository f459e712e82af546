// From what a person types (a file, a folder, nothing) to the plugin that is meant, and where things of it lie. Used by every `kuiper plugin` command.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { parsePluginFileName } from '../../plugin-host/index.ts';
import { CliError } from '../cli-error.ts';

export interface PluginPlace {
  /** Absolute path of the plugin's file. */
  file: string;
  folder: string;
  /** As `plugin new` writes it: with a package.json of its own. */
  project: ProjectFile | undefined;
}

export interface ProjectFile {
  version: string | undefined;
  kind: string | undefined;
  /** Runtime files that packages bring: path in the archive → `package/file`. */
  files: Readonly<Record<string, string>>;
}

/** @param given file or folder; undefined: this folder  @throws CliError that says what was looked for */
export function locatePlugin(given: string | undefined): PluginPlace {
  const path = resolve(given ?? '.');
  if (!existsSync(path)) throw new CliError(`${given} does not exist.`, 'failed');
  if (!statSync(path).isDirectory()) return { file: path, folder: dirname(path), project: projectOf(dirname(path), path) };
  const manifest = join(path, 'package.json');
  const main = existsSync(manifest) ? readManifest(manifest).kuiper?.plugin : undefined;
  if (main !== undefined) {
    const file = join(path, main);
    if (!existsSync(file)) throw new CliError(`${manifest}: "kuiper": {"plugin": "${main}"} names a file that does not exist.`, 'failed');
    return { file, folder: path, project: projectOf(path, file) };
  }
  const candidates = readdirSync(path).filter((f) => parsePluginFileName(f).kind === 'plugin' && !/\.test\.[cm]?[jt]s$/.test(f));
  if (candidates.length === 1) return { file: join(path, candidates[0]!), folder: path, project: undefined };
  throw new CliError(
    candidates.length === 0
      ? `No plugin file in ${path}: name one, or begin with \`kuiper plugin new function NAME\`.`
      : `Several plugin files in ${path} (${candidates.join(', ')}): name one.`,
    'failed',
  );
}

interface Manifest {
  version?: string;
  kuiper?: { plugin?: string; kind?: string; files?: Record<string, string> };
}

function projectOf(folder: string, file: string): ProjectFile | undefined {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { kuiper, version } = readManifest(manifest);
  return kuiper?.plugin !== undefined && basename(kuiper.plugin) === basename(file)
    ? { version, kind: kuiper.kind, files: kuiper.files ?? {} }
    : undefined;
}

function readManifest(path: string): Manifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (error) {
    throw new CliError(`${path} is not JSON: ${messageOf(error)}`, 'failed');
  }
}
