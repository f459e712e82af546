// `kuiper tap RULE [NODE]`: what enters the nodes of a rule as it comes: messages of its sources, rows before each operator, results before each sink. The
// gateway runs a trial of the same plan beside the rule, so nothing that runs is touched. Ends with Ctrl-C, after --count, or after five minutes.
import { type Command, encode, nameArgument } from '../command.ts';
import { paint, safe } from '../table.ts';
import { countFlag, countOf, untilSignal } from '../until.ts';

interface Push {
  rows: { node: string; atMs: number; data: string }[];
  skipped: number;
  end?: 'time';
}

export const tap: Command = {
  name: 'tap',
  usage: 'tap RULE [NODE] [--count N]',
  doc: 'Print what enters the nodes of a rule as it comes: sources, operators, sinks.',
  flags: [countFlag('rows')],
  exits: true,
  live: true,
  examples: [
    ['kuiper tap hot', 'every step of rule hot, from the message to the result'],
    ['kuiper tap hot filter', 'rows before the filter; kuiper gettopo rule hot shows the nodes'],
    ['kuiper tap hot project -n 1 --json | jq .data', 'for a script'],
  ],
  async run(context) {
    const rule = nameArgument(context, 'rule');
    const node = context.args[1];
    const most = countOf(context);
    let printed = 0;
    let late = false;
    await untilSignal(async (ended) => {
      const path = `/live/tap?rule=${encode(rule)}${node === undefined ? '' : `&node=${encode(node)}`}`;
      await context.client.events(path, ended.signal, (text) => {
        const push = JSON.parse(text) as Push;
        if (push.skipped > 0) context.note(`… ${push.skipped} rows are not shown, they came too fast`);
        for (const row of push.rows) {
          if (printed >= most) break;
          printed++;
          context.print(context.form === 'table' ? lineOf(row, context.io.color) : JSON.stringify({ ...row, data: parsed(row.data) }));
        }
        late = push.end !== undefined;
        if (printed >= most) ended.abort();
      });
    });
    if (late) context.note('The gateway ended the view after five minutes; run the command again to go on.');
  },
};

function lineOf({ node, atMs, data }: Push['rows'][number], color: boolean): string {
  const time = new Date(atMs).toISOString().slice(11, 23);
  return `${paint('dim', time, color)}  ${paint('bold', safe(node).padEnd(14), color)}  ${safe(data).replaceAll('\n', ' ')}`;
}

/** A message that is no JSON, and a row that was cut, stay a text. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}
