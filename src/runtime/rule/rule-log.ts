// The log of one rule: its options `debug` (level of its lines) and `logFilename` (an own file in the log folder, beside the gateway's log).
// Opened by run-log.ts for each run; most rules have neither and use the gateway's log as it is.
import { join } from 'node:path';
import { createLog, type Log, type LogFields, type LogLevel } from '../../base/log.ts';
import { createLogFile, type LogFile } from '../../base/log-file.ts';
import type { RuleOptions } from '../options.ts';

/** Log files of rules by name: two rules may share one. */
export interface RuleLogs {
  /** @returns the log, and `close` for when the run has ended */
  open(options: Pick<RuleOptions, 'debug' | 'logFilename'>): { log: Log; close(): Promise<void> };
}

export interface RuleLogSettings {
  folder: string;
  /** basic.rotateSize */
  maxBytes: number;
  /** basic.rotateCount */
  keep: number;
}

export function createRuleLogs(log: Log, settings: () => RuleLogSettings | undefined): RuleLogs {
  const files = new Map<string, { file: LogFile; users: number }>();

  const acquire = (name: string): LogFile | undefined => {
    const found = files.get(name);
    if (found) {
      found.users++;
      return found.file;
    }
    const where = settings();
    if (!where) return undefined;
    const file = createLogFile({
      path: join(where.folder, name),
      maxBytes: where.maxBytes,
      keep: where.keep,
      failed: (cause) => log.error({ code: 'STORE_FAILED', file: name, cause }, 'The log file of a rule cannot be written.'),
    });
    files.set(name, { file, users: 1 });
    return file;
  };
  const release = async (name: string) => {
    const found = files.get(name);
    if (!found || --found.users > 0) return;
    files.delete(name);
    await found.file.close();
  };

  return {
    open({ debug, logFilename }) {
      const main = debug ? log.atLevel('debug') : log;
      const file = logFilename === '' ? undefined : acquire(logFilename);
      if (!file) return { log: main, close: async () => undefined };
      const own = createLog({ level: debug ? 'debug' : log.level, write: (line) => file.write(line) });
      let closed = false;
      return {
        log: both(main, own),
        async close() {
          if (closed) return;
          closed = true;
          await release(logFilename);
        },
      };
    },
  };
}

/** Writes to two logs, each at its own level. */
function both(a: Log, b: Log): Log {
  const put =
    (level: LogLevel) =>
    (fields: LogFields, sentence: string): void => {
      a[level](fields, sentence);
      b[level](fields, sentence);
    };
  return {
    get level() {
      return a.level;
    },
    get traceOn() {
      return a.traceOn || b.traceOn;
    },
    trace: put('trace'),
    debug: put('debug'),
    info: put('info'),
    warn: put('warn'),
    error: put('error'),
    fatal: put('fatal'),
    child: (fields) => both(a.child(fields), b.child(fields)),
    atLevel: (level) => both(a.atLevel(level), b.atLevel(level)),
    setLevel: (level) => b.setLevel(level),
  };
}
