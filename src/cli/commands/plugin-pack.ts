// `kuiper plugin pack`: a zip that gateways install.
import { writeFileSync } from 'node:fs';
import type { Command } from '../command.ts';
import { packPlugin } from '../plugin/pack.ts';
import { readKey, signArchive } from '../plugin/sign.ts';

export const pluginPack: Command = {
  name: 'plugin pack',
  usage: 'plugin pack [FILE|FOLDER] [-o ZIP] [--key KEY]',
  doc: 'Make a zip of a plugin with what it imports, its metadata, its runtime files in etc/, licences and checksums.',
  flags: [
    { names: ['output', 'o'], doc: 'zip file to write' },
    { names: ['key'], doc: 'private key to sign it with' },
  ],
  offline: true,
  exits: true,
  async run({ args: [given], flags, print }) {
    const packed = await packPlugin(given);
    const to = typeof flags['output'] === 'string' ? flags['output'] : `${packed.facts.name}.zip`;
    const key = typeof flags['key'] === 'string' ? readKey(flags['key']) : undefined;
    writeFileSync(to, key ? signArchive(packed.zip, key) : packed.zip);
    const list = packed.entries.map((e) => `  ${e.path} (${e.content.length} bytes)`);
    print([packed.shown, `${to} is written${key ? ' and signed' : ''}:`, ...list].join('\n'));
  },
};
