// What is known of messages that ended the process, as a value: deaths come in, verdicts come out. Pure: no clock, no file. A death is
// blamed on a rule and the message that it was evaluating (rule '' = while the message was decoded). The first death after a quiet time is
// never recorded, so the second recorded one is the third try at most: from then on the pair is condemned. Called by suspects.ts.

/** Identity of a message: place, topic and content. The rest is for people. */
export interface Message {
  /** Type and datasource of the source, e.g. `mqtt demo/#`. */
  source: string;
  topic: string;
  /** Of topic and payload. */
  hash: string;
  bytes: number;
  /** Packet id at the peer; 0 = none. */
  packet: number;
  /** Begin of the payload, secrets masked. */
  preview: string;
}

export interface Death {
  rule: string;
  /** Undefined: a timer of the rule (a window), or a message that could not be identified. */
  message: Message | undefined;
  atMs: number;
  /** The end was the gateway's own as far as crash protection can tell, and no kill by a person. */
  counted: boolean;
  /** A supervisor starts and ends the gateway: a person hardly kills it just while a window fires. */
  supervised: boolean;
}

/** One rule and one message. */
export interface Case {
  rule: string;
  message: Message;
  deaths: number;
  lastAtMs: number;
  /** The rule was parked for it once: later it is set aside without that. */
  parked: boolean;
}

export interface ParkedRule {
  atMs: number;
  /** Recorded deaths. */
  deaths: number;
  /** Undefined: the messages were different ones, or a window fired. */
  message: Message | undefined;
}

export interface Ledger {
  readonly v: 1;
  readonly savedAtMs: number;
  readonly cases: readonly Case[];
  /** The last recorded deaths, oldest first. */
  readonly run: readonly { rule: string; hash: string; counted: boolean; supervised: boolean }[];
  readonly parked: Readonly<Record<string, ParkedRule>>;
}

export type Verdict = 'free' | 'suspect' | 'condemned';

/** Recorded deaths at which a message is not evaluated any more. */
export const CONDEMNED_AT = 2;
/** Recorded deaths in a row at which a rule is parked although each time the message was another one. */
const PARKED_AT = 3;
/** More are forgotten, oldest first: each was a death of the process. */
const MAX_CASES = 200;

export const emptyLedger: Ledger = { v: 1, savedAtMs: 0, cases: [], run: [], parked: {} };

const isOf = (c: Case, rule: string, m: Pick<Message, 'source' | 'hash'>) =>
  c.rule === rule && c.message.hash === m.hash && c.message.source === m.source;

export function afterDeath(ledger: Ledger, death: Death): Ledger {
  const { rule, message, atMs } = death;
  let { cases, parked } = ledger;
  if (message) {
    const known = cases.find((c) => isOf(c, rule, message));
    const next: Case = { rule, message, deaths: (known?.deaths ?? 0) + 1, lastAtMs: atMs, parked: known?.parked ?? false };
    cases = [...cases.filter((c) => c !== known), next].slice(-MAX_CASES);
  }
  const run = [...ledger.run, { rule, hash: message?.hash ?? '', counted: death.counted, supervised: death.supervised }].slice(-PARKED_AT);
  if (rule !== '' && !Object.hasOwn(parked, rule)) {
    const last = (n: number, test: (d: Ledger['run'][number]) => boolean) => run.length >= n && run.slice(-n).every(test);
    // timers have no message that could be set aside
    const timers = last(CONDEMNED_AT, (d) => d.rule === rule && d.hash === '' && (d.counted || d.supervised));
    const messages = last(PARKED_AT, (d) => d.rule === rule && d.counted) && new Set(run.map((d) => d.hash)).size > 1;
    if (timers || messages) parked = { ...parked, [rule]: { atMs, deaths: timers ? CONDEMNED_AT : PARKED_AT, message: undefined } };
  }
  return { ...ledger, cases, run, parked };
}

/** The verdict on a message for one rule, '' = for all. */
export function verdictOf(ledger: Ledger, rule: string, message: Pick<Message, 'source' | 'hash'>): Verdict {
  const found = ledger.cases.find((c) => isOf(c, rule, message));
  return found === undefined ? 'free' : found.deaths >= CONDEMNED_AT ? 'condemned' : 'suspect';
}

export function caseOf(ledger: Ledger, rule: string, message: Pick<Message, 'source' | 'hash'>): Case | undefined {
  return ledger.cases.find((c) => isOf(c, rule, message));
}

/** It was evaluated and the process lives: nothing was wrong with it. */
export function afterPass(ledger: Ledger, rule: string, message: Message): Ledger {
  const cases = ledger.cases.filter((c) => !isOf(c, rule, message) || c.deaths >= CONDEMNED_AT);
  return cases.length === ledger.cases.length ? ledger : { ...ledger, cases, run: [] };
}

/** Ten minutes without a death: mere suspicion ends. What is condemned stays, it would end the process again. */
export function afterQuiet(ledger: Ledger): Ledger {
  return { ...ledger, run: [], cases: ledger.cases.filter((c) => c.deaths >= CONDEMNED_AT) };
}

export function parkFor(ledger: Ledger, c: Case, atMs: number): Ledger {
  return {
    ...ledger,
    cases: ledger.cases.map((other) => (other === c ? { ...c, parked: true } : other)),
    parked: { ...ledger.parked, [c.rule]: { atMs, deaths: c.deaths, message: c.message } },
  };
}

/** The user starts the rule as it is: what is condemned stays set aside. */
export function released(ledger: Ledger, rule: string): Ledger {
  const { [rule]: _, ...parked } = ledger.parked;
  return { ...ledger, parked, run: ledger.run.filter((d) => d.rule !== rule) };
}

/** The rule is another one now, or gone: everything about it is forgotten. */
export function forgotten(ledger: Ledger, rule: string): Ledger {
  const next = released(ledger, rule);
  return { ...next, cases: next.cases.filter((c) => c.rule !== rule) };
}
