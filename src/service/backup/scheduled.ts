// Backups that make themselves: every so often one file to each place that the settings name, old ones removed, and a problem in health while the last one
// failed or is overdue. When the last one was made is kept in the store, so that a restart neither skips nor repeats one. Made by service.ts; the places
// are in places.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { KvTable } from '../../store/index.ts';
import type { BackupRequest, BackupService } from './backup-service.ts';

export interface BackupScheduleSettings {
  /** 0: none are made. */
  everyMs: number;
  /** Where to, in the form of places.ts. */
  places: readonly string[];
  /** Files that are kept in a folder. */
  keep: number;
  /** Path of a file with the pass phrase. */
  passphraseFile: string;
  /** Path of a file with the public key of the recipient. */
  recipientFile: string;
  withoutSecrets: boolean;
  state: boolean;
}

export const noBackups: BackupScheduleSettings = {
  everyMs: 0,
  places: [],
  keep: 1,
  passphraseFile: '',
  recipientFile: '',
  withoutSecrets: false,
  state: false,
};

export interface ScheduledBackups {
  status(): BackupStatus;
  /** Sentences for health: what failed, what is overdue. */
  problems(): string[];
  /** Makes one now. @throws Error naming the places that failed */
  runNow(): Promise<void>;
  close(): void;
}

export interface BackupStatus {
  everyMs: number;
  places: { place: string; lastOkAtMs: number; lastTryAtMs: number; error: string }[];
  nextAtMs: number;
}

export interface ScheduledBackupsDeps {
  settings(): BackupScheduleSettings;
  backup: Pick<BackupService, 'create'>;
  /** place → JSON of its state */
  table: KvTable;
  clock: Clock;
  log: Log;
  gatewayId(): string;
  /** Reads a file of the settings. */
  read(path: string): string;
}

const LOOK_EVERY_MS = 30_000;
/** After a failure, growing to an hour. */
const FIRST_RETRY_MS = 60_000;
const MAX_RETRY_MS = 3_600_000;
/** So much later than it was due it is a problem, in parts of the interval. */
const OVERDUE = 0.5;

interface PlaceState {
  lastOkAtMs: number;
  lastTryAtMs: number;
  error: string;
  failures: number;
}

const fresh: PlaceState = { lastOkAtMs: 0, lastTryAtMs: 0, error: '', failures: 0 };

/** Without what must not be shown: user and password of an address. */
const shownPlace = (place: string): string => place.replace(/\/\/[^@/]*@/, '//***@');

export async function openScheduledBackups(deps: ScheduledBackupsDeps): Promise<ScheduledBackups> {
  const { settings, clock, log, table } = deps;
  const states = new Map<string, PlaceState>();
  for (const [place, text] of await table.all()) states.set(place, { ...fresh, ...(JSON.parse(text) as Partial<PlaceState>) });
  const startedAtMs = clock.now();
  let timer: TimerHandle | undefined;
  let closed = false;
  let running: Promise<void> | undefined;

  const stateOf = (place: string): PlaceState => states.get(place) ?? fresh;
  const dueAtMs = (place: string, everyMs: number): number => {
    const s = stateOf(place);
    const retry = s.failures > 0 ? s.lastTryAtMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (s.failures - 1)) : 0;
    return Math.max(s.lastOkAtMs + everyMs, retry);
  };
  const requestOf = ({ passphraseFile, recipientFile, withoutSecrets, state }: BackupScheduleSettings): BackupRequest => ({
    ...(passphraseFile && { passphrase: deps.read(passphraseFile).trim() }),
    ...(recipientFile && { recipient: deps.read(recipientFile) }),
    withoutSecrets,
    state,
  });
  const run = async (places: readonly string[]) => {
    const now = settings();
    const { putBackup } = await import('./places.ts');
    const atMs = clock.now();
    let file: Buffer | undefined;
    let problem = '';
    try {
      file = await deps.backup.create(requestOf(now));
    } catch (error) {
      problem = messageOf(error);
    }
    const name = `kuiper-${deps.gatewayId()}-${new Date(atMs).toISOString().replace(/[:.]/g, '-')}.kuiperbackup`;
    for (const place of places) {
      let error = problem;
      try {
        if (file) await putBackup(place, name, file, now.keep);
      } catch (cause) {
        error = messageOf(cause);
      }
      const old = stateOf(place);
      const state: PlaceState = error
        ? { ...old, lastTryAtMs: atMs, error, failures: old.failures + 1 }
        : { lastOkAtMs: atMs, lastTryAtMs: atMs, error: '', failures: 0 };
      states.set(place, state);
      await table.set(place, JSON.stringify(state));
      if (error) log.error({ code: 'BACKUP_FAILED', place: shownPlace(place), cause: error }, 'A scheduled backup failed.');
      else log.info({ place: shownPlace(place), name, bytes: file!.length }, 'A backup was made.');
    }
  };
  const runOnce = (places: readonly string[]): Promise<void> =>
    (running ??= run(places).finally(() => {
      running = undefined;
    }));
  const look = () => {
    if (closed) return;
    const { everyMs, places } = settings();
    const due = everyMs > 0 ? places.filter((p) => clock.now() >= dueAtMs(p, everyMs)) : [];
    if (due.length > 0 && !running)
      runOnce(due).catch((error: unknown) => log.error({ code: 'BACKUP_FAILED', cause: messageOf(error) }, 'A scheduled backup failed.'));
    timer = clock.setTimer(LOOK_EVERY_MS, look);
  };
  timer = clock.setTimer(LOOK_EVERY_MS, look);

  return {
    status() {
      const { everyMs, places } = settings();
      return {
        everyMs,
        places: places.map((place) => {
          const { lastOkAtMs, lastTryAtMs, error } = stateOf(place);
          return { place: shownPlace(place), lastOkAtMs, lastTryAtMs, error };
        }),
        nextAtMs: everyMs > 0 && places.length > 0 ? Math.min(...places.map((p) => dueAtMs(p, everyMs))) : 0,
      };
    },
    problems() {
      const { everyMs, places } = settings();
      if (everyMs <= 0) return [];
      if (places.length === 0) return ['Backups are wanted (backup.every), and backup.to names no place.'];
      return places.flatMap((place) => {
        const { lastOkAtMs, error } = stateOf(place);
        const last = lastOkAtMs > 0 ? `the last one is of ${new Date(lastOkAtMs).toISOString()}` : 'there is none yet';
        if (error) return [`The backup to ${shownPlace(place)} failed (${last}): ${error}`];
        const sinceMs = clock.now() - Math.max(lastOkAtMs, lastOkAtMs === 0 ? startedAtMs : 0);
        return sinceMs > everyMs * (1 + OVERDUE) ? [`The backup to ${shownPlace(place)} is overdue: ${last}.`] : [];
      });
    },
    async runNow() {
      const { places } = settings();
      if (places.length === 0) throw new Error('backup.to names no place');
      await running;
      await runOnce(places);
      const failed = places.filter((p) => stateOf(p).error !== '');
      if (failed.length > 0) throw new Error(failed.map((p) => `${shownPlace(p)}: ${stateOf(p).error}`).join('; '));
    },
    close() {
      closed = true;
      clock.clear(timer);
    },
  };
}
