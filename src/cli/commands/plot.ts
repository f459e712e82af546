// `kuiper plot STREAM|RULE COLUMN`: a column as it comes, drawn in the terminal; in a pipe its values, one a line. A trial rule reads them, so nothing
// that runs is touched, and nothing is read when nobody looks. Ends with q, Ctrl-C, or after --count values.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { followName } from '../follow-name.ts';
import { live } from '../live.ts';
import { cut, safe } from '../table.ts';
import { aborted, countFlag, countOf, untilSignal } from '../until.ts';

/** Values that are kept: more than a terminal has columns. */
const MAX_VALUES = 1_000;
const DRAW_EVERY_MS = 500;

export const plot: Command = {
  name: 'plot',
  usage: 'plot STREAM|RULE|TOPIC COLUMN [--count N]',
  doc: 'Draw a column of a stream, a rule or an MQTT topic as it comes. q leaves.',
  flags: [countFlag('values')],
  exits: true,
  live: true,
  examples: [
    ['kuiper plot demo temperature', 'a line that moves'],
    ['kuiper plot demo temperature -n 100 > values.txt', 'a hundred values, one a line'],
  ],
  async run(context) {
    const [name, column] = context.args;
    if (!name || !column) throw new CliError('Expect a stream, rule or topic, and a column.', 'usage');
    const most = countOf(context);
    const values: number[] = [];
    let came = 0;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const following = await followName(context, name, (json) => {
      const value = numberIn(json, column);
      if (value === undefined || came >= most) return;
      came++;
      if (!context.io.terminal) context.print(String(value));
      values.push(value);
      if (values.length > MAX_VALUES) values.shift();
      if (came >= most) resolve();
    });
    try {
      if (context.io.terminal)
        await live(context.io, DRAW_EVERY_MS, async (columns, lines) => plotPage(`${name} ${column}`, values, columns, lines), enough);
      else await untilSignal(({ signal }) => Promise.race([enough, aborted(signal), following.done]));
    } finally {
      await following.stop();
    }
  },
};

/** The column, or a member of an object (`o.x`); texts that are numbers count. */
export function numberIn(json: string, column: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined; // an error text of the trial, which is no row
  }
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, column)) value = (value as Record<string, unknown>)[column];
  else
    for (const key of column.split('.'))
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const BLOCKS = ' ▁▂▃▄▅▆▇█';

/** The newest values as columns, oldest left, on so many lines. */
export function plotPage(title: string, values: readonly number[], columns: number, lines: number): string {
  if (values.length === 0) return `${cut(safe(title), columns)}\n\nNo value yet.`;
  const height = Math.max(1, Math.min(20, lines - 3));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [top, bottom] = [shown(high), shown(low)];
  const margin = Math.max(top.length, bottom.length);
  const seen = values.slice(-Math.max(1, columns - margin - 2));
  const span = high - low;
  // eighths of a line; a constant is drawn in the middle
  const heights = seen.map((v) => Math.max(1, Math.round((span === 0 ? 0.5 : (v - low) / span) * height * 8)));
  const rows = Array.from({ length: height }, (_, i) => {
    const base = (height - 1 - i) * 8;
    const label = i === 0 ? top : i === height - 1 ? bottom : '';
    return `${label.padStart(margin)} │${heights.map((h) => BLOCKS[Math.max(0, Math.min(8, h - base))]).join('')}`.trimEnd();
  });
  return [cut(safe(`${title}: ${shown(values.at(-1)!)}`), columns), ...rows].join('\n');
}

const shown = (v: number): string => String(Number(v.toPrecision(6)));
