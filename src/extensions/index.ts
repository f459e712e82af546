// What users add besides plugins: functions of JavaScript. One object for the daemon, which makes it before the rules are loaded, and for the service,
// which changes it.
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Folders } from '../config/index.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import { createScripts, type Scripts } from './scripts/script-files.ts';

export { firstOf } from './catalogues.ts';
export { parseScript, type Script, type Scripts } from './scripts/script-files.ts';

export interface Extensions {
  readonly scripts: Scripts;
  readonly functions: FunctionCatalogue;
  /** Reads what is stored; also after an import changed the files. */
  reload(): Promise<void>;
}

export function createExtensions({ folders, log }: { folders: Pick<Folders, 'data'>; log: Log }): Extensions {
  const scripts = createScripts(join(folders.data, 'scripts'), log);
  return { scripts, functions: scripts.functions, reload: () => scripts.reload() };
}
