// `kuiper top`: the rules by what they do, drawn again each second on a terminal. Asks for /overview; nothing is computed when nobody looks.
import type { RuleOverview } from '../../service/index.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { live } from '../live.ts';
import { type Cell, cut, paint, renderTable, safe } from '../table.ts';
import { styleOf } from './show-rules.ts';

/** Answer of GET /overview. */
export interface Overview {
  atMs: number;
  rules: Pick<
    RuleOverview,
    'id' | 'state' | 'ok' | 'problems' | 'recordsIn' | 'recordsOut' | 'exceptions' | 'waiting' | 'lastMessageAtMs' | 'startedAtMs'
  >[];
}

const ORDERS = ['problems', 'rate', 'errors', 'name'] as const;
type Order = (typeof ORDERS)[number];

export const top: Command = {
  name: 'top',
  usage: 'top [--sort problems|rate|errors|name] [--interval SECONDS]',
  doc: 'Watch the rules: rates, errors, problems. q leaves.',
  flags: [
    { names: ['sort'], doc: 'problems first (default), or by rate, errors or name' },
    { names: ['interval'], doc: 'seconds between two looks, default 1' },
  ],
  exits: true,
  live: true,
  examples: [
    ['kuiper top --sort rate', 'the busiest rules first'],
    ['kuiper top --json | jq .rules', 'one look, for a script'],
  ],
  async run(context) {
    const order = (context.flags['sort'] ?? 'problems') as Order;
    if (!ORDERS.includes(order)) throw new CliError(`--sort is one of ${ORDERS.join(', ')}.`, 'usage');
    const seconds = Number(context.flags['interval'] ?? 1);
    if (!(seconds >= 0.2 && seconds <= 3600)) throw new CliError('--interval is a number of seconds from 0.2 to 3600.', 'usage');
    if (context.form === 'json' || context.form === 'yaml') {
      context.show(await context.client.call('GET', '/overview'));
      return;
    }
    let before: Overview | undefined;
    await live(context.io, seconds * 1000, async (columns, lines) => {
      const now = await context.client.json<Overview>('GET', '/overview');
      const page = topPage(before, now, order, columns, lines, context.io.color);
      before = now;
      return page;
    });
  },
};

/** @param before the look before; rates are of the time between the two, or since the start of the run */
export function topPage(before: Overview | undefined, now: Overview, order: Order, columns: number, lines: number, color: boolean): string {
  const earlier = new Map(before?.rules.map((r) => [r.id, r]));
  const rows = now.rules.map((r) => {
    const was = earlier.get(r.id);
    // a run that began since counts from its own start
    const same = was && was.startedAtMs === r.startedAtMs ? was : undefined;
    const ms = same ? now.atMs - before!.atMs : now.atMs - r.startedAtMs;
    const rate = (count: number, countBefore: number | undefined) =>
      ms > 0 && r.startedAtMs > 0 ? Math.round(((count - (countBefore ?? 0)) * 10_000) / ms) / 10 : 0;
    return { ...r, inRate: rate(r.recordsIn, same?.recordsIn), outRate: rate(r.recordsOut, same?.recordsOut) };
  });
  const by: Record<Order, (r: (typeof rows)[number]) => number> = {
    problems: (r) => (r.ok ? 0 : 1e12) + r.inRate,
    rate: (r) => r.inRate,
    errors: (r) => r.exceptions,
    name: () => 0,
  };
  rows.sort((a, b) => by[order](b) - by[order](a) || (a.id < b.id ? -1 : 1));
  const bad = rows.filter((r) => !r.ok).length;
  const total = rows.reduce((n, r) => n + r.inRate, 0);
  const head = `${rows.length} rules, ${bad === 0 ? 'all ok' : `${bad} with problems`}, ${Math.round(total)} messages/s in`;
  const room = lines === Number.POSITIVE_INFINITY ? rows.length : Math.max(1, lines - 4);
  const table = renderTable(
    ['RULE', 'STATE', 'IN/s', 'OUT/s', 'WAITING', 'ERRORS', 'PROBLEM'],
    rows
      .slice(0, room)
      .map((r): Cell[] => [
        r.id,
        { text: r.state, style: r.ok ? styleOf(r.state) : 'bad' },
        r.inRate,
        r.outRate,
        r.waiting,
        r.exceptions,
        { text: r.problems[0] ?? '', style: 'bad' },
      ]),
    columns,
    color,
  );
  const more = rows.length > room ? `\n… ${rows.length - room} more` : '';
  return `${paint(bad ? 'bad' : 'good', cut(safe(head), columns), color)}\n\n${table}${more}`;
}
