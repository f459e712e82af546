// Who changed what: one line a change in files that only grow, each line with the hash of the one before, so that a line that was changed or taken out is
// seen. Bounded: the oldest file goes. Written before the answer leaves. Used by rest/audit-hook.ts, service.ts and daemon/fleet-part.ts.
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { maskText } from '../../base/secrets.ts';

/** What somebody did. Texts are masked and cut before they are written. */
export interface AuditEvent {
  /** Name of the token, `local` without one, `fleet`, `files`, `system`. */
  who: string;
  /** Address of the caller; '' = none. */
  from: string;
  /** `PUT /rules/hot`, `plugin added`, `apply` … */
  what: string;
  /** What it was done to, where `what` does not say it. */
  target: string;
  /** `done`, `refused`, `denied`. */
  outcome: 'done' | 'refused' | 'denied';
  /** SHA-256 of what was given (the body), so that it can be proved later; a reason. */
  detail: string;
}

export interface AuditEntry extends AuditEvent {
  /** 1, 2, 3 … without gaps over all files. */
  seq: number;
  atMs: number;
  prev: string;
  hash: string;
}

export interface AuditCheck {
  entries: number;
  first: number;
  last: number;
  /** Hash of the last entry: kept elsewhere, it proves that nothing was cut off at the end. */
  head: string;
  /** Where the chain does not hold; '' = it holds. */
  broken: string;
}

export interface AuditTrail {
  /** Never throws: what cannot be written is told in `problem` and in the log. */
  record(event: AuditEvent): void;
  /** In order. @param after number of the last one that is known */
  read(after: number, limit: number): AuditEntry[];
  check(): AuditCheck;
  /** '' = all is written. */
  readonly problem: string;
}

export interface AuditDeps {
  folder: string;
  clock: Clock;
  log: Log;
  maxFileBytes?: number;
  maxFiles?: number;
}

/** 8 MB in all: some 25,000 changes. */
const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 16;
const MAX_CHARS = 300;
const NAME = /^(\d{10})\.jsonl$/;

export function createAuditTrail({ folder, clock, log, maxFileBytes = MAX_FILE_BYTES, maxFiles = MAX_FILES }: AuditDeps): AuditTrail {
  let head: { seq: number; hash: string; file: string | undefined; bytes: number } | undefined;
  let problem = '';
  const files = (): string[] => {
    try {
      return readdirSync(folder)
        .filter((n) => NAME.test(n))
        .sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  };
  /** Where the last run stopped; a line that a power cut left unfinished goes, since nobody got an answer for it. */
  const open = () => {
    const names = files();
    for (const name of names.toReversed()) {
      const path = join(folder, name);
      const text = readFileSync(path, 'utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
      const line = whole.trimEnd().split('\n').at(-1)!;
      if (line === '') continue;
      const { seq, hash } = JSON.parse(line) as AuditEntry;
      return { seq, hash, file: name, bytes: statSync(path).size };
    }
    return { seq: 0, hash: '', file: undefined, bytes: 0 };
  };
  const append = (event: AuditEvent): void => {
    head ??= open();
    const seq = head.seq + 1;
    const entry = chained({ seq, atMs: clock.now(), ...masked(event) }, head.hash);
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const full = head.file === undefined || head.bytes + line.length > maxFileBytes;
    const file = full ? `${String(seq).padStart(10, '0')}.jsonl` : head.file!;
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const fd = openSync(join(folder, file), 'a', 0o640);
    try {
      for (let at = 0; at < line.length; ) at += writeSync(fd, line, at);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
    head = { seq, hash: entry.hash, file, bytes: (full ? 0 : head.bytes) + line.length };
    if (full) for (const old of files().slice(0, -maxFiles)) rmSync(join(folder, old), { force: true });
  };
  const all = function* (): Generator<{ file: string; line: number; text: string }> {
    for (const file of files())
      for (const [i, text] of readFileSync(join(folder, file), 'utf8').split('\n').entries())
        if (text !== '') yield { file, line: i + 1, text };
  };
  return {
    record(event) {
      try {
        append(event);
        problem = '';
      } catch (error) {
        // what was half written is looked at again
        head = undefined;
        const reason = messageOf(error);
        if (reason !== problem) log.error({ code: 'AUDIT', folder, reason }, 'A change cannot be written to the audit log.');
        problem = reason;
      }
    },
    read(after, limit) {
      const out: AuditEntry[] = [];
      for (const { text } of all()) {
        const entry = JSON.parse(text) as AuditEntry;
        if (entry.seq > after) out.push(entry);
        if (out.length >= limit) break;
      }
      return out;
    },
    check() {
      return checkChain(
        (function* () {
          for (const { file, line, text } of all()) yield { place: `${file}, line ${line}`, text };
        })(),
      );
    },
    get problem() {
      return problem;
    },
  };
}

/** Also of an export. The first line may follow on one that is not there any more. */
export function checkChain(lines: Iterable<{ place: string; text: string }>): AuditCheck {
  const result: AuditCheck = { entries: 0, first: 0, last: 0, head: '', broken: '' };
  for (const { place, text } of lines) {
    let entry: AuditEntry;
    try {
      entry = JSON.parse(text) as AuditEntry;
    } catch (error) {
      return { ...result, broken: `${place}: it is not JSON (${messageOf(error)})` };
    }
    const { prev, hash, ...rest } = entry;
    if (chained(rest, prev).hash !== hash) return { ...result, broken: `${place}: entry ${entry.seq} was changed` };
    if (result.entries > 0 && (entry.seq !== result.last + 1 || prev !== result.head))
      return { ...result, broken: `${place}: entry ${entry.seq} does not follow on entry ${result.last}` };
    if (result.entries === 0) result.first = entry.seq;
    result.entries++;
    result.last = entry.seq;
    result.head = hash;
  }
  return result;
}

function chained(rest: Omit<AuditEntry, 'prev' | 'hash'>, prev: string): AuditEntry {
  const { seq, atMs, who, from, what, target, outcome, detail } = rest;
  const text = JSON.stringify([seq, atMs, who, from, what, target, outcome, detail, prev]);
  return { seq, atMs, who, from, what, target, outcome, detail, prev, hash: nodeCrypto().createHash('sha256').update(text).digest('hex') };
}

function masked({ outcome, ...texts }: AuditEvent): AuditEvent {
  const cut = (text: string) => maskText(text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text);
  const { who, from, what, target, detail } = texts;
  return { who: cut(who), from: cut(from), what: cut(what), target: cut(target), outcome, detail: cut(detail) };
}
