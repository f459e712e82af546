// Crash protection: tells a gateway that dies again and again by its own doing from one that is killed from outside, and decides
// for safe mode (REST up, no rules, no user plugins). One small file in data/ is its memory. Wired by the daemon's lifecycle:
// begin() before anything of the user is loaded, end() as the last step of a clean stop, crashed() from the fatal handler.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface CrashGuardOptions {
  /** Folder of the marker file, `<root>/data`. */
  dataDir: string;
  clock: Clock;
  /** A run that lives this long is healthy; what ends it later is not a start crash. */
  healthyAfterMs: number;
  /** This many crashes in a row, and the next start is in safe mode. */
  maxCrashes: number;
  log: Log;
  /** Identity of the machine's boot: a power cut during the start is not our crash. Default: the kernel's boot_id. */
  bootId?: string | undefined;
  /** systemd runs us (NOTIFY_SOCKET): whoever ends the service goes through it, so every end without a word before the healthy time counts.
   *  Else such an end counts only before READY: a person or a test that kills the program again and again must not find its rules stopped. */
  supervised?: boolean;
  /** Asked at the start after an unclean end: true when it is known which rule was under way (ADR 0086). Such an end does not count.
   *  @param counted the end was our own as far as can be told here */
  explain?(counted: boolean): boolean;
}

export interface StartDecision {
  safeMode: boolean;
  /** The run before ended without end(). */
  unclean: boolean;
  /** For status and log: what happened and how to leave safe mode. */
  reason?: string;
}

export interface CrashGuard {
  /** Counts how the last run ended, writes the marker of this run, arms the healthy timer. */
  begin(): Promise<StartDecision>;
  /** REST answers and the saved rules were told to start. Without systemd, what ends the run after this without a word was a kill from
   *  outside; fatal errors of its own are told by crashed(). */
  ready(): void;
  /** This run is healthy: start crashes are forgotten. Called by the guard's own timer; calling it again is harmless. */
  healthy(): Promise<void>;
  /** A clean stop: everything is forgotten, the next start is a normal one. */
  end(): Promise<void>;
  /** The process is about to exit by a fatal error of its own. Synchronous, for the last handler; never throws. */
  crashed(reason: string): void;
}

/** A crash that was our own counts this long, also after a healthy time; a device that fails once a day is not a loop. */
const OWN_CRASH_WINDOW_MS = 10 * 60_000;

interface Memory {
  version: 1;
  /** A run is under way, or ended without end(). */
  running: boolean;
  /** It came to READY. */
  ready?: boolean;
  healthy: boolean;
  bootId: string;
  startedAtMs: number;
  /** Starts in a row that died before they were healthy. */
  startCrashes: number;
  /** Moments of fatal errors that we saw ourselves, epoch ms, oldest first. */
  ownCrashesAtMs: number[];
  lastReason?: string;
}

export function createCrashGuard(options: CrashGuardOptions): CrashGuard {
  const { dataDir, clock, healthyAfterMs, maxCrashes, log, supervised = false, explain = () => false } = options;
  const file = join(dataDir, 'crash-guard.json');
  const bootId = options.bootId ?? readBootId();
  let memory: Memory | undefined;
  let timer: TimerHandle | undefined;

  const save = (next: Memory): void => {
    memory = next;
    try {
      writeDurably(file, JSON.stringify(next));
    } catch (error) {
      // A full or read-only disk must not keep the gateway from starting; it only loses this protection.
      log.warn({ code: 'CRASH_GUARD_WRITE', file, reason: messageOf(error) }, 'Crash protection could not write its marker.');
    }
  };

  const healthy = async (): Promise<void> => {
    clock.clear(timer);
    timer = undefined;
    if (!memory || memory.healthy || !memory.running) return;
    save({ ...memory, healthy: true, startCrashes: 0 });
    log.debug({ afterMs: healthyAfterMs }, 'This run is healthy.');
  };

  return {
    async begin() {
      await mkdir(dataDir, { recursive: true });
      const last = readMemory(file, log);
      const nowMs = clock.now();
      // Without a real-time clock the wall time may have gone back: moments in the future count as just now.
      let own = (last?.ownCrashesAtMs ?? []).filter((atMs) => nowMs - atMs < OWN_CRASH_WINDOW_MS);
      const unclean = last?.running === true;
      const ownEnd = unclean && own.some((atMs) => atMs >= last.startedAtMs);
      let diedAtStart = unclean && !last.healthy && last.bootId === bootId && (supervised || last.ready !== true);
      if (unclean && explain(diedAtStart || ownEnd)) {
        diedAtStart = false;
        if (ownEnd) own = own.slice(0, -1);
      }
      const startCrashes = (last?.startCrashes ?? 0) + (diedAtStart ? 1 : 0);
      const crashes = Math.max(startCrashes, own.length);
      const safeMode = crashes >= maxCrashes;
      const lastReason = diedAtStart || own.length > 0 ? last?.lastReason : undefined;
      save({
        version: 1,
        running: true,
        healthy: false,
        bootId,
        startedAtMs: nowMs,
        startCrashes,
        ownCrashesAtMs: own,
        ...(lastReason ? { lastReason } : {}),
      });
      timer = clock.setTimer(healthyAfterMs, () => void healthy());
      if (!safeMode) {
        if (crashes > 0) log.warn({ code: 'CRASH_GUARD_COUNT', crashes, maxCrashes, lastReason }, 'The last run ended by a crash.');
        return { safeMode, unclean };
      }
      const reason =
        `Safe mode: the gateway crashed ${crashes} times in a row${lastReason ? ` (last: ${lastReason})` : ''}; ` +
        'no rules and no user plugins were started, because no single rule or message could be identified as the cause. ' +
        'Remove the cause (see the log), then restart the service for a normal start.';
      log.error({ code: 'SAFE_MODE', crashes, lastReason }, 'Safe mode: no rules, no user plugins.');
      return { safeMode, unclean, reason };
    },
    ready() {
      if (memory?.running && !memory.ready) save({ ...memory, ready: true });
    },
    healthy,
    async end() {
      clock.clear(timer);
      timer = undefined;
      if (memory) save({ ...memory, running: false, healthy: true, startCrashes: 0, ownCrashesAtMs: [] });
    },
    crashed(reason) {
      if (!memory) return;
      const text = reason.split('\n')[0]!.slice(0, 300);
      save({ ...memory, ownCrashesAtMs: [...memory.ownCrashesAtMs, clock.now()].slice(-50), lastReason: text });
    },
  };
}

function readMemory(file: string, log: Log): Memory | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn({ code: 'CRASH_GUARD_READ', file, reason: messageOf(error) }, 'Crash protection could not read its marker.');
    }
    return undefined;
  }
  try {
    const value = JSON.parse(text) as Partial<Memory>;
    if (value.version === 1 && Number.isInteger(value.startCrashes) && Array.isArray(value.ownCrashesAtMs)) return value as Memory;
    throw new Error('unknown content');
  } catch (error) {
    log.warn({ code: 'CRASH_GUARD_READ', file, reason: messageOf(error) }, 'The crash protection marker is damaged; starting a new one.');
    return undefined;
  }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown'; // not Linux: every unhealthy end then counts, which is the safe side
  }
}
