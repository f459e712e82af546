// Which kind of plugin an archive holds, by what its plugin file exports: for a zip in the top folder, whose place says nothing.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { checkPluginFile, type LaunchThread, type PluginKind } from '../../plugin-host/index.ts';
import type { PluginPackage } from './read-package.ts';

/** @throws PLUGIN_LOAD, PLUGIN_SYNTAX: it is not a plugin */
export async function kindOfArchive(
  { plugins }: PluginPackage,
  dataDir: string,
  clock: Clock,
  log: Log,
  launch: LaunchThread,
): Promise<PluginKind> {
  const parent = join(dataDir, 'plugins');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, '.look-'));
  try {
    // several versions in one archive are of one kind
    const { path, content } = plugins.at(-1)!;
    const file = join(folder, basename(path));
    await writeFile(file, content);
    return (await checkPluginFile(file, clock, log, launch)).kind;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
