// A plugin file with what belongs to it as a zip: <name>.yaml and <name>.json beside it, and the folder etc/.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { messageOf } from '../base/errors/gateway-error.ts';
import { type ArchiveEntry, type PluginFileFacts, writeArchive } from '../plugin-host/index.ts';
import { readPackage } from '../service/plugins/read-package.ts';
import { CliError } from './cli-error.ts';

/** @param to file to write  @throws CliError when the gateway would not take it */
export function packPlugin(file: string, facts: PluginFileFacts, to: string): void {
  const folder = dirname(resolve(file));
  const entries: ArchiveEntry[] = [{ path: basename(file), content: readFileSync(file) }];
  for (const extra of [`${facts.name}.yaml`, `${facts.name}.json`])
    if (existsSync(join(folder, extra))) entries.push({ path: extra, content: readFileSync(join(folder, extra)) });
  const etc = join(folder, 'etc');
  if (existsSync(etc))
    for (const e of readdirSync(etc, { recursive: true, withFileTypes: true })) {
      if (!e.isFile()) continue;
      const path = join(e.parentPath, e.name);
      entries.push({ path: relative(folder, path).split(sep).join('/'), content: readFileSync(path) });
    }
  const [first, ...rest] = entries;
  const zip = writeArchive([first!, ...rest.sort((a, b) => (a.path < b.path ? -1 : 1))]);
  try {
    readPackage(facts.kind, facts.name, zip);
  } catch (error) {
    throw new CliError(`${file} cannot be packed: ${messageOf(error)}`, 'usage');
  }
  writeFileSync(to, zip);
}
