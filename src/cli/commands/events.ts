// `kuiper events`: what happens to the rules, one line each: state, problems that come and go, rules that are made and removed. Asks for /overview;
// nothing is computed when nobody looks. In a pipe a JSON object a line. Ends with Ctrl-C or after --count events.
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { paint, safe } from '../table.ts';
import { countFlag, countOf, untilSignal } from '../until.ts';
import type { Overview } from './top.ts';

export interface RuleEvent {
  readonly atMs: number;
  readonly rule: string;
  readonly what: 'made' | 'removed' | 'state' | 'problem' | 'solved';
  readonly text: string;
}

export const eventsCommand: Command = {
  name: 'events',
  usage: 'events [RULE] [--count N] [--interval SECONDS]',
  doc: 'Print what happens to the rules as it happens: states, problems, rules made and removed.',
  flags: [countFlag('events'), { names: ['interval'], doc: 'seconds between two looks, default 1' }],
  exits: true,
  live: true,
  examples: [
    ['kuiper events', 'all rules'],
    ['kuiper events --json | jq -r \'select(.what == "problem").text\'', 'problems only'],
  ],
  async run(context) {
    const [only] = context.args;
    const most = countOf(context);
    const seconds = Number(context.flags['interval'] ?? 1);
    if (!(seconds >= 0.2 && seconds <= 3600)) throw new CliError('--interval is a number of seconds from 0.2 to 3600.', 'usage');
    let printed = 0;
    let before: Overview | undefined;
    await untilSignal(async ({ signal }) => {
      while (!signal.aborted && printed < most) {
        const now = await context.client.json<Overview>('GET', '/overview');
        for (const event of before === undefined ? [] : eventsBetween(before, now)) {
          if (printed >= most || (only !== undefined && event.rule !== only)) continue;
          printed++;
          context.print(context.form === 'json' ? JSON.stringify(event) : lineOf(event, context.io.color));
        }
        before = now;
        if (printed < most) await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
      }
    });
  },
};

/** In order of the rules; of a rule its state comes before its problems. */
export function eventsBetween(before: Overview, now: Overview): RuleEvent[] {
  const was = new Map(before.rules.map((r) => [r.id, r]));
  const is = new Set(now.rules.map((r) => r.id));
  const found: RuleEvent[] = [];
  const add = (rule: string, what: RuleEvent['what'], text: string) => found.push({ atMs: now.atMs, rule, what, text });
  for (const old of before.rules) if (!is.has(old.id)) add(old.id, 'removed', 'removed');
  for (const rule of now.rules) {
    const old = was.get(rule.id);
    if (old === undefined) add(rule.id, 'made', `made, ${rule.state}`);
    else if (old.state !== rule.state) add(rule.id, 'state', `${old.state} → ${rule.state}`);
    else if (old.startedAtMs !== rule.startedAtMs) add(rule.id, 'state', `${rule.state} in a new run`);
    // figures in sentences change all the time
    const same = (a: string) => (b: string) => a.replaceAll(/\d+/g, '0') === b.replaceAll(/\d+/g, '0');
    for (const p of rule.problems) if (!old?.problems.some(same(p))) add(rule.id, 'problem', p);
    for (const p of old?.problems ?? []) if (!rule.problems.some(same(p))) add(rule.id, 'solved', p);
  }
  return found;
}

function lineOf({ atMs, rule, what, text }: RuleEvent, color: boolean): string {
  const style = what === 'problem' || /error/.test(text) ? 'bad' : what === 'solved' ? 'good' : 'dim';
  return `${new Date(atMs).toISOString().slice(11, 19)}  ${safe(rule)}  ${paint(style, safe(what), color)}  ${safe(text).replaceAll('\n', ' ')}`;
}
