// The message and the rules that are under way, in a small file on a file system in memory: it outlives the process and never touches
// flash. One write of at most 1 kB per message and one of a few bytes per rule; only after an unclean end. Layout: state and text of the
// message, then one place per nested rule (memory topics). Written by suspects.ts, read at the next start.
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import type { Message } from './ledger.ts';

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;
const MESSAGE_BYTES = 4096;
const RULE_BYTES = 1024;
/** Deeper ones share the last place. */
const MAX_DEPTH = 16;
const UNDER_WAY = 1;

export interface UnderWay {
  /** The innermost rule; '' = none, the message was being decoded. */
  rule: string;
  message: Message | undefined;
}

export interface RecordFile {
  readonly path: string;
  message(message: Message): void;
  messageDone(): void;
  rule(depth: number, id: string): void;
  ruleDone(depth: number): void;
  /** Removes it. */
  end(): void;
}

/** @returns the first of the folders that lies in memory; undefined when none does */
export function memoryFolder(candidates: readonly string[]): string | undefined {
  return candidates.find((folder) => {
    try {
      const { type } = statfsSync(folder);
      return type === TMPFS || type === RAMFS;
    } catch {
      return false; // there is no such folder
    }
  });
}

/** @throws when the file cannot be made, or is another user's */
export function openRecord(path: string): RecordFile {
  // the folder may be open to all users of the machine: never through a link, never into a file of somebody else
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const stat = fstatSync(fd);
  if (!stat.isFile() || (process.getuid && stat.uid !== process.getuid())) {
    closeSync(fd);
    throw new Error(`${path} belongs to another user`);
  }
  ftruncateSync(fd, 0);
  ftruncateSync(fd, MESSAGE_BYTES + MAX_DEPTH * RULE_BYTES);
  const done = Buffer.of(0);
  const buffer = Buffer.alloc(MESSAGE_BYTES);
  const put = (text: string, limit: number, at: number) => {
    const bytes = buffer.write(text, 3, limit - 3, 'utf8');
    buffer[0] = UNDER_WAY;
    buffer.writeUInt16BE(bytes, 1);
    writeSync(fd, buffer, 0, 3 + bytes, at);
  };
  const place = (depth: number) => MESSAGE_BYTES + Math.min(depth, MAX_DEPTH - 1) * RULE_BYTES;
  return {
    path,
    message: (m) => put(JSON.stringify(m), MESSAGE_BYTES, 0),
    messageDone: () => void writeSync(fd, done, 0, 1, 0),
    rule: (depth, id) => put(id, RULE_BYTES, place(depth)),
    ruleDone: (depth) => void writeSync(fd, done, 0, 1, place(depth)),
    end() {
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}

/** What was under way when the process before ended; undefined = nothing, or there is no record. */
export function readRecord(path: string): UnderWay | undefined {
  let file: Buffer;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if (process.getuid && fstatSync(fd).uid !== process.getuid()) return undefined;
      file = readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // no record: the process before did not watch
  }
  const text = (at: number): string | undefined =>
    file[at] === UNDER_WAY ? file.toString('utf8', at + 3, at + 3 + file.readUInt16BE(at + 1)) : undefined;
  if (file.length < MESSAGE_BYTES + MAX_DEPTH * RULE_BYTES) return undefined;
  let rule: string | undefined;
  for (let d = 0; d < MAX_DEPTH; d++) rule = text(MESSAGE_BYTES + d * RULE_BYTES) ?? rule;
  const found = text(0);
  if (rule === undefined && found === undefined) return undefined;
  return { rule: rule ?? '', message: found === undefined ? undefined : parse(found) };
}

function parse(text: string): Message | undefined {
  try {
    const m = JSON.parse(text) as Partial<Message>;
    return typeof m.hash === 'string' && typeof m.source === 'string' ? (m as Message) : undefined;
  } catch {
    return undefined; // cut off: the rule is known all the same
  }
}
