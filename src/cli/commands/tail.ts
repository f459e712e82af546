// `kuiper tail NAME`: rows of a stream, of a rule, or of an MQTT topic as they come, one JSON object a line. A trial rule of the gateway reads
// them, so nothing that runs is touched. Ends with Ctrl-C, after --count rows, or with the trial's lifetime.
import { type Command, nameArgument } from '../command.ts';
import { followName } from '../follow-name.ts';
import { safe } from '../table.ts';
import { aborted, countFlag, countOf, untilSignal } from '../until.ts';

export const tail: Command = {
  name: 'tail',
  usage: 'tail STREAM|RULE|TOPIC [--count N]',
  doc: 'Print the rows of a stream, a rule or an MQTT topic as they come.',
  flags: [countFlag('rows')],
  exits: true,
  live: true,
  examples: [
    ['kuiper tail demo', 'messages of stream demo, decoded'],
    ['kuiper tail hot', 'what rule hot would send'],
    ["kuiper tail 'sensors/+/temperature' -n 3", 'three messages from the broker of the default configuration'],
  ],
  async run(context) {
    const name = nameArgument(context, 'stream, rule or topic');
    const most = countOf(context);
    let printed = 0;
    await untilSignal(async (ended) => {
      const following = await followName(context, name, (json) => {
        if (printed >= most) return;
        context.print(context.io.terminal ? safe(json) : json);
        if (++printed === most) ended.abort();
      });
      try {
        await Promise.race([aborted(ended.signal), following.done]);
      } finally {
        await following.stop();
      }
    });
  },
};
