// `kuiper import ekuiper DIR`: everything from the folder of an eKuiper, after a report of what will be different.
import type { ImportReport } from '../../service/transfer/report.ts';
import { printReport } from '../../service/transfer/report.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';

export const importEkuiper: Command = {
  name: 'import ekuiper',
  usage: 'import ekuiper DIR [-n] [--skip-refused] [--keep]',
  doc: 'Take over an eKuiper from its folder (root or data): streams, rules, conf keys, connections, schemas, uploads. -n: only tell what would change.',
  exits: true,
  flags: [
    { names: ['dry-run', 'n'], value: false, doc: 'only tell what would change' },
    { names: ['skip-refused'], value: false, doc: 'leave out what is refused instead of refusing all' },
    { names: ['keep'], value: false, doc: 'keep what there is and eKuiper does not have' },
  ],
  async run({ args, flags, client, print, tell }) {
    if (!args[0]) throw new CliError("Expect eKuiper's folder.", 'usage');
    const { readEkuiper } = await import('../../service/transfer/read-ekuiper-store.ts');
    const { configuration, notes } = await readEkuiper(args[0]);
    const body = JSON.stringify({ content: JSON.stringify(configuration) });
    const query = [flags['keep'] ? 'partial=1' : '', flags['skip-refused'] ? 'onError=skip' : ''].filter((q) => q !== '');
    const call = (more: string[]) => client.json<ImportReport>('POST', `/data/import?${[...query, ...more].join('&')}`, body);
    // the report comes first, whatever happens then
    const report = await call(['dryRun=1']);
    for (const note of notes) print(note);
    const refused = report.items.some((i) => i.outcome === 'refused');
    if (flags['dry-run'] || (refused && !flags['skip-refused'])) {
      tell(report, [printReport(report)]);
      if (refused && !flags['skip-refused'])
        throw new CliError('Some objects are refused; correct them in eKuiper, or leave them out with --skip-refused.', 'refused');
      return;
    }
    await call([]);
    const done = await client.json<ImportReport>('GET', '/data/import/report');
    tell(done, [printReport(done)]);
  },
};
