// `kuiper audit`: who changed what; as an export; and whether a log is whole, the gateway's or an exported one.

import { readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type AuditCheck, type AuditEntry, checkChain } from '../../service/audit/trail.ts';
import { CliError } from '../cli-error.ts';
import type { Command, CommandContext } from '../command.ts';

const PAGE = 1000;

export const audit: Command = {
  name: 'audit',
  usage: 'audit [-n LINES] [--export FILE] | audit --check [FILE]',
  doc: 'Who changed what: the last changes, all of them into a file, or a look whether the record is whole.',
  exits: true,
  flags: [
    { names: ['lines', 'n'], doc: 'number of changes, 50 if absent' },
    { names: ['export'], doc: 'write all of it into this file, one line of JSON a change' },
    { names: ['check'], value: false, doc: 'whether no line was changed or taken out; exit code 4 when one was' },
  ],
  async run(context) {
    const { flags, client, print, tell, args } = context;
    if (flags['check'] === true) {
      const found = args[0] === undefined ? await client.json<AuditCheck>('GET', '/audit/check') : checkFile(args[0]);
      tell(found, [
        `${found.entries} changes, from ${found.first} to ${found.last}, head ${found.head || '-'}.`,
        found.broken === '' ? 'The record is whole.' : `The record is broken: ${found.broken}.`,
      ]);
      if (found.broken !== '') throw new CliError('', 'differs');
      return;
    }
    const all = await entriesOf(context);
    if (typeof flags['export'] === 'string') {
      writeFileSync(flags['export'], all.map((e) => `${JSON.stringify(e)}\n`).join(''), { mode: 0o600 });
      print(`${all.length} changes in ${flags['export']}.`);
      return;
    }
    const lines = Number(flags['lines'] ?? 50);
    const last = all.slice(-(Number.isInteger(lines) && lines > 0 ? lines : 50));
    tell(
      last,
      last.map((e) =>
        [
          new Date(e.atMs).toISOString(),
          e.who || '-',
          e.from || '-',
          e.outcome,
          e.what,
          e.target,
          e.detail.replace(/ sha256 ([0-9a-f]{8})\w+/, ' sha256 $1…'),
        ]
          .filter((t) => t !== '')
          .join('  '),
      ),
    );
  },
};

async function entriesOf({ client }: CommandContext): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  for (;;) {
    const page = await client.json<AuditEntry[]>('GET', `/audit?after=${all.at(-1)?.seq ?? 0}&limit=${PAGE}`);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

function checkFile(file: string): AuditCheck {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${messageOf(error)}`, 'usage');
  }
  const lines = text.split('\n').flatMap((line, i) => (line === '' ? [] : [{ place: `line ${i + 1}`, text: line }]));
  return checkChain(lines);
}
