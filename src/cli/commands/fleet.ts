// `kuiper fleet status`, `poll`, `index`: the gateway as one of many, and the index of a folder that gateways follow.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { readLocalFile } from '../local-file.ts';

export const fleetStatus: Command = {
  name: 'fleet status',
  usage: 'fleet status',
  doc: 'What this gateway is for a fleet: name, groups, release, update, problems.',
  exits: true,
  run: async ({ client, show }) => show(await client.call('GET', '/fleet')),
};

export const fleetPoll: Command = {
  name: 'fleet poll',
  usage: 'fleet poll',
  doc: 'Look at the folder and the servers of the fleet now, and show the state afterwards.',
  exits: true,
  run: async ({ client, show }) => show(await client.call('POST', '/fleet/poll')),
};

export const fleetIndex: Command = {
  name: 'fleet index',
  usage: 'fleet index DIR [--key FILE]',
  doc: 'Write and sign the index of a folder that gateways follow (fleet.pull.url). releases.yaml says who gets what.',
  offline: true,
  exits: true,
  flags: [{ names: ['key', 'k'], doc: 'private Ed25519 key in PEM (openssl genpkey -algorithm ed25519 -out fleet.key)' }],
  examples: [['kuiper fleet index /srv/fleet --key fleet.key', 'after each change of the folder']],
  async run({ args, flags, print }) {
    const [folder] = args;
    if (folder === undefined) throw new CliError(`Usage: kuiper ${fleetIndex.usage}`, 'usage');
    const key = typeof flags['key'] === 'string' ? readLocalFile(flags['key']) : undefined;
    const { writeIndex } = await import('../../fleet/pull/write-index.ts');
    const { index, changed } = await writeIndex(folder, key).catch((error: unknown) => {
      throw new CliError(messageOf(error), 'failed');
    });
    for (const { name, files, bundle, rollout } of index.releases)
      print(
        `${name}: ${Object.keys(files).length} files${bundle ? `, bundle ${bundle.version}` : ''}${rollout ? `, for ${JSON.stringify(rollout)}` : ''}`,
      );
    print(`Serial ${index.serial}, ${changed ? 'new' : 'as before'}${key === undefined ? ', not signed' : ', signed'}.`);
  },
};
