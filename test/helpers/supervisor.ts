// What systemd does for kuiperd, for tests: starts it again when it ends, and ends it when WATCHDOG=1 stays away. The messages come through a
// `systemd-notify` of our own in PATH, which writes them to a file.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningDaemon, startDaemon } from '../daemon/daemon-process.ts';

export interface Supervisor {
  /** The daemon that runs now; undefined between two. */
  readonly daemon: RunningDaemon | undefined;
  /** Log lines of all daemons so far. */
  readonly lines: Record<string, unknown>[];
  /** How often it was started. */
  readonly starts: number;
  /** Ends that the watchdog brought about. */
  readonly watchdogKills: number;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
  /** Ends the daemon in order and starts no other. */
  stop(): Promise<void>;
}

/** Stopped by a signal (state T). */
function isFrozen(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.startsWith('T');
  } catch {
    return false; // it has ended
  }
}

/** @param o.watchdogMs undefined: without systemd, a daemon that ended is started again and a frozen one is left alone */
export async function supervise(root: string, o: { watchdogMs?: number; env?: Record<string, string> } = {}): Promise<Supervisor> {
  const folder = mkdtempSync(join(tmpdir(), 'supervisor-'));
  const beats = join(folder, 'beats');
  writeFileSync(beats, '');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${beats}\n`);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  const supervised: Record<string, string> =
    o.watchdogMs === undefined
      ? {}
      : {
          NOTIFY_SOCKET: join(folder, 'none'),
          WATCHDOG_USEC: String(o.watchdogMs * 1000),
          PATH: `${folder}:${process.env['PATH']}`,
        };
  let daemon: RunningDaemon | undefined;
  let stopping = false;
  let starts = 0;
  let watchdogKills = 0;
  const lines: Record<string, unknown>[] = [];
  let ready = Promise.withResolvers<void>();
  const run = async () => {
    while (!stopping) {
      starts++;
      const gone = Promise.withResolvers<void>();
      let watch: NodeJS.Timeout | undefined;
      const d = await startDaemon(root, { KUIPER_TEST_HOOKS: '1', ...supervised, ...o.env }, [], (child) => {
        child.once('exit', () => gone.resolve());
        const since = Date.now();
        watch = setInterval(() => {
          if (Date.now() - Math.max(since, statSync(beats).mtimeMs) < (o.watchdogMs ?? Number.POSITIVE_INFINITY)) return;
          // on a busy machine beats are late without any fault
          if (!isFrozen(child.pid!)) return;
          watchdogKills++;
          clearInterval(watch);
          child.kill('SIGKILL');
        }, 50);
      });
      lines.push(...d.lines.splice(0));
      if ('code' in d) {
        // systemd starts it again, whatever it died of
        await gone.promise;
        clearInterval(watch);
        continue;
      }
      d.lines.push = (...more) => lines.push(...more);
      daemon = d;
      ready.resolve();
      await gone.promise;
      clearInterval(watch);
      daemon = undefined;
      ready = Promise.withResolvers<void>();
      if (!stopping) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const running = run();
  // told by stop(); until then a failed start shows in what the test waits for
  running.catch((error: unknown) => lines.push({ level: 'fatal', msg: String(error) }));
  await Promise.race([ready.promise, running]);
  return {
    get daemon() {
      return daemon;
    },
    lines,
    get starts() {
      return starts;
    },
    get watchdogKills() {
      return watchdogKills;
    },
    async call(method, path, body) {
      for (let i = 0; ; i++) {
        await ready.promise;
        const d = daemon;
        try {
          if (d) return await d.call(method, path, body);
        } catch (error) {
          if (i >= 200) throw error; // it dies and is started again
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      stopping = true;
      if (daemon) await daemon.stop();
      await running;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
