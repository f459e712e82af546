// How an import writes files: those of plugins through their door (the gateway itself may not be allowed to), the others durably by itself.
// Used by importer.ts, undo-log.ts and daemon/gateway.ts.
import { rm } from 'node:fs/promises';
import { sep } from 'node:path';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import type { Folders } from '../../config/index.ts';
import type { PluginDoor } from '../../plugin-host/index.ts';
import type { FileAccess } from './undo-log.ts';

export function fileAccess(folders: Folders, door: PluginDoor): FileAccess {
  const isPlugin = (path: string) => path.startsWith(folders.plugins + sep);
  return {
    write: (path, content, mode) => (isPlugin(path) ? door.write(path, content) : writeDurablyAsync(path, content, { mode })),
    remove: (path) => (isPlugin(path) ? door.remove(path) : rm(path, { force: true })),
  };
}
