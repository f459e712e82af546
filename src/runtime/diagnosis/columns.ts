// Columns that a rule reads and no message had: mostly a misspelt name, whose result is `{}` for ever. Called by causes.ts.
// A column that comes seldom is no fault: it is a problem only when the messages have one that was probably meant, or none at all that the rule reads.
import { suggest } from '../../sql/suggest.ts';
import type { SourceInside } from '../status/view.ts';
import { type Cause, messages } from './cause.ts';

/** Fewer messages say nothing: the first may be a birth or a heartbeat. */
const ENOUGH = 3;
const MAX_SHOWN = 20;

export interface WantedColumns {
  columns: readonly string[];
  /** The rule takes the whole message as well. */
  all: boolean;
  anyCase: boolean;
}

/** @param received messages that this rule's source got for it */
export function columnCauses(stream: string, inside: SourceInside, want: WantedColumns, received: number): Cause[] {
  if (received < ENOUGH || !inside.lastRow) return [];
  const there = Object.keys(inside.lastRow);
  const inAnyCase = (name: string) => want.anyCase && there.some((k) => k.toLowerCase() === name.toLowerCase());
  const unseen = want.columns.filter((c) => inside.isUnseen(c) && !inAnyCase(c));
  if (unseen.length === 0) return [];
  const free = there.filter((k) => !want.columns.includes(k));
  const none = !want.all && unseen.length === want.columns.length;
  const shown =
    there.length === 0
      ? 'The last message had no column.'
      : `The last message had: ${there.slice(0, MAX_SHOWN).join(', ')}${there.length > MAX_SHOWN ? ', …' : ''}.`;
  return unseen.map((name): Cause => {
    const meant = suggest(
      name,
      free.filter((k) => !sameButDigits(k, name)),
    );
    return {
      step: 'columns',
      at: stream,
      kind: 'column-absent',
      problem: meant !== undefined || none,
      text: `No message of source ${stream} had the column ${name} (${messages(received)})${meant ? `; did you mean ${meant}?` : '.'} ${shown}`,
      cure: meant
        ? `Write ${meant} in the statement, or correct the sender.`
        : `Check the spelling of ${name} and what the sender writes; a column that comes seldom needs no change.`,
      sinceMs: 0,
      count: received,
    };
  });
}

/** `t1` and `t2` are two columns, not a slip of the pen. */
const sameButDigits = (a: string, b: string): boolean => a !== b && a.replaceAll(/\d/g, '') === b.replaceAll(/\d/g, '');
