// `kuiper parked list|show|retry|drop`: rows that a sink of a rule does not take.
import { CliError } from '../cli-error.ts';
import { type Command, type CommandContext, encode, nameArgument } from '../command.ts';

interface Parked {
  sink: string;
  id: number;
  rows: number;
  tries: number;
  reason: string;
  parkedAtMs: number;
  overtaken: boolean;
}

const ALL = { names: ['all'], value: false, doc: 'all parked rows of the rule' } as const;
const FORCE = { names: ['force'], value: false, doc: 'also when a newer row with its key was delivered since' } as const;

const pathOf = (context: CommandContext): string => `/rules/${encode(nameArgument(context, 'rule'))}/parked`;

/** @throws CliError naming what is missing */
function rowPath(context: CommandContext): string {
  const path = pathOf(context);
  const [, sink, id] = context.args;
  if (!sink || !id)
    throw new CliError('Expect the sink and the number of the row, such as mqtt_0 3; `kuiper parked list RULE` shows them.', 'usage');
  return `${path}/${encode(sink)}/${encode(id)}`;
}

const query = ({ flags }: CommandContext): string => (flags['force'] === undefined ? '' : '?force=true');

const lines = (list: Parked[]): string =>
  list
    .map((p) => {
      const more = `${p.tries > 0 ? `, tried ${p.tries} times since` : ''}${p.overtaken ? ', a newer row was delivered' : ''}`;
      return `${p.sink} ${p.id}  ${new Date(p.parkedAtMs).toISOString()}  ${p.reason}${more}`;
    })
    .join('\n');

export const parkedList: Command = {
  name: 'parked list',
  usage: 'parked list RULE',
  doc: 'List the rows that a sink of a rule does not take.',
  async run(context) {
    const text = await context.client.call('GET', pathOf(context));
    context.show(text, { empty: 'No rows are parked.', page: lines, ekuiper: lines });
  },
};

export const parkedShow: Command = {
  name: 'parked show',
  usage: 'parked show RULE SINK NUMBER',
  doc: 'Show a parked row with its data.',
  async run(context) {
    context.show(await context.client.call('GET', rowPath(context)));
  },
};

export const parkedRetry: Command = {
  name: 'parked retry',
  usage: 'parked retry RULE SINK NUMBER | parked retry RULE --all',
  doc: 'Try a parked row again, before all that wait.',
  flags: [ALL, FORCE],
  async run(context) {
    if (context.flags['all'] === undefined)
      return context.print(await context.client.call('POST', `${rowPath(context)}/retry${query(context)}`));
    const { delivered, failed } = await context.client.json<{ delivered: number; failed: { sink: string; id: number; reason: string }[] }>(
      'POST',
      `${pathOf(context)}/retry${query(context)}`,
    );
    context.print(`Delivered ${delivered} parked rows.`);
    for (const f of failed) context.print(`${f.sink} ${f.id} stays parked: ${f.reason}`);
  },
};

export const parkedDrop: Command = {
  name: 'parked drop',
  usage: 'parked drop RULE SINK NUMBER | parked drop RULE --all',
  doc: 'Discard a parked row.',
  flags: [ALL],
  async run(context) {
    if (context.flags['all'] === undefined) return context.print(await context.client.call('DELETE', rowPath(context)));
    const { dropped } = await context.client.json<{ dropped: number }>('DELETE', pathOf(context));
    context.print(`Discarded ${dropped} parked rows.`);
  },
};
