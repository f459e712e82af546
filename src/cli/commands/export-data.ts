// `kuiper export data`: Write the whole configuration, or what some rules need, to a file.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { writeLocalFile } from '../local-file.ts';

export const exportData: Command = {
  name: 'export data',
  usage: 'export data FILE [-r \'["rule1"]\']',
  doc: 'Write the whole configuration, or what some rules need, to a file.',
  flags: [{ names: ['rules', 'r'], doc: 'JSON list of rules' }],
  async run(context) {
    const [file] = context.args;
    if (!file) throw new CliError('Expect configuration file.', 'usage');
    const rules = context.flags['rules'];
    const text =
      typeof rules === 'string'
        ? await context.client.call('POST', '/data/export', rules)
        : await context.client.call('GET', '/data/export');
    writeLocalFile(file, text);
    context.print('export configuration success');
  },
};
