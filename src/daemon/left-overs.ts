// What cut writes left behind is removed at the start: temporary files of our own names. Called by gateway.ts once the root is ours, since those of
// a gateway that runs are under way.
import { join } from 'node:path';
import { isLeftOver, removeLeftOvers } from '../base/durable-file.ts';
import type { Log } from '../base/log.ts';
import type { Folders } from '../config/index.ts';

/** Files of archives on their way into plugins and etc (service/plugins/place-archive.ts). */
const isOfArchive = (name: string): boolean => /(^|\/)\.[0-9a-f]{12}\.part$/.test(name);

export function clearLeftOvers(folders: Folders, log: Log): void {
  const removed = [
    ...removeLeftOvers(folders.data, false),
    ...['uploads', 'schemas', 'plugins'].flatMap((f) => removeLeftOvers(join(folders.data, f), true)),
    ...removeLeftOvers(folders.etc, true, (name) => isOfArchive(name) || (isLeftOver(name) && !name.endsWith('.part'))),
    ...removeLeftOvers(folders.plugins, true, isOfArchive),
  ];
  if (removed.length > 0) log.info({ files: removed }, 'Unfinished files of an earlier run were removed.');
}
