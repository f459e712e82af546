// `kuiper apply DIR`: the gateway becomes what a folder of files says; also the plan alone, the drift, the way back, and the folder of a running gateway.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { printPlan } from '../../service/apply/plan.ts';
import { readFolder } from '../../service/apply/read-folder.ts';
import { type ImportReport, printReport } from '../../service/transfer/report.ts';
import { CliError } from '../cli-error.ts';
import type { Command, CommandContext } from '../command.ts';

type Report = Parameters<typeof printPlan>[0];

export const apply: Command = {
  name: 'apply',
  usage: 'apply DIR [--prune] [--dry-run | --check] | apply --export DIR | apply --rollback',
  doc: 'Make the gateway what the files of a folder say, all of it or nothing.',
  exits: true,
  flags: [
    { names: ['prune'], value: false, doc: 'what the folder does not name is removed; secrets stay' },
    { names: ['dry-run', 'n'], value: false, doc: 'check everything, show the plan, change nothing' },
    { names: ['check'], value: false, doc: 'only compare; exit code 4 when the gateway differs from the folder' },
    { names: ['export'], doc: 'write the configuration of the gateway into this folder' },
    { names: ['rollback'], value: false, doc: 'what the gateway was before the last apply, import or restore' },
    { names: ['quiet', 'q'], value: false, doc: 'names of objects only, without the lines that differ' },
    { names: ['source'], doc: 'where the files come from, for the record, e.g. a commit' },
  ],
  examples: [
    ['kuiper apply --export site', 'writes what the gateway is into the folder site'],
    ['kuiper apply site --dry-run', 'shows what would change'],
    ['kuiper apply site --prune', 'makes the gateway exactly what the folder says'],
    ['kuiper apply site --prune --check', 'ends with 4 when somebody changed something by hand'],
  ],
  async run(context) {
    const { args, flags, client, tell } = context;
    if (flags['rollback'] === true) {
      const report = await client.json<ImportReport>('POST', '/restore', JSON.stringify({ last: true }));
      tell(report, [printReport(report)]);
      return;
    }
    if (typeof flags['export'] === 'string') return writeFolder(context, flags['export']);
    const [folder] = args;
    if (folder === undefined) throw new CliError(`Usage: kuiper ${apply.usage}`, 'usage');
    const check = flags['check'] === true;
    const dryRun = flags['dry-run'] === true;
    const body = JSON.stringify({
      files: filesOf(folder),
      prune: flags['prune'] === true,
      dryRun,
      compareOnly: check,
      source: typeof flags['source'] === 'string' ? flags['source'] : resolve(folder),
    });
    const text = await client.call('POST', '/apply', body);
    const report = JSON.parse(text) as Report;
    tell(report, [printPlan(report, flags['quiet'] !== true)]);
    if (report.items.some((i) => i.outcome === 'refused')) throw new CliError('', 'refused');
    if (check && report.items.some((i) => i.outcome !== 'unchanged')) throw new CliError('', 'differs');
  },
};

function filesOf(folder: string): Record<string, unknown> {
  let tree: Map<string, Buffer>;
  try {
    tree = readFolder(folder);
  } catch (error) {
    throw new CliError(`${folder} cannot be read: ${messageOf(error)}`, 'usage');
  }
  return Object.fromEntries(
    [...tree].map(([path, content]) => {
      const text = content.toString('utf8');
      return [path, Buffer.from(text).equals(content) ? text : { base64: content.toString('base64') }];
    }),
  );
}

async function writeFolder({ client, print, note }: CommandContext, folder: string): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).some((name) => !name.startsWith('.')))
    throw new CliError(`${folder} is not empty; give a new folder, so that nothing of before stays in it.`, 'usage');
  const { files, notes } = await client.json<{ files: Record<string, string | { base64: string }>; notes: string[] }>(
    'GET',
    '/apply/files',
  );
  const root = resolve(folder);
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    if (!file.startsWith(root + sep)) throw new CliError(`The gateway names a file outside of the folder: ${path}`, 'refused');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'));
  }
  for (const text of notes) note(text);
  const masked = Object.entries(files).filter(([, c]) => typeof c === 'string' && c.includes('******'));
  if (masked.length > 0)
    note(
      `Secrets stay on the gateway and are shown as ****** in ${masked.map(([p]) => p).join(', ')}. For another gateway, write \${secret:NAME} there and set it with kuiper secret set NAME.`,
    );
  print(`${Object.keys(files).length} files in ${folder}.`);
}
