// `kuiper network show|set|confirm|revert`: the network of the device, with a way back for whoever locks himself out.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { NetworkStatus } from '../../system/network/request.ts';
import { CliError } from '../cli-error.ts';
import { type Command, type CommandContext, encode } from '../command.ts';
import { readLocalFile } from '../local-file.ts';

const LOOK_MS = 500;
const LOOKS = 60;

function text({ phase, id, what, untilMs, refused, last }: NetworkStatus): string {
  const lines = [];
  if (phase === 'steady') lines.push('Nothing is on trial.');
  else lines.push(`${phase}: ${what ?? ''} (${id})`);
  if (untilMs !== undefined)
    lines.push(`Confirm until ${new Date(untilMs).toISOString()}, over the changed network: kuiper network confirm`);
  if (refused) lines.push(`Refused, nothing was changed: ${refused.problems.join('; ')}`);
  if (last) lines.push(`Last: ${last.what}, ${last.result} at ${new Date(last.atMs).toISOString()}: ${last.reason}`);
  return lines.join('\n');
}

const status = ({ client }: CommandContext) => client.json<NetworkStatus>('GET', '/network');

export const networkShow: Command = {
  name: 'network show',
  usage: 'network show',
  doc: 'Whether a change of the network is on trial, and how the last one ended.',
  exits: true,
  async run(context) {
    const now = await status(context);
    context.tell(now, [text(now)]);
  },
};

export const networkSet: Command = {
  name: 'network set',
  usage: 'network set FILE',
  doc: 'Change addresses, Wi-Fi, VLANs or the firewall of the device. Without kuiper network confirm within five minutes everything is as before.',
  exits: true,
  examples: [['kuiper network set net.yaml', 'network: {wired: {address: 192.168.1.20/24, gateway: 192.168.1.1}}']],
  async run(context) {
    const [file] = context.args;
    if (file === undefined) throw new CliError(`Usage: kuiper ${networkSet.usage}`, 'usage');
    const { parse } = await import('yaml');
    let parts: unknown;
    try {
      parts = parse(readLocalFile(file));
    } catch (error) {
      throw new CliError(`${file}: ${messageOf(error)}`, 'usage');
    }
    const { id } = await context.client.json<{ id: string }>('PUT', '/network', JSON.stringify(parts));
    context.print(`Change ${id} is handed over. From now on the device may be at another address.`);
    for (let i = 0; i < LOOKS; i++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const now = await status(context).catch(() => undefined);
      if (!now) break;
      if (now.id === id || now.last?.id === id || now.refused?.id === id) {
        context.print(text(now));
        if (now.refused?.id === id) throw new CliError('', 'refused');
        return;
      }
    }
    context.print(
      'The device does not answer here any more: log in at its new address and call kuiper network confirm within five minutes.',
    );
  },
};

const answer = (verb: 'confirm' | 'revert', doc: string): Command => ({
  name: `network ${verb}`,
  usage: `network ${verb} [ID]`,
  doc,
  exits: true,
  async run(context) {
    const id = context.args[0] ?? (await status(context)).id;
    if (id === undefined) throw new CliError('Nothing is on trial.', 'refused');
    await context.client.call('POST', `/network/${encode(id)}/${verb}`);
    context.print(verb === 'confirm' ? 'Confirmed: it stays.' : 'It is taken back.');
  },
});

export const networkConfirm = answer('confirm', 'The change on trial stays.');
export const networkRevert = answer('revert', 'The change on trial is taken back now.');
