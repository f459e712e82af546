// A source that is connected and gives nothing. Silence alone is no fault (a night, a machine that stands): it is one when the rule says how often
// messages are due (option expectEvery), when it lasts twice as long as any before in more than a week, or when messages arrive at a place whose name
// is so like the one that is read that it was probably meant. Called by causes.ts.
import type { SourceHealth } from '../api.ts';
import type { SourceInside } from '../status/view.ts';
import { type Cause, messages, moment, since, span } from './cause.ts';
import type { Rhythm } from './rhythm.ts';

/** A source that was just opened may need a moment. */
const PATIENCE_MS = 2000;
/** Silence that is worth a note when messages came before. */
const NOTABLE_MS = 30_000;
const MAX_PLACES = 5;

export interface SilenceInput {
  health: SourceHealth;
  inside: SourceInside;
  /** Messages for this rule. */
  received: number;
  /** Option expectEvery, 0 = not set. */
  expectEveryMs: number;
  /** When the rule began to read, epoch ms. */
  sinceMs: number;
  rhythm: Rhythm;
  nowMs: number;
}

export function silenceCause(i: SilenceInput): Cause | undefined {
  const { health, inside, received, expectEveryMs, rhythm, nowMs } = i;
  if (health.connection !== 'connected') return undefined;
  const beganMs = received > 0 ? health.lastMessageAtMs : Math.max(i.sinceMs, inside.connectedAtMs);
  const silentMs = nowMs - beganMs;
  const due = expectEveryMs > 0 && silentMs > expectEveryMs * 1.5 + 500;
  const usualMs = rhythm.usualMs;
  const unusual = usualMs !== undefined && silentMs > Math.max(60_000, usualMs * 2);
  if (received > 0 && !due && !unusual && silentMs < NOTABLE_MS) return undefined;
  if (received === 0 && !due && silentMs < PATIENCE_MS) return undefined;
  const { found } = inside;
  const near = received === 0 ? (found?.places.filter((p) => p.near).map((p) => p.name) ?? []) : [];
  const what = `Source ${health.stream} (${inside.reads.what}${inside.reads.peer ? ` at ${inside.reads.peer}` : ''})`;
  const parts = [
    received === 0
      ? `${what} is connected and has had no message ${since(beganMs, nowMs)}.`
      : `${what} is connected and has had no message for ${span(silentMs)}; the last one came ${moment(beganMs)}.`,
  ];
  if (due) parts.push(`The rule expects one every ${span(expectEveryMs)}.`);
  else if (unusual) parts.push(`The longest silence before was ${span(usualMs!)}.`);
  if (inside.reads.elsewhere !== undefined)
    parts.push(
      inside.reads.elsewhere === 0
        ? 'Nothing else arrives on its connection either.'
        : `${messages(inside.reads.elsewhere)} arrived on its connection for others.`,
    );
  if (near.length > 0) parts.push(`Messages arrive at ${near.slice(0, MAX_PLACES).join(', ')}: did you mean ${near[0]}?`);
  else if (received === 0 && found) parts.push(foundText(found));
  return {
    step: 'bytes',
    at: health.stream,
    kind: received === 0 ? 'no-message' : 'silent',
    problem: due || unusual || near.length > 0,
    text: parts.join(' '),
    cure:
      near.length > 0
        ? `Correct DATASOURCE of stream ${health.stream}, or the topic of the sender.`
        : `Check that the sender runs and under which name it sends${received === 0 ? '; kuiper diag looks for similar names' : ''}.${
            expectEveryMs > 0 ? '' : ' When messages are due at an interval, say so with the rule option expectEvery.'
          }`,
    sinceMs: beganMs,
    count: received,
  };
}

function foundText(found: NonNullable<SourceInside['found']>): string {
  if (found.problem) return `A look at the peer failed: ${found.problem}.`;
  if (found.places.length === 0) return `A look at the peer saw no message in ${span(found.lookedMs)}.`;
  return `A look at the peer saw messages at ${found.places
    .slice(0, MAX_PLACES)
    .map((p) => p.name)
    .join(', ')}.`;
}
