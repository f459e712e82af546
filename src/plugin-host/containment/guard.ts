// Containment of functions that run in the main thread: who runs now (shared memory, read by the watchdog thread), whose late error this is,
// and who asked for process.exit. Made once by the plugin registry; the daemon asks `blame` before it treats an error as its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { type Intrinsics, watchIntrinsics } from '../worker/intrinsics.ts';

/** One version of a plugin, as the guard knows it. */
export interface Suspect {
  /** Number in the shared memory. */
  readonly id: number;
  /** `functions/echo` */
  readonly plugin: string;
  readonly version: string;
  readonly path: string;
  readonly hash: string;
  lateErrors: number;
  lastError: string;
  /** Heap growth seen during its calls while memory is short, bytes. */
  grownBytes: number;
  /** Intervals that its code has started; they end with the version. */
  readonly intervals: Set<NodeJS.Timeout>;
}

/** After something was changed, so many calls are looked at one by one; a look costs a fifth of a millisecond. */
const INSPECTED_CALLS = 500;

/** Places in the shared memory. */
export const CURRENT = 0;
export const SEQUENCE = 1;

export interface Guard {
  readonly cell: Int32Array;
  readonly memory: SharedArrayBuffer;
  /** True when any of the next three asks for the slower way of calling. */
  readonly careful: boolean;
  /** True while the heap is nearly full: calls measure what they leave. */
  short: boolean;
  /** True since an error came that nothing pointed to: every call then carries its origin. */
  tracing: boolean;
  /** After so many more calls it is looked whether they changed what all code shares. */
  inspections: number;
  add(facts: Pick<Suspect, 'plugin' | 'version' | 'path' | 'hash'>): Suspect;
  suspects(): readonly Suspect[];
  /** Runs plugin code under its name. */
  run<T>(suspect: Suspect, work: () => T): T;
  /** @returns the plugin to which an uncaught error belongs; it is counted and logged. Undefined: it is the gateway's own. */
  blame(error: unknown): Suspect | undefined;
  /** Takes the picture that later looks are compared with; called before the first plugin is loaded here. */
  watchIntrinsics(): void;
  /** Puts back what was changed. @param suspect whose code ran just before; undefined: somebody's  @returns what it was */
  lookAtIntrinsics(suspect: Suspect | undefined): readonly string[];
  /** Told whose code changed something. */
  onTamper: ((suspect: Suspect, changes: readonly string[]) => void) | undefined;
  /** A version ends: so do its intervals. */
  forget(suspect: Suspect): void;
  /** Refuses process.exit and turns console output of plugins into log lines. @returns what undoes it */
  install(): () => void;
}

