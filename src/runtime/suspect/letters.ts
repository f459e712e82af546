// The dead letters: messages that ended the gateway, with what they were and why they are here. In the catalog's database, bounded, shown by
// REST and CLI. A message is confirmed to its peer when its letter is on disk; a disk that takes nothing is tried again. Used by suspects.ts.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { KvTable } from '../../store/index.ts';
import type { Message } from './ledger.ts';

const MAX_LETTERS = 100;
/** A larger payload is cut: its hash and size stay. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;
const RETRY = { firstMs: 1000, maxMs: 60_000 };

export interface NewLetter {
  /** '' = all rules that read its source: it could not even be decoded. */
  rule: string;
  message: Message;
  payload: Uint8Array | string;
  atMs: number;
}

export interface LetterHead extends Message {
  id: string;
  rule: string;
  /** Epoch ms of the last time it came. */
  atMs: number;
  /** How often it came. */
  count: number;
}

interface Body {
  /** The payload is larger than what is kept. */
  truncated: boolean;
  encoding: 'utf8' | 'base64';
  data: string;
}

export type Letter = LetterHead & Body;

export interface LetterBox {
  /** @param kept called when it is on disk  @param tried called once, after the first attempt, whatever became of it */
  put(letter: NewLetter, kept: () => void, tried?: () => void): void;
  /** Newest first. */
  list(): Promise<LetterHead[]>;
  get(id: string): Promise<Letter | undefined>;
  /** @returns false when there is none of this id */
  drop(id: string): Promise<boolean>;
  /** Letters that were given up at the bound since the start. */
  readonly discarded: number;
  close(): void;
}

/** @param heads what is listed  @param bodies the payloads, read one at a time */
export function createLetterBox({ heads, bodies, clock, log }: { heads: KvTable; bodies: KvTable; clock: Clock; log: Log }): LetterBox {
  let closed = false;
  let discarded = 0;
  let work: Promise<void> = Promise.resolve();
  const timers = new Set<TimerHandle>();
  const read = async (): Promise<LetterHead[]> => [...(await heads.all()).values()].map((v) => JSON.parse(v) as LetterHead);

  const drop = async (id: string): Promise<boolean> => {
    const known = await heads.delete(id);
    await bodies.delete(id);
    return known;
  };
  const store = async (letter: NewLetter) => {
    const id = idOf(letter);
    const before = await heads.get(id);
    await bodies.set(id, JSON.stringify(bodyOf(letter)));
    const count = before === undefined ? 1 : (JSON.parse(before) as LetterHead).count + 1;
    await heads.set(id, JSON.stringify({ id, rule: letter.rule, ...letter.message, atMs: letter.atMs, count } satisfies LetterHead));
    const all = (await read()).sort((a, b) => a.atMs - b.atMs);
    for (const old of all.slice(0, Math.max(0, all.length - MAX_LETTERS))) {
      await drop(old.id);
      discarded++;
      log.warn(
        { code: 'DEAD_LETTER_DISCARDED', place: old.id, topic: old.topic, limit: MAX_LETTERS },
        'The oldest dead letter was discarded.',
      );
    }
  };
  const attempt = (letter: NewLetter, kept: () => void, tried: () => void, backoff: Backoff): void => {
    work = work.then(async () => {
      try {
        await store(letter);
      } catch (error) {
        const retryInMs = backoff.next();
        log.error(
          { code: 'STORE_FAILED', place: idOf(letter), cause: messageOf(error) },
          'A dead letter could not be stored; it is tried again.',
        );
        tried();
        if (closed) return;
        const timer = clock.setTimer(retryInMs, () => {
          timers.delete(timer);
          attempt(letter, kept, () => undefined, backoff);
        });
        timers.add(timer);
        return;
      }
      kept();
      tried();
    });
  };
  return {
    put: (letter, kept, tried = () => undefined) => attempt(letter, kept, tried, createBackoff(RETRY)),
    async list() {
      return (await read()).sort((a, b) => b.atMs - a.atMs);
    },
    async get(id) {
      const head = await heads.get(id);
      const body = head && (await bodies.get(id));
      return head && body ? { ...(JSON.parse(head) as LetterHead), ...(JSON.parse(body) as Body) } : undefined;
    },
    drop,
    get discarded() {
      return discarded;
    },
    close() {
      closed = true;
      for (const t of timers) clock.clear(t);
      timers.clear();
    },
  };
}

/** One letter per rule and message, however often it comes. */
const idOf = ({ rule, message }: NewLetter): string => `${message.hash.slice(0, 12)}-${rule || 'all'}`;

function bodyOf({ payload }: NewLetter): Body {
  const whole = Buffer.from(payload as string);
  const kept = whole.subarray(0, MAX_PAYLOAD_BYTES);
  const text = kept.toString('utf8');
  const isText = Buffer.from(text).equals(kept);
  return { truncated: kept.length < whole.length, encoding: isText ? 'utf8' : 'base64', data: isText ? text : kept.toString('base64') };
}
