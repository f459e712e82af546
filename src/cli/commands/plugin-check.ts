// `kuiper plugin check`: everything that would fail on a gateway.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { checkPlugin, shownCheck } from '../plugin/check.ts';

export const pluginCheck: Command = {
  name: 'plugin check',
  usage: 'plugin check [FILE|FOLDER…]',
  doc: 'Say everything that would fail on a gateway, with file, line and cure.',
  offline: true,
  exits: true,
  async run({ args, print }) {
    const results = [];
    for (const given of args.length > 0 ? args : [undefined]) results.push(await checkPlugin(given));
    const text = results.map(shownCheck).join('\n');
    // the report is the result, also when it is a bad one
    print(text);
    if (results.some((r) => r.problems.length > 0)) throw new CliError('', 'failed');
  },
};
