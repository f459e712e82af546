// Lines of the log for the journal: a sentence that can be read as it stands, with code and fields behind it. Fields are fields of the journal too
// (journal-socket.ts); what the journal does not take that way is written to standard output after the priority that journald takes from `<4>`. Only
// when stdout is the journal (JOURNAL_STREAM of systemd); elsewhere lines stay JSON. Called by run.ts.
import { fstatSync } from 'node:fs';
import type { JournalSocket } from './journal-socket.ts';

const priorities: Readonly<Record<string, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 };
/** journald takes no longer names. */
const MAX_NAME = 64;
const SIZE_BYTES = 8;

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

/** Gives each line of the log to the journal. @param print for what the socket does not take, and without one for all */
export function journalWriter(socket: JournalSocket | undefined, print: (text: string) => void): (json: string) => void {
  return (json) => {
    const line = readLine(json);
    if (!socket?.send(entryOf(line))) print(`<${line.priority}>${line.text}\n`);
  };
}

interface Line {
  readonly priority: number;
  /** One line without its end. */
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @param json one line as src/base/log.ts writes it. Several lines of a text become one, since each line on stdout would be an entry of its own */
function readLine(json: string): Line {
  const { time: _time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const { code, cause, ...others } = fields;
  const because = cause === undefined || cause === '' ? '' : ` ${oneLine(String(cause))}`;
  const shown = Object.entries(others).map(([k, v]) => `${k}=${shownField(v)}`);
  const tail = [...(code === undefined ? [] : [`[${String(code)}]`]), ...shown].join(' ');
  return { priority: priorities[String(level)] ?? 6, text: `${oneLine(String(msg))}${because}${tail ? ` ${tail}` : ''}`, fields };
}

/** An entry of the journal's own protocol: `NAME`, a line end, the length, the value and a line end, so that values may hold anything. */
function entryOf({ priority, text, fields }: Line): Uint8Array {
  const parts: (string | Buffer)[] = [`MESSAGE=${text}\nPRIORITY=${priority}\nSYSLOG_IDENTIFIER=kuiper\n`];
  for (const [name, v] of Object.entries(fields)) {
    if (v === undefined) continue;
    const value = Buffer.from(typeof v === 'string' ? v : JSON.stringify(v));
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeUInt32LE(value.length);
    parts.push(`${journalName(name)}\n`, size, value, '\n');
  }
  return Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : p)));
}

/** `retryInMs` is KUIPER_RETRY_IN_MS: journald wants capitals, and a prefix keeps its own names apart from ours. */
const journalName = (name: string): string =>
  `KUIPER_${name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z\d]/g, '_')}`.toUpperCase().slice(0, MAX_NAME);

const oneLine = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, ' | ').trim();

function shownField(v: unknown): string {
  const text = oneLine(typeof v === 'string' ? v : JSON.stringify(v));
  return typeof v === 'string' && /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
