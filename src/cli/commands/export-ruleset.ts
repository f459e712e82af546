// `kuiper export ruleset`: Write streams, tables and rules to a file.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { writeLocalFile } from '../local-file.ts';

export const exportRuleset: Command = {
  name: 'export ruleset',
  usage: 'export ruleset FILE',
  doc: 'Write streams, tables and rules to a file.',
  async run(context) {
    const [file] = context.args;
    if (!file) throw new CliError('Require exported file name.', 'usage');
    const text = await context.client.call('POST', '/ruleset/export');
    const set = JSON.parse(text) as Record<'streams' | 'tables' | 'rules', object>;
    writeLocalFile(file, text);
    const count = (part: keyof typeof set) => Object.keys(set[part]).length;
    context.print(`exported ${count('streams')} streams, ${count('tables')} tables and ${count('rules')} rules`);
  },
};
