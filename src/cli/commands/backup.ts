// `kuiper backup`, `kuiper restore`, `kuiper clone`: one file with everything, and back again.

import { writeFileSync } from 'node:fs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type ImportReport, printReport } from '../../service/transfer/report.ts';
import { CliError } from '../cli-error.ts';
import type { Command, CommandContext, Flag } from '../command.ts';
import { readLocalBytes, readLocalFile } from '../local-file.ts';

const PASSPHRASE: Flag = { names: ['passphrase-file', 'p'], doc: 'file with the pass phrase; also the variable KUIPER_PASSPHRASE' };
const KEY: Flag = { names: ['key', 'k'], doc: 'file with the private X25519 key in PEM' };
const DRY: Flag = { names: ['dry-run', 'n'], value: false, doc: 'only tell what would change' };
const SKIP: Flag = { names: ['skip-refused'], value: false, doc: 'leave out what is refused instead of refusing all' };

function passphraseOf({ flags }: CommandContext): string | undefined {
  const file = flags['passphrase-file'];
  const text = typeof file === 'string' ? readLocalFile(file) : process.env['KUIPER_PASSPHRASE'];
  return text === undefined ? undefined : text.replace(/\r?\n$/, '');
}

export const backup: Command = {
  name: 'backup',
  usage: 'backup FILE [-p PASSPHRASE_FILE | -r PUBLIC_KEY_FILE | --without-secrets] [--state]',
  doc: 'Write streams, rules, keys, connections, plugins, schemas, uploads, settings and tokens into one encrypted file.',
  exits: true,
  flags: [
    PASSPHRASE,
    { names: ['recipient', 'r'], doc: 'file with the public X25519 key of the recipient in PEM' },
    { names: ['without-secrets'], value: false, doc: 'leave secrets out, and files that hold some' },
    { names: ['state'], value: false, doc: 'also windows, offsets and queues' },
  ],
  async run(context) {
    const [file] = context.args;
    if (!file) throw new CliError('Expect the file to write.', 'usage');
    const recipient = context.flags['recipient'];
    const request = {
      ...(typeof recipient === 'string' ? { recipient: readLocalFile(recipient) } : { passphrase: passphraseOf(context) }),
      withoutSecrets: context.flags['without-secrets'] === true,
      state: context.flags['state'] === true,
    };
    const bytes = await context.client.bytes('POST', '/backup', JSON.stringify(request));
    try {
      writeFileSync(file, bytes, { mode: 0o600 });
    } catch (error) {
      throw new CliError(`${file} cannot be written: ${messageOf(error)}`, 'usage');
    }
    context.print(`The backup is in ${file} (${bytes.length} bytes).`);
  },
};

async function run(context: CommandContext, clone: boolean): Promise<void> {
  const [file] = context.args;
  const last = context.flags['last'] === true;
  if ((file === undefined) !== last) throw new CliError('Expect the file of a backup, or --last.', 'usage');
  const key = context.flags['key'];
  const request = {
    ...(last ? { last } : { backup: readLocalBytes(file!).toString('base64') }),
    passphrase: passphraseOf(context),
    ...(typeof key === 'string' ? { key: readLocalFile(key) } : {}),
    clone,
    dryRun: context.flags['dry-run'] === true,
    ...(context.flags['skip-refused'] === true ? { onError: 'skip' } : {}),
  };
  const report = await context.client.json<ImportReport>('POST', '/restore', JSON.stringify(request));
  context.tell(report, [printReport(report)]);
}

export const restore: Command = {
  name: 'restore',
  usage: 'restore FILE|--last [-p PASSPHRASE_FILE] [-k PRIVATE_KEY_FILE] [-n]',
  doc: 'Make the gateway what a backup says, all of it or nothing. --last: what it was before the last import or restore.',
  exits: true,
  flags: [{ names: ['last'], value: false, doc: 'the copy that was kept before the last import or restore' }, PASSPHRASE, KEY, DRY, SKIP],
  run: (context) => run(context, false),
};

export const cloneBackup: Command = {
  name: 'clone',
  usage: 'clone FILE [-p PASSPHRASE_FILE] [-k PRIVATE_KEY_FILE] [-n]',
  doc: 'Restore the backup of another device; this one keeps its own identity.',
  exits: true,
  flags: [PASSPHRASE, KEY, DRY, SKIP],
  run: (context) => run(context, true),
};
