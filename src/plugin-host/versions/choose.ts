// Which version of a plugin takes effect, as a value: candidates in order, what was in effect before, and answers to the steps it asks for.
// Pure: no files, no clock, no plugin code. plugin-registry.ts carries the steps out. The table:
//
//   phase      answer        next
//   look       known         the version before goes on (same file, same content) → rest are superseded
//              fit           activate
//              unfit         state failed or quarantined → next candidate
//   activate   works         it is chosen → rest are superseded
//              fails         failed; when the version before came from this very file it goes on in memory → else next candidate
//   (twins)    –             two files of one version: both failed; the one that runs goes on
//   end        –             chosen, or nothing
import { compareVersions } from '../files/plugin-file.ts';
import { byVersion, type FoundFile } from '../files/scan.ts';
import type { VersionState } from './plugin-entry.ts';

export interface Choosable {
  readonly file: FoundFile;
  readonly state: VersionState;
  readonly reason: string;
  /** Set for what can be set again from outside: a reason with a code is compared by it. */
  readonly cause?: string;
}

/** What is in effect when the choice begins. */
export interface InEffect {
  readonly path: string;
  readonly hash: string;
}

export type Step =
  /** Read the file and say whether it may be tried. */
  | { readonly do: 'look'; readonly at: number }
  /** Put it into effect. */
  | { readonly do: 'activate'; readonly at: number }
  /** `before`: what was in effect goes on; a number: that candidate is in effect; undefined: nothing is. */
  | { readonly do: 'end'; readonly chosen: 'before' | number | undefined };

export type Answer =
  | { readonly is: 'fit'; readonly hash: string }
  | { readonly is: 'unfit'; readonly state: 'failed' | 'quarantined'; readonly reason: string; readonly cause?: string }
  | { readonly is: 'works' }
  | { readonly is: 'fails'; readonly reason: string; readonly cause?: string };

export interface Choice {
  /** Latest first. */
  readonly candidates: readonly Choosable[];
  readonly before: InEffect | undefined;
  /** Also what is in effect is activated again. */
  readonly force: boolean;
  readonly step: Step;
}

export function beginChoice(files: readonly FoundFile[], before: InEffect | undefined, force: boolean): Choice {
  const sorted = [...files].sort(byVersion);
  const candidates = sorted.map((file): Choosable => {
    const twin = sorted.find((o) => o !== file && compareVersions(o.version, file.version) === 0);
    if (!twin) return { file, state: 'superseded', reason: '' };
    return { file, state: 'failed', reason: `this version is there twice: ${file.path} and ${twin.path}; remove one of them` };
  });
  return nextOf({ candidates, before, force, step: { do: 'end', chosen: undefined } }, 0);
}

/** @param answer to `choice.step` */
export function advance(choice: Choice, answer: Answer): Choice {
  const { step, before } = choice;
  if (step.do === 'end') return choice;
  const { at } = step;
  const { path } = choice.candidates[at]!.file;
  const isBefore = before !== undefined && before.path === path;
  switch (answer.is) {
    case 'fit':
      if (!choice.force && isBefore && before.hash === answer.hash) return end(marked(choice, at, 'running'), 'before');
      return { ...choice, step: { do: 'activate', at } };
    case 'works':
      return end(marked(choice, at, 'running'), at);
    case 'unfit':
      return nextOf(marked(choice, at, answer.state, answer.reason, answer.cause), at + 1);
    case 'fails': {
      const failed = marked(choice, at, 'failed', answer.reason, answer.cause);
      // overwritten in place by something broken: what was there goes on, in memory
      return isBefore ? end(failed, 'before') : nextOf(failed, at + 1);
    }
  }
}

/** The next candidate that may be tried; a copy of what runs must not stop it. */
function nextOf(choice: Choice, from: number): Choice {
  for (let at = from; at < choice.candidates.length; at++) {
    const c = choice.candidates[at]!;
    if (c.state === 'superseded') return { ...choice, step: { do: 'look', at } };
    if (choice.before?.path === c.file.path) return end({ ...choice, candidates: withState(choice, at, 'running', c.reason) }, 'before');
  }
  return end(choice, undefined);
}

const end = (choice: Choice, chosen: 'before' | number | undefined): Choice => ({ ...choice, step: { do: 'end', chosen } });

const marked = (choice: Choice, at: number, state: VersionState, reason = '', cause?: string): Choice => ({
  ...choice,
  candidates: withState(choice, at, state, reason, cause),
});

const withState = (choice: Choice, at: number, state: VersionState, reason: string, cause?: string): readonly Choosable[] =>
  choice.candidates.map((c, i) => (i === at ? { ...c, state, reason, ...(cause === undefined ? {} : { cause }) } : c));
