// Defaults that changed since an older version made this root: named once, at the first start after the upgrade, in the log and in `GET /` until the
// next start. The highest number that was named is kept in data/changed-defaults. Called by gateway.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface ChangedDefault {
  /** Counts up; never used twice. */
  n: number;
  what: string;
  /** How to get the old behaviour. */
  keep: string;
}

export const changedDefaults: readonly ChangedDefault[] = [
  {
    n: 1,
    what: 'Plugins that nobody decided on run contained, outside of the gateway.',
    keep: 'plugins.default: trusted, or kuiper plugin trust TYPE NAME',
  },
  { n: 2, what: 'MQTT payloads of more than 1 MB are skipped, counted and confirmed.', keep: 'maxPacketSize of the MQTT source' },
  { n: 3, what: 'file:// in requests reaches data/uploads only.', keep: 'basic.allowExternalFileAccess: true' },
  {
    n: 4,
    what: 'SQL gives the answers of the standard; rules that are stored already keep those of eKuiper until they are stored again.',
    keep: 'basic.sqlCompatibility: ekuiper',
  },
  {
    n: 5,
    what: 'What one message costs in a rule is bounded: 2,000,000 steps, 64 MB, 100 ms; a row that needs more is an error of that row.',
    keep: 'higher values of basic.rowBudget',
  },
];

const FILE = 'changed-defaults';
/** What every version has made in its data folder at its first start. */
const OLD_FILES = ['gateway-id', 'sqliteKV.db'];

/** @param wasThere whether the data folder held something of the gateway before this start  @returns what is new for this root, oldest first; a root that is new is told nothing */
export function changedSince(
  dataDir: string,
  wasThere: boolean,
  log: Log,
  all: readonly ChangedDefault[] = changedDefaults,
): ChangedDefault[] {
  const file = join(dataDir, FILE);
  let seen = 0;
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (/^\d+$/.test(text)) seen = Number(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ file, cause: messageOf(error) }, 'The file cannot be read.');
    else if (!wasThere) seen = Number.POSITIVE_INFINITY;
  }
  const news = all.filter(({ n }) => n > seen);
  if (news.length > 0)
    log.warn(
      { changes: news.map(({ what, keep }) => `${what} As before: ${keep}.`) },
      'Defaults have changed since the version that made this root.',
    );
  const last = Math.max(0, ...all.map(({ n }) => n));
  if (seen !== last) {
    try {
      writeDurably(file, `${last}\n`);
    } catch (error) {
      log.warn({ file, cause: messageOf(error) }, 'The file cannot be written; changed defaults are named again at the next start.');
    }
  }
  return news;
}

/** Call before anything is made in the folder. */
export const isOldRoot = (dataDir: string): boolean => OLD_FILES.some((name) => existsSync(join(dataDir, name)));
