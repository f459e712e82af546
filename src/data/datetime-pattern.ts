// Patterns of dates, as in format_time and TIMESTAMP_FORMAT: text → list of fields and literals. Both directions use the same list:
// datetime-format.ts prints it, datetime-parse.ts reads it. Letters: Y y M d E H h a m s S z Z X G, 'quoted', \ escape.
import { rowError } from '../base/errors/gateway-error.ts';

/** `zoneOrZ` is only used by the built-in layouts for parsing: `Z`, or an offset as XXX. */
export type FieldCode =
  | 'yyyy' | 'yy' | 'M' | 'MM' | 'MMM' | 'MMMM' | 'd' | 'dd' | '_d' | 'EEE' | 'EEEE'
  | 'HH' | 'h' | 'hh' | 'a' | 'm' | 'mm' | 's' | 'ss' | 'S' | 'z' | 'X' | 'XX' | 'XXX' | 'zoneOrX' | 'zoneOrXX' | 'zoneOrXXX'; // biome-ignore format: one look

export interface PatternField {
  readonly code: FieldCode;
  /** Digits of the fraction for `S`, otherwise 0. */
  readonly digits: number;
  /** For `S`: the fraction writes its own dot (no dot or comma stands before it in the pattern). */
  readonly ownDot: boolean;
}

/** Fields and literal texts in order. */
export type DatePattern = readonly (string | PatternField)[];

/** How many letters of a run form a field. A run of other length is an error (Y E H) or prints nothing (M d h m s X), as in eKuiper. */
const runs: Readonly<Record<string, { longest: number; fields: Readonly<Record<number, FieldCode>>; strict?: string }>> = {
  Y: { longest: 4, fields: { 4: 'yyyy', 2: 'yy' }, strict: 'for Y/y' },
  y: { longest: 4, fields: { 4: 'yyyy', 2: 'yy' }, strict: 'for Y/y' },
  M: { longest: 4, fields: { 1: 'M', 2: 'MM', 3: 'MMM', 4: 'MMMM' } },
  d: { longest: 2, fields: { 1: 'd', 2: 'dd' } },
  E: { longest: 4, fields: { 3: 'EEE', 4: 'EEEE' }, strict: 'for E' },
  H: { longest: 2, fields: { 2: 'HH' }, strict: 'of H, only HH is supported' },
  h: { longest: 2, fields: { 1: 'h', 2: 'hh' } },
  m: { longest: 2, fields: { 1: 'm', 2: 'mm' } },
  s: { longest: 2, fields: { 1: 's', 2: 'ss' } },
  X: { longest: 3, fields: { 1: 'X', 2: 'XX', 3: 'XXX' } },
};

/** Longest pattern: each field is written for each row. */
const MAX_LENGTH = 1000;

const field = (code: FieldCode): PatternField => ({ code, digits: 0, ownDot: false });

/** @throws rowError with eKuiper's text, e.g. `invalid time format HHH of H, only HH is supported`
 *  @source eKuiper pkg/cast/time.go; `.SSS` gives one dot (list of defects, no. 29) */
export function compileDatePattern(pattern: string): DatePattern {
  if (pattern.length > MAX_LENGTH) throw rowError(`a time format has at most ${MAX_LENGTH} characters, but this one has ${pattern.length}`);
  const letters = [...pattern];
  const out: (string | PatternField)[] = [];
  const literal = (text: string) => {
    const last = out.length - 1;
    if (typeof out[last] === 'string') out[last] += text;
    else if (text !== '') out.push(text);
  };
  for (let i = 0; i < letters.length; ) {
    const letter = letters[i]!;
    const run = Object.hasOwn(runs, letter) ? runs[letter] : undefined;
    if (run) {
      // One letter more than the longest field is taken with the run, as eKuiper does.
      let n = 1;
      while (n <= run.longest && letters[i + n] === letter) n++;
      const code = run.fields[n];
      if (code) out.push(field(code));
      else if (run.strict) throw rowError(`invalid time format ${pattern} ${run.strict}`);
      i += n;
    } else if (letter === 'S') {
      let n = 1;
      while (letters[i + n] === 'S') n++;
      const before = out[out.length - 1];
      out.push({ code: 'S', digits: n, ownDot: !(typeof before === 'string' && /[.,]$/.test(before)) });
      i += n;
    } else if (letter === '\\') {
      if (i + 1 >= letters.length) throw rowError(`${pattern} is invalid`);
      literal(letters[i + 1]!);
      i += 2;
    } else if (letter === "'") {
      if (letters[i + 1] === "'") {
        literal("'");
        i += 2;
        continue;
      }
      if (i + 1 >= letters.length) throw rowError(`${pattern} is invalid`);
      const end = letters.indexOf("'", i + 1);
      literal(letters.slice(i + 1, end < 0 ? undefined : end).join(''));
      i = end < 0 ? letters.length : end + 1;
    } else {
      if (letter === 'a') out.push(field('a'));
      else if (letter === 'z') out.push(field('z'));
      else if (letter === 'Z') out.push(field('XX'));
      else literal(letter === 'G' ? 'AD' : letter);
      i++;
    }
  }
  return out;
}
