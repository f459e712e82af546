// Regular expressions in Go's RE2 syntax, matched in linear time: no pattern that a user writes can stall the gateway. Wraps the
// re2js package, so that nothing else knows it. Called by the regexp functions.
import { RE2JS } from 're2js';
import { budgetLimitsNow, outOfTime, reserveText, spend, spendTime } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import { createStoppable } from '../base/stoppable.ts';
import { brief } from './go-format.ts';

export interface Regex {
  /** True when the pattern is found anywhere. */
  test(text: string): boolean;
  /** The first match, '' when there is none. */
  first(text: string): string;
  /** All matches replaced; `$1`, `${1}`, `${name}` and `$$` as in Go's Regexp.Expand. */
  replaceAll(text: string, replacement: string): string;
}

/** @throws rowError `error parsing regexp: missing closing ]: …` */
export function compileRegex(pattern: string): Regex {
  let regex = parse(pattern);
  const size = regex.programSize();
  /** Matching takes up to 100 ns for each character and instruction of the pattern; what could be long by that is stopped at the limit. */
  const bounded = <T>(text: string, work: () => T): T => {
    const worst = text.length * size;
    if (worst < TIMED_FROM) {
      spend(4);
      return work();
    }
    if (worst < STOPPABLE_FROM) {
      const fromMs = performance.now();
      const value = work();
      spendTime(performance.now() - fromMs);
      return value;
    }
    try {
      return stoppable(`matching ${text.length} characters with the pattern ${brief(pattern)}`, work);
    } catch (error) {
      // what was stopped may have left its tables half made
      regex = parse(pattern);
      throw error;
    }
  };
  return {
    test: (text) => bounded(text, () => regex.test(text)),
    first: (text) =>
      bounded(text, () => {
        const matcher = regex.matcher(text);
        return matcher.find() ? (matcher.group() ?? '') : '';
      }),
    replaceAll: (text, replacement) => bounded(text, () => replaceAll(regex, text, parseReplacement(replacement))),
  };
}

/** Characters times instructions from which on matching could take 30 ms. */
const STOPPABLE_FROM = 300_000;
/** … and from which on it is worth to look at the clock. */
const TIMED_FROM = 5000;
/** Characters of a pattern, with its counted repetitions written out, from which on its preparation could take as long. */
const LONG_PATTERN = 200;
/** The package takes no more. */
const MAX_REPEATS = 1000;

/** What is repeated is prepared as often: `(…){1000}` of a hundred characters takes 170 ms. */
function writtenOut(pattern: string): number {
  let repeats = 1;
  for (const [, least = '', most = ''] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) repeats *= Math.max(1, Number(least), Number(most));
  return pattern.length * Math.min(MAX_REPEATS, repeats);
}

const stop = createStoppable();

/** @throws rowError BUDGET_EXCEEDED */
function stoppable<T>(what: string, work: () => T): T {
  const fromMs = performance.now();
  const result = stop(work, budgetLimitsNow().maxTimeMs);
  if (!result.done) throw outOfTime(what);
  spendTime(performance.now() - fromMs);
  return result.value;
}

function parse(pattern: string): RE2JS {
  const work = (): RE2JS => {
    try {
      return RE2JS.compile(pattern);
    } catch (error) {
      throw rowError(messageOf(error));
    }
  };
  return writtenOut(pattern) < LONG_PATTERN ? work() : stoppable(`preparing a pattern of ${pattern.length} characters`, work);
}

/** A literal text, or the number or name of a group. */
type Part = string | { readonly group: string };

/** Go's rule: an empty match right after another match is left alone. */
function replaceAll(regex: RE2JS, text: string, parts: readonly Part[]): string {
  const matcher = regex.matcher(text);
  let out = '';
  let copied = 0;
  let from = 0;
  let atMs = performance.now();
  while (from <= text.length && matcher.find(from)) {
    const nowMs = performance.now();
    spendTime(nowMs - atMs);
    atMs = nowMs;
    const start = matcher.start();
    const end = matcher.end();
    out += text.slice(copied, start);
    if (end > copied || start === 0) {
      for (const part of parts) {
        const added = typeof part === 'string' ? part : groupText(matcher, part.group);
        if (added.length > 16) reserveText(added.length);
        out += added;
      }
    }
    copied = end;
    from = Math.max(end, from + characterAt(text, from));
  }
  return out + text.slice(copied);
}

/** Length in UTF-16 units of the character that starts at an offset; 1 at the end of the text. */
const characterAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** Groups that do not exist or took no part are empty. */
function groupText(matcher: ReturnType<RE2JS['matcher']>, group: string): string {
  if (!/^[0-9]+$/.test(group)) return group in matcher.namedGroups ? (matcher.group(group) ?? '') : '';
  const n = Number(group);
  return n <= matcher.groupCount() ? (matcher.group(n) ?? '') : '';
}

/** `$name` takes as many letters, digits and `_` as there are: `$1x` is the group named `1x`. A lone `$` stands for itself. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

function parseReplacement(replacement: string): Part[] {
  const parts: Part[] = [];
  let copied = 0;
  spend(replacement.length / 8);
  for (const match of replacement.matchAll(REFERENCE)) {
    parts.push(replacement.slice(copied, match.index) + (match[1] ?? ''));
    const group = match[2] ?? match[3];
    if (group !== undefined) parts.push({ group });
    copied = match.index + match[0].length;
  }
  parts.push(replacement.slice(copied));
  return parts;
}
