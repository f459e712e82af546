// `kuiper logs [RULE]`: the latest lines of the gateway's log over REST, of all or of one rule; -f goes on as lines come.
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { type Command, encode } from '../command.ts';
import { paint, type Style, safe } from '../table.ts';
import { untilSignal } from '../until.ts';

interface Kept {
  number: number;
  line: string;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const STYLES: Readonly<Record<string, Style>> = { debug: 'dim', info: 'good', warn: 'warn', error: 'bad', fatal: 'bad' };
const LOOK_EVERY_MS = 500;

export const logs: Command = {
  name: 'logs',
  usage: 'logs [RULE] [-f] [--lines N] [--level debug|info|warn|error]',
  doc: "Show the latest lines of the gateway's log, of all or of one rule.",
  flags: [
    { names: ['follow', 'f'], value: false, doc: 'go on until Ctrl-C' },
    { names: ['lines', 'n'], doc: 'number of lines that were before, 50 if absent' },
    { names: ['level'], doc: 'lines of this level and above' },
  ],
  exits: true,
  live: true,
  examples: [
    ['kuiper logs -f hot', 'what is logged about rule hot, as it comes'],
    ['kuiper logs --level error', 'errors only'],
    ["kuiper logs -f --json | jq -r 'select(.rule).msg'", 'a JSON object a line'],
  ],
  async run(context) {
    const [rule] = context.args;
    const { flags } = context;
    const level = flags['level'] ?? 'debug';
    const from = LEVELS.indexOf(level as 'debug');
    if (from < 0) throw new CliError(`--level is one of ${LEVELS.join(', ')}.`, 'usage');
    const most = Number(flags['lines'] ?? 50);
    if (!Number.isInteger(most) || most < 0) throw new CliError('--lines is a whole number.', 'usage');
    const ofRule = rule === undefined ? '' : `&rule=${encode(rule)}`;
    const look = (after: number) => context.client.json<Kept[]>('GET', `/logs?after=${after}${ofRule}`);
    const show = (lines: readonly Kept[]) => {
      for (const { line } of lines) context.print(context.form === 'table' ? shown(line, context.io.color) : line);
    };
    if (rule !== undefined) await context.client.call('GET', `/rules/${encode(rule)}`);
    const first = await look(0);
    const before = first.filter(({ line }) => rank(line) >= from);
    show(most === 0 ? [] : before.slice(-most));
    if (flags['follow'] !== true) {
      if (first.length === 0) context.note('Nothing was logged since the gateway started.');
      return;
    }
    let last = first.at(-1)?.number ?? 0;
    let away = false;
    await untilSignal(async ({ signal }) => {
      for (;;) {
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        try {
          const fresh = await look(last);
          if (away) context.note('The gateway is back.');
          away = false;
          // the gateway keeps the latest lines only
          const gap = rule === undefined && last > 0 ? (fresh[0]?.number ?? last + 1) - last - 1 : 0;
          if (gap > 0) context.note(`… ${gap} lines came too fast`);
          show(fresh.filter(({ line }) => rank(line) >= from));
          last = fresh.at(-1)?.number ?? last;
        } catch (error) {
          if (!(error instanceof CliError) || error.kind !== 'unreachable') throw error;
          if (!away) context.note('The gateway does not answer; waiting for it.');
          away = true;
          // it counts from 1 again
          last = 0;
        }
      }
    });
  },
};

function fieldsOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // a long line is cut
  }
}

function rank(line: string): number {
  const level = fieldsOf(line)?.['level'];
  return level === 'fatal' ? LEVELS.length : Math.max(0, LEVELS.indexOf(level as 'debug'));
}

function shown(line: string, color: boolean): string {
  const fields = fieldsOf(line);
  if (fields === undefined) return safe(line);
  const { time, level, msg, ...more } = fields;
  const rest = Object.entries(more).map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`);
  const text = `${paint('dim', String(time).slice(11, 23), color)}  ${paint(STYLES[String(level)] ?? 'bold', String(level).padEnd(5), color)}  ${safe(String(msg))}`;
  return rest.length === 0 ? text : `${text}  ${paint('dim', safe(rest.join(' ')).replaceAll('\n', ' '), color)}`;
}
