// Lines of the log for the journal: a sentence that can be read as it stands, after the priority that journald takes from `<4>`, with code and fields
// behind it. Only when stdout is the journal (JOURNAL_STREAM of systemd); elsewhere lines stay JSON. The kept package speaks STATUS and READY only and
// has no way to give fields of their own to the journal. Called by run.ts.
import { fstatSync } from 'node:fs';

const priorities: Readonly<Record<string, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 };

/** True when the descriptor is the stream that systemd says is the journal: `device:inode`. */
export function isJournal(env: Readonly<Record<string, string | undefined>>, fd = 1): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(fd);
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // a closed descriptor is no journal
  }
}

/** @param json one line as src/base/log.ts writes it
 *  @returns one line without its end; several lines of a text become one, since each line would be an entry of its own */
export function journalLine(json: string): string {
  const { time: _time, level, msg, code, cause, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const because = cause === undefined || cause === '' ? '' : ` ${oneLine(String(cause))}`;
  const shown = Object.entries(fields).map(([k, v]) => `${k}=${shownField(v)}`);
  const tail = [...(code === undefined ? [] : [`[${String(code)}]`]), ...shown].join(' ');
  return `<${priorities[String(level)] ?? 6}>${oneLine(String(msg))}${because}${tail ? ` ${tail}` : ''}`;
}

const oneLine = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, ' | ').trim();

function shownField(v: unknown): string {
  const text = oneLine(typeof v === 'string' ? v : JSON.stringify(v));
  return typeof v === 'string' && /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