export function createGuard(log: Log): Guard {
  const memory = new SharedArrayBuffer(16);
  const cell = new Int32Array(memory);
  const suspects: Suspect[] = [];
  const origin = new AsyncLocalStorage<Suspect>();
  let lastRun = 0;
  let intrinsics: Intrinsics | undefined;
  const careful = { short: false, tracing: false, inspections: 0 };
  const set = (change: Partial<typeof careful>) => {
    Object.assign(careful, change);
    guard.careful = careful.short || careful.tracing || careful.inspections > 0;
  };

  const byStack = (stack: string | undefined): Suspect | undefined =>
    stack === undefined ? undefined : suspects.findLast((s) => stack.includes(s.path));
  const running = () => suspects[cell[CURRENT]! - 1] ?? origin.getStore();

  const guard: Guard & { careful: boolean } = {
    cell,
    memory,
    careful: false,
    get short() {
      return careful.short;
    },
    set short(yes) {
      set({ short: yes });
    },
    get tracing() {
      return careful.tracing;
    },
    set tracing(yes) {
      set({ tracing: yes });
    },
    get inspections() {
      return careful.inspections;
    },
    set inspections(count) {
      set({ inspections: count });
    },
    onTamper: undefined,
    add(facts) {
      const s: Suspect = { ...facts, id: suspects.length + 1, lateErrors: 0, lastError: '', grownBytes: 0, intervals: new Set() };
      suspects.push(s);
      return s;
    },
    suspects: () => suspects,
    run(suspect, work) {
      const outer = cell[CURRENT]!;
      cell[SEQUENCE] = cell[SEQUENCE]! + 1;
      cell[CURRENT] = suspect.id;
      lastRun = suspect.id;
      try {
        return origin.run(suspect, work);
      } finally {
        cell[CURRENT] = outer;
      }
    },
    blame(error) {
      const stack = (error as Error | undefined)?.stack;
      let found = byStack(stack) ?? origin.getStore();
      // nothing of ours in it: text that was thrown, or an error that the platform made. Ours always have a file of ours in the stack
      const foreign = typeof stack !== 'string' || !/\.(?:ts|js|mjs|cjs)[:?]/.test(stack.replace(/node:\S+/g, ''));
      if (!found && foreign && !guard.tracing && suspects.length > 0) {
        found = suspects[(lastRun || suspects.length) - 1];
        guard.tracing = true;
      }
      if (!found) return undefined;
      found.lateErrors++;
      found.lastError = messageOf(error);
      log.error(
        { code: 'PLUGIN_CALL', plugin: found.plugin, version: found.version, error: found.lastError, stack },
        'A plugin failed outside a call; the gateway keeps running.',
      );
      return found;
    },
    watchIntrinsics() {
      intrinsics ??= watchIntrinsics();
    },
    lookAtIntrinsics(suspect) {
      const changes = intrinsics?.changes() ?? [];
      if (changes.length === 0) return changes;
      intrinsics?.restore();
      // until it is found, or stands in a worker
      set({ inspections: INSPECTED_CALLS });
      if (suspect) guard.onTamper?.(suspect, changes);
      return changes;
    },
    forget({ intervals }) {
      for (const t of intervals) clearInterval(t);
      intervals.clear();
    },
    install() {
      const every = globalThis.setInterval;
      const owned = (...args: Parameters<typeof every>): NodeJS.Timeout => {
        const t = every(...args);
        const s = running();
        if (s) {
          s.intervals.add(t);
          if (s.intervals.size % 100 === 0)
            for (const old of s.intervals) if ((old as { _destroyed?: boolean })._destroyed) s.intervals.delete(old);
        }
        return t;
      };
      globalThis.setInterval = Object.assign(owned, every) as typeof every;
      // the call below process.exit, which a plugin may know as well
      const target = process as NodeJS.Process & { reallyExit(code?: number): never };
      const { chdir, removeAllListeners } = process;
      const own = {
        exit: process.exit,
        abort: process.abort,
        kill: process.kill,
        reallyExit: target.reallyExit,
        chdir,
        removeAllListeners,
      };
      const guarded = <F extends (...args: any[]) => any>(what: string, real: F): F =>
        ((...args: unknown[]) => {
          const s = running() ?? byStack(new Error().stack);
          if (s) {
            const error = new GatewayError('PLUGIN_EXIT', { plugin: s.plugin, what });
            log.error(
              { code: 'PLUGIN_EXIT', plugin: s.plugin, version: s.version, what },
              'A plugin tried to end or to move the gateway; refused.',
            );
            throw error;
          }
          return real.apply(process, args) as unknown;
        }) as F;
      process.exit = guarded('process.exit', own.exit) as typeof process.exit;
      process.abort = guarded('process.abort', own.abort) as typeof process.abort;
      process.kill = guarded('process.kill', own.kill);
      process.chdir = guarded('process.chdir', chdir);
      // the handlers of the gateway: with them would go the attribution of late errors
      process.removeAllListeners = guarded('process.removeAllListeners', removeAllListeners) as typeof removeAllListeners;
      target.reallyExit = guarded('process.reallyExit', own.reallyExit);
      const levels = ['debug', 'info', 'log', 'warn', 'error'] as const;
      const consoles = levels.map((level) => console[level]);
      // a line of text would break the log's JSON lines
      for (const level of levels)
        console[level] = (...args: unknown[]) =>
          log[level === 'log' ? 'info' : level]({ plugin: running()?.plugin, text: format(...args) }, 'Console output.');
      return () => {
        Object.assign(target, own);
        globalThis.setInterval = every;
        levels.forEach((level, i) => {
          console[level] = consoles[i]!;
        });
      };
    },
  };
  return guard;
}
