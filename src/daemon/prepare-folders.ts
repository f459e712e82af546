// Folders and files of the configuration before anything reads them: made, put back, filled with defaults; what did not work is logged. Called by
// gateway.ts.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createFolders, type Folders, restoreLastGood, writeDefaults } from '../config/index.ts';
import type { DatabaseReport } from '../store/index.ts';

export function makeFolders(folders: Folders, log: Log): void {
  for (const { folder, reason } of createFolders(folders)) log.warn({ code: 'FOLDER', folder, reason }, 'A folder could not be made.');
}

/** @returns files that were damaged and put back, for `GET /` and health */
export function prepareEtc(folders: Folders, vault: Parameters<typeof restoreLastGood>[1], clock: Clock, log: Log): DatabaseReport[] {
  const restored = restoreLastGood(folders, vault).map(({ file, text }): DatabaseReport => {
    log.error({ code: 'CONFIG_RESTORED', file, reason: text }, 'A file of the configuration was damaged.');
    return { file, atMs: clock.now(), kind: 'restored', text };
  });
  for (const { file, reason } of writeDefaults(folders).failed)
    log.warn({ code: 'DEFAULTS', file, reason }, 'A default file could not be written; the shipped one is in effect.');
  return restored;
}
