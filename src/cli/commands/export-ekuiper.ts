// `kuiper export ekuiper FILE`: the configuration in the form that eKuiper takes, with its secrets.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { writeLocalFile } from '../local-file.ts';

export const exportEkuiper: Command = {
  name: 'export ekuiper',
  usage: 'export ekuiper FILE [-r \'["rule1"]\']',
  doc: 'Write the configuration, or what some rules need, for an eKuiper: secrets are in clear, since it knows no others. The file has mode 0600.',
  flags: [{ names: ['rules', 'r'], doc: 'JSON list of rules' }],
  async run({ args, flags, client, print }) {
    const [file] = args;
    if (!file) throw new CliError('Expect the file to write.', 'usage');
    const rules = flags['rules'];
    const text = await client.call('POST', '/data/export/ekuiper', typeof rules === 'string' ? rules : '');
    const { notes, ...configuration }: { notes: string[] } = JSON.parse(text);
    writeLocalFile(file, JSON.stringify(configuration), 0o600);
    for (const note of notes) print(note);
    print(`The configuration is in ${file}, secrets in clear: remove it when eKuiper has taken it (POST /data/import).`);
  },
};
