// `kuiper plugin sign`: a signature for a plugin file or archive, and keys to make them with. Format: docs/plugins/signing.md.
import { writeFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { readLocalBytes } from '../local-file.ts';
import { newKey, readKey, signArchive, signatureOf } from '../plugin/sign.ts';

export const pluginSign: Command = {
  name: 'plugin sign',
  usage: 'plugin sign FILE|ZIP --key KEY | plugin sign --new-key KEY',
  doc: 'Sign a plugin file (beside it, as FILE.sig) or archive (in it), or make a key for that.',
  flags: [
    { names: ['key'], doc: 'private key, PEM, Ed25519' },
    { names: ['new-key'], doc: 'file to write a new private key to; the public one goes beside it, as .pub' },
  ],
  offline: true,
  exits: true,
  async run({ args: [file], flags, print }) {
    const made = flags['new-key'];
    if (typeof made === 'string') {
      newKey(made);
      return print(`${made} and ${made}.pub are written. Keep the first one secret; give the second one to the gateways.`);
    }
    if (file === undefined || typeof flags['key'] !== 'string')
      throw new CliError('Expect a plugin file or zip, and --key with the private key.', 'usage');
    const key = readKey(flags['key']);
    const bytes = readLocalBytes(file);
    if (file.endsWith('.zip')) {
      writeFileSync(file, signArchive(bytes, key));
      return print(`${file} is signed: plugin.sig is in it.`);
    }
    writeFileSync(`${file}.sig`, signatureOf(bytes, key));
    print(`${file}.sig is written. Copy it together with ${file}.`);
  },
};
