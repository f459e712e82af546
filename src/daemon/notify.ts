// Talks to systemd: READY, RELOADING, STOPPING, STATUS and the watchdog's beat. Wired by the daemon's lifecycle; without
// NOTIFY_SOCKET every call does nothing. A message that cannot be sent never harms the gateway: one log line, then silence.
// The beat proves progress of the event loop and looks at nothing else: a peer that is away for days must not restart us.

import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { nodeChildProcess } from '../base/node-builtins.ts';

export interface NotifierOptions {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read, as systemd sets them. */
  env: Record<string, string | undefined>;
  log: Log;
  clock: Clock;
  /** Sends the messages; tests put their own in. Default: the npm package and the binary `systemd-notify`. */
  transport?: NotifyTransport;
  /** Our process id. Default: `process.pid`. */
  pid?: number;
}

/** The two ways out. Both reject when systemd was not reached. */
export interface NotifyTransport {
  /** READY and STATUS, by the npm package. */
  notify(options: { ready?: boolean; status?: string }): Promise<unknown>;
  /** Any other assignment, e.g. `WATCHDOG=1`, by the same binary. */
  send(assignments: readonly string[]): Promise<void>;
}

export interface Notifier {
  /** True when systemd listens. */
  readonly active: boolean;
  ready(): Promise<void>;
  stopping(): Promise<void>;
  /** Start of a reload; `ready()` ends it. */
  reloading(): Promise<void>;
  /** One line for `systemctl status`; the same text twice is sent once. */
  status(text: string): Promise<void>;
  /** Beats three times per watchdog period from now on. Without WATCHDOG_USEC it does nothing. */
  startWatchdog(): void;
  /** Ends the beat and waits for messages under way. Safe to call twice. */
  stop(): Promise<void>;
}

/** Beats in one watchdog period: two may be late before systemd acts. */
const BEATS_PER_PERIOD = 3;

export function createNotifier({ env, log, clock, transport, pid = process.pid }: NotifierOptions): Notifier {
  const active = (env['NOTIFY_SOCKET'] ?? '') !== '';
  const via = transport ?? createBinaryTransport(env);
  let complained = false;
  let lastStatus: string | undefined;
  let timer: TimerHandle | undefined;
  let beating = false;
  let stopped = false;
  /** Messages leave one after the other: a READY must not overtake the RELOADING before it. */
  let queue: Promise<void> = Promise.resolve();

  const attempt = async (what: string, send: () => Promise<unknown>): Promise<void> => {
    try {
      await send();
      complained = false;
    } catch (error) {
      if (complained) return;
      complained = true;
      log.warn({ code: 'SYSTEMD_NOTIFY', message: what, reason: messageOf(error) }, 'systemd was not reached by systemd-notify.');
    }
  };
  const enqueue = (what: string, send: () => Promise<unknown>): Promise<void> => {
    if (!active) return Promise.resolve();
    queue = queue.then(() => attempt(what, send));
    return queue;
  };

  const beatMs = watchdogPeriodMs(env, pid) / BEATS_PER_PERIOD;
  const schedule = () => {
    timer = clock.setTimer(beatMs, () => {
      // One whole turn of the loop between timer and beat: timers alone may run while sockets starve.
      setImmediate(() => {
        if (stopped) return;
        schedule();
        if (beating) return; // the binary of the last beat has not ended: a second one would not say more
        beating = true;
        void attempt('WATCHDOG=1', () => via.send(['WATCHDOG=1'])).finally(() => {
          beating = false;
        });
      });
    });
  };

  return {
    active,
    ready: () => enqueue('READY=1', () => via.notify({ ready: true })),
    stopping: () => enqueue('STOPPING=1', () => via.send(['STOPPING=1'])),
    reloading: () => enqueue('RELOADING=1', () => via.send(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`])),
    status(text) {
      const line = text.replace(/\s+/g, ' ').trim();
      if (line === lastStatus) return Promise.resolve();
      lastStatus = line;
      return enqueue('STATUS', () => via.notify({ status: line }));
    },
    startWatchdog() {
      if (!active || stopped || timer !== undefined || !(beatMs > 0)) return;
      schedule();
    },
    async stop() {
      stopped = true;
      clock.clear(timer);
      await queue;
    },
  };
}

/** @returns the watchdog period in ms, 0 when systemd asks for none or asks another process (sd_watchdog_enabled(3)) */
function watchdogPeriodMs(env: Record<string, string | undefined>, pid: number): number {
  const usec = Number(env['WATCHDOG_USEC']);
  if (!Number.isFinite(usec) || usec <= 0) return 0;
  const forPid = env['WATCHDOG_PID'];
  return forPid === undefined || forPid === '' || Number(forPid) === pid ? usec / 1000 : 0;
}

function createBinaryTransport(env: Record<string, string | undefined>): NotifyTransport {
  return {
    async notify(options) {
      const { default: notify } = await import('systemd-notify'); // loaded on use: most starts are not under systemd
      await notify(options);
    },
    send: (assignments) =>
      new Promise((resolve, reject) => {
        const child = nodeChildProcess().spawn('systemd-notify', [...assignments], {
          env: { ...env },
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        let errorText = '';
        child.stderr.on('data', (chunk: Buffer) => {
          errorText += chunk.toString('utf8');
        });
        child.once('error', reject);
        child.once('close', (code, signal) => {
          if (code === 0) resolve();
          else reject(new Error(errorText.trim() || `systemd-notify ended with ${signal ?? code}`));
        });
      }),
  };
}
