// Every function of the catalogue with hostile values: it answers, or refuses the row in its own words, or its budget ends it; it never breaks.
// What is counted is work, not time: steps and bytes of the budget, at two sizes. Work that grows faster than the input would show here as steps
// (whatever compares, prints, copies or searches counts them), and work that is counted nowhere as too few. The same calls by the clock with
// a megabyte each: scripts/budget-campaign.ts.
import { describe, expect, it } from 'vitest';
import { builtinFunctions } from '../../../src/functions/index.ts';
import { type Call, callsOf, type Outcome } from './calls.ts';
import { hostileValues } from './hostile-values.ts';

/** Less than a rule has: what uses it up then does so soon. */
const limits = { maxSteps: 300_000, maxBytes: 16 * 1024 * 1024, maxTimeMs: 60_000 };
const SMALL = 2_000;
const small = hostileValues(SMALL);
const large = hostileValues(2 * SMALL);
const names = Object.keys(small);
/** What stands beside a hostile value where a function takes two. */
const partners = ['text that nearly repeats', 'number thousand', 'array of distinct objects'];
/** Their size is in the number, or they are as deep as they may be: there is no double of them. */
const fixedSize = /^number|^boolean|^no value|^datetime|levels$|^pattern that|^pattern of pairs|^pattern with|odd names|deeper|nested deep/;
/** A regular expression counts its work by the clock, and a filter that asks for each element in all elements is quadratic as written. */
const uncounted = /^regexp_|=~|@ in \$|@\.\.|\.\.\*\[/;

/** The hostile value and, where there are more arguments, one partner for the others; in turn on either side. */
function argumentsOf(call: Call): { args: string[]; at: number | undefined }[] {
  if (call.columns <= 1) return names.map((a) => ({ args: [a], at: 0 }));
  const rest = call.columns - 1;
  return names.flatMap((a) => [
    { args: Array<string>(call.columns).fill(a), at: undefined },
    ...(call.wholeRule ? [] : partners).flatMap((b) => [
      { args: [a, ...Array<string>(rest).fill(b)], at: 0 },
      { args: [...Array<string>(rest).fill(b), a], at: rest },
    ]),
  ]);
}

function check(call: Call, args: readonly string[], at: number | undefined): string | undefined {
  const values = args.map((name) => small[name]);
  const one = call.run(values);
  const broken = brokenBy(one);
  if (broken) return broken;
  // two arguments that grow may make a result of both sizes
  if (at === undefined || fixedSize.test(args[at]!) || uncounted.test(call.sql)) return undefined;
  const two = call.run(values.map((v, i) => (i === at ? large[args[i]!] : v)));
  const worse = brokenBy(two);
  if (worse) return worse;
  if (one.kind !== two.kind || one.kind !== 'value') return undefined;
  // twice the input: at most twice the work, with room for logarithms and for what is counted from a size on only
  if (two.steps > one.steps * 2.6 + 3000) return `steps grow from ${one.steps} to ${two.steps}`;
  if (two.bytes > one.bytes * 2.6 + 40_000) return `bytes grow from ${one.bytes} to ${two.bytes}`;
  return undefined;
}

function brokenBy(o: Outcome): string | undefined {
  if (o.kind === 'broken') return `breaks: ${o.text}`;
  if (o.kind === 'budget' && !/^(rule bad, function \w+: |rule bad, function|run )/.test(o.text) && !o.text.includes('function '))
    return `no function in: ${o.text}`;
  // the step that is refused is counted as well
  if (o.kind !== 'budget' && o.steps > limits.maxSteps) return `${o.steps} steps`;
  if (o.kind !== 'budget' && o.bytes > limits.maxBytes) return `${o.bytes} bytes`;
  if (o.text.length > 6000) return `an error text of ${o.text.length} characters`;
  return undefined;
}

describe('every function with hostile values', () => {
  const calls = callsOf(['scalar', 'aggregate', 'analytic', 'table'], limits);

  it('the calls are those of the whole catalogue', () => {
    const covered = new Set(calls.map((c) => c.name));
    const missing = builtinFunctions().filter((f) => f.kind !== 'window' && f.name !== 'dedup_trigger' && !covered.has(f.name));
    expect(missing.map((f) => f.name)).toEqual([]);
    expect(calls.length).toBeGreaterThan(200);
  });

  // @covers issue:13#2
  it.each([...new Set(calls.map((c) => c.name))])('%s', (name) => {
    const problems: string[] = [];
    for (const call of calls.filter((c) => c.name === name))
      for (const { args, at } of argumentsOf(call)) {
        const problem = check(call, args, at);
        if (problem) problems.push(`${call.sql} of ${args.join(', ')}: ${problem}`);
      }
    expect(problems).toEqual([]);
  });
});
