// What a job of the public bench is: messages that come by MQTT, rules over them, and the proof that nothing is missing in what went out.

export interface Message {
  /** Below the prefix of the peer. */
  readonly topic: string;
  readonly payload: string;
}

export interface StreamSpec {
  readonly name: string;
  /** Filter of topics, below the prefix of the peer. */
  readonly topic: string;
  /** `a BIGINT, b STRING`; none: columns as they come. */
  readonly columns?: string;
  readonly format?: 'json' | 'binary';
}

export interface RuleSpec {
  readonly id: string;
  readonly sql: string;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Verdict {
  /** Rows, or messages in the counts of windows, that must come out. */
  readonly expected: number;
  /** Those of them that did, each once. */
  readonly delivered: number;
  /** What came twice or should not have come. */
  readonly wrong: number;
}

/** A dataflow that tools without SQL have too: rows whose field is above a bound. */
export interface PlainFilter {
  readonly field: string;
  readonly above: number;
}

export interface Job {
  readonly name: string;
  readonly doc: string;
  /** Messages a second; without it that of the command line. */
  readonly rate?: number;
  /** How long one repetition sends. */
  readonly seconds: number;
  /** Windows end so long after the last message. */
  readonly drainSeconds: number;
  readonly streams: readonly StreamSpec[];
  readonly rules: readonly RuleSpec[];
  readonly sink: 'mqtt' | 'file';
  readonly plain?: PlainFilter;
  /** The rows carry `at`, the time of sending in ms: how late they arrive is measured. */
  readonly latency?: boolean;
  /** @param i counts on over all repetitions */
  message(i: number): Message;
  /** @param rows what came out for the messages from..from+count-1 */
  proof(rows: readonly Row[], from: number, count: number): Verdict;
}

/** Proof by the numbers of messages: `id` of each row. @param passes which messages must come out  @param copies rows for each of them */
export function proofById(passes: (i: number) => boolean, copies = 1): Job['proof'] {
  return (rows, from, count) => {
    const seen = new Map<number, number>();
    let wrong = 0;
    for (const { id } of rows) {
      const n = typeof id === 'number' && id >= from && id < from + count && passes(id) ? (seen.get(id) ?? 0) + 1 : Number.NaN;
      if (n <= copies) seen.set(Number(id), n);
      else wrong++;
    }
    let expected = 0;
    for (let i = from; i < from + count; i++) if (passes(i)) expected += copies;
    let delivered = 0;
    for (const n of seen.values()) delivered += n;
    return { expected, delivered, wrong };
  };
}

/** Proof by the counts of windows: the sum of `n` is the number of messages. @param windows that each message is in  @param keyOf key of a message
 *  whose `device` must be in a row, once at least */
export function proofByCount(keyOf: (i: number) => string, windows = 1): Job['proof'] {
  return (rows, from, count) => {
    const missing = new Set<string>();
    for (let i = from; i < from + count; i++) missing.add(keyOf(i));
    let sum = 0;
    let wrong = 0;
    for (const row of rows) {
      sum += typeof row['n'] === 'number' ? row['n'] : 0;
      missing.delete(String(row['device']));
    }
    const expected = count * windows;
    if (sum > expected) wrong = sum - expected;
    return { expected, delivered: Math.min(sum, expected), wrong: wrong + missing.size };
  };
}
