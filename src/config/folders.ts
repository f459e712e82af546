// Where things lie below the root folder (eKuiper's layout). Made once by daemon/main.ts and passed to whoever needs a path.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

export interface Folders {
  readonly root: string;
  readonly etc: string;
  readonly data: string;
  readonly plugins: string;
  readonly log: string;
  /** Defaults that come with the program; files of `etc` are layered over them. */
  readonly shippedEtc: string;
}

export const SHIPPED_ETC = resolve(import.meta.dirname, '../../etc');

/** Paths only; nothing is created. @param root `--root`, else the variable KuiperBaseKey, else the working directory */
export function foldersOf(root: string, shippedEtc = SHIPPED_ETC): Folders {
  const base = resolve(root);
  return {
    root: base,
    etc: join(base, 'etc'),
    data: join(base, 'data'),
    plugins: join(base, 'plugins'),
    log: join(base, 'log'),
    shippedEtc,
  };
}

const SUBFOLDERS = {
  etc: ['sources', 'sinks', 'functions', 'connections', 'services', 'mgmt'],
  data: ['sources', 'sinks', 'connections', 'uploads', 'schemas/protobuf', 'services', 'cache'],
  plugins: ['sources', 'sinks', 'functions'],
  log: [],
} as const;

/** Creates what is missing. @throws GatewayError CONFIG_FILE when `data` cannot be written; `etc`, `plugins` and `log` may be read-only
 *  @returns folders that could not be created, with the reason, for one log line each */
export function createFolders(folders: Folders): { folder: string; reason: string }[] {
  const failed: { folder: string; reason: string }[] = [];
  for (const kind of ['data', 'etc', 'plugins', 'log'] as const) {
    for (const sub of ['', ...SUBFOLDERS[kind]]) {
      const folder = join(folders[kind], sub);
      try {
        // data holds secrets of conf keys: not for other users
        mkdirSync(folder, { recursive: true, mode: kind === 'data' ? 0o750 : 0o755 });
      } catch (error) {
        // whoever writes into a folder below makes it again; only a data folder that is not there at all ends the start
        if (kind === 'data' && sub === '')
          throw new GatewayError('CONFIG_FILE', { file: folder, reason: messageOf(error) }, { cause: error });
        failed.push({ folder, reason: messageOf(error) });
      }
    }
  }
  return failed;
}
