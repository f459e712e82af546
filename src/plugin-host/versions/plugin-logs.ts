// The last log lines of each plugin, for its author: what it said, what failed and where. Kept in memory; the gateway's own log has them too, as
// far as its level lets them through. Read by `kuiper plugin logs` and `dev` (GET /plugins/<kind>/<name>/logs).
import type { Log, LogFields, LogLevel } from '../../base/log.ts';
import { maskText } from '../../base/secrets.ts';

export interface PluginLogLine {
  /** Counts up; `after` of the next question. */
  number: number;
  atMs: number;
  level: LogLevel;
  text: string;
  /** How often the same was said since; counted instead of repeated. */
  times: number;
  rule?: string;
}

export interface PluginLogs {
  /** Lines about plugins are kept; everything goes on to the log behind it. */
  readonly log: Log;
  /** @param plugin `functions/x`  @param after number of the last line that is known */
  of(plugin: string, after: number): readonly PluginLogLine[];
}

const MAX_LINES = 200;
const MAX_CHARS = 2_000;
const MAX_PLUGINS = 500;
/** The same text within so many lines is counted there. */
const LOOK_BACK = 10;
/** Fields that say whom it is about. */
const OWN: readonly string[] = ['plugin', 'rule', 'op', 'text', 'more', 'code', 'version', 'cause'];

export function createPluginLogs(behind: Log, now: () => number): PluginLogs {
  const lines = new Map<string, PluginLogLine[]>();
  let numbers = 0;
  const keep = (level: LogLevel, fields: LogFields, sentence: string) => {
    const plugin = String(fields['plugin']);
    let own = lines.get(plugin);
    if (!own) {
      // names of plugins come and go while one is written
      if (lines.size >= MAX_PLUGINS) lines.delete(lines.keys().next().value!);
      lines.set(plugin, (own = []));
    }
    const text = maskText(textOf(fields, sentence)).slice(0, MAX_CHARS);
    const same = own.slice(-LOOK_BACK).find((l) => l.level === level && l.text === text);
    if (same) {
      same.times++;
      same.atMs = now();
      same.number = ++numbers;
      own.splice(own.indexOf(same), 1);
      own.push(same);
      return;
    }
    const rule = fields['rule'];
    own.push({ number: ++numbers, atMs: now(), level, text, times: 1, ...(typeof rule === 'string' ? { rule } : {}) });
    if (own.length > MAX_LINES) own.shift();
  };
  const tap = (log: Log, base: LogFields): Log => {
    const put = (level: LogLevel) => (fields: LogFields, sentence: string) => {
      const all = { ...base, ...fields };
      if (all['plugin'] !== undefined) keep(level, all, sentence);
      log[level](fields, sentence);
    };
    return {
      get level() {
        return log.level;
      },
      get traceOn() {
        return log.traceOn;
      },
      trace: put('trace'),
      debug: put('debug'),
      info: put('info'),
      warn: put('warn'),
      error: put('error'),
      fatal: put('fatal'),
      child: (fields) => tap(log.child(fields), { ...base, ...fields }),
      atLevel: (level) => tap(log.atLevel(level), base),
      setLevel: (level) => log.setLevel(level),
    };
  };
  return {
    log: tap(behind, {}),
    of: (plugin, after) => (lines.get(plugin) ?? []).filter((l) => l.number > after),
  };
}

/** What a plugin said is shown as it said it; a sentence of ours with its facts. */
function textOf(fields: LogFields, sentence: string): string {
  if (typeof fields['text'] === 'string') {
    const more = fields['more'];
    return [fields['text'], ...(Array.isArray(more) ? more.map((m) => (typeof m === 'string' ? m : (JSON.stringify(m) ?? String(m)))) : [])]
      .join(' ')
      .trimEnd();
  }
  const facts = Object.entries(fields).flatMap(([name, value]) =>
    OWN.includes(name) || value === undefined ? [] : [`${name}: ${String(value)}`],
  );
  return facts.length > 0 ? `${sentence} ${facts.join('; ')}` : sentence;
}
