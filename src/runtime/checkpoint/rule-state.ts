// What a checkpoint of a rule holds, and how it is carried over to a changed rule.
import type { RuleProgram } from '../../exec/operator.ts';
import { packState, unpackState } from '../plain-state.ts';

export interface RuleSnapshot {
  /** Version of this shape. */
  v: 1;
  fingerprints: Readonly<Record<string, string>>;
  /** By operator. */
  operators: Record<string, unknown>;
  /** Positions of sources, by stream. */
  offsets: Record<string, unknown>;
  /** State that sources put into their context, by stream. */
  sources: Record<string, unknown>;
  /** Batches and contexts, by sink. */
  sinks: Record<string, unknown>;
  /** Identities of messages that are in this state and may be repeated by their peer. */
  seen?: Float64Array;
}

export const packSnapshot = (s: RuleSnapshot): Buffer => packState(s);

/** @throws Error when the bytes are damaged or of an unknown shape */
export function unpackSnapshot(bytes: Uint8Array): RuleSnapshot {
  const s = unpackState(bytes) as Partial<RuleSnapshot> | null;
  if (typeof s !== 'object' || s === null || s.v !== 1) throw new Error('not a checkpoint of this version');
  return {
    v: 1,
    fingerprints: s.fingerprints ?? {},
    operators: s.operators ?? {},
    offsets: s.offsets ?? {},
    sources: s.sources ?? {},
    sinks: s.sinks ?? {},
    ...(s.seen ? { seen: s.seen } : {}),
  };
}

/** The operators whose state fits a program: those with the same fingerprint.
 *  @returns kept states, and the names of the dropped ones for the log */
export function matchOperators(
  s: RuleSnapshot,
  program: Pick<RuleProgram, 'fingerprints'>,
): { kept: Record<string, unknown>; dropped: string[] } {
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  // operators are numbered by place; the same operator at another place is found by its fingerprint
  const byPrint = new Map<string, string>();
  for (const [name, print] of Object.entries(program.fingerprints)) if (!byPrint.has(print)) byPrint.set(print, name);
  for (const [name, state] of Object.entries(s.operators)) {
    if (state === undefined) continue;
    const print = s.fingerprints[name];
    const target = print === undefined ? undefined : program.fingerprints[name] === print ? name : byPrint.get(print);
    if (target !== undefined && !(target in kept)) kept[target] = state;
    else dropped.push(name);
  }
  return { kept, dropped };
}
