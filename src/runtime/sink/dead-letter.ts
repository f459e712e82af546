// What a rule gives to its actions with `deadLetter: true`: messages and rows that can never succeed, each as one row that says where and
// why. Made by rule-run.ts for undecodable messages and failing expressions, and by sink-node.ts for what a sink refuses.
import type { Ack } from '../../data/ack.ts';
import type { Row, Value } from '../../data/value.ts';
import type { ActionSpec } from '../definition.ts';

export interface DeadLetter {
  /** Node that gave it up: a stream, an operator, a sink. */
  op: string;
  kind: 'source' | 'operator' | 'sink';
  reason: string;
  /** What it was: a payload or rows. */
  data: unknown;
  /** Values of a sink's dynamic properties for it, e.g. `topic`. */
  target?: Readonly<Record<string, unknown>> | undefined;
}

export interface DeadLetterOffice {
  /** The rule has an action for them. */
  readonly takesDeadLetters: boolean;
  /** Confirmations are retained until the letter is delivered or stored; without such an action nothing happens. */
  deadLetter(letter: DeadLetter, acks: readonly Ack[]): void;
}

/** True for an action that takes what others refuse. */
export const isDeadLetter = (action: Pick<ActionSpec, 'props'>): boolean => isSet(action, 'deadletter');

/** True for an action that takes rows in event time that are in no result, since they came too late or are too far ahead of the clock. */
export const isLateRows = (action: Pick<ActionSpec, 'props'>): boolean => isSet(action, 'laterows');

const isSet = ({ props }: Pick<ActionSpec, 'props'>, property: string): boolean =>
  Object.entries(props).some(([name, value]) => name.toLowerCase() === property && (value === true || value === 'true'));

/** @returns columns rule, kind, op, reason, atMs, data; encoding "base64" when the payload is not text; target of sinks with dynamic properties */
export function deadLetterRow(ruleId: string, letter: DeadLetter, atMs: number): Row {
  const row: Row = { rule: ruleId, kind: letter.kind, op: letter.op, reason: letter.reason, atMs: BigInt(atMs) };
  if (letter.data instanceof Uint8Array) {
    const text = textOf(letter.data);
    row['data'] = text ?? Buffer.from(letter.data).toString('base64');
    if (text === undefined) row['encoding'] = 'base64';
  } else row['data'] = letter.data as Value;
  if (letter.target) row['target'] = letter.target as Value;
  return row;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8: the caller writes base64
  }
}
