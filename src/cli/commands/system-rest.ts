// `kuiper system rest open|close`: REST for other machines, at once and over restarts, by polkit's rules (systemd/50-kuiper.rules).
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { DEVICE, run, textOf } from '../system.ts';

export const systemRest: Command = {
  name: 'system rest',
  usage: 'system rest open | close',
  doc: 'Open REST for other machines (TLS on port 9081, with the token of `kuiper system access`), or close it. In effect at once, without a restart of the device; the gateway starts again. What rest.remote of gateway.yaml says counts again when that file is changed.',
  offline: true,
  exits: true,
  async run({ args, print }) {
    const [verb, ...more] = args;
    if ((verb !== 'open' && verb !== 'close') || more.length > 0) throw new CliError(`Usage: kuiper ${systemRest.usage}`, 'usage');
    run('systemctl', ['--no-ask-password', 'start', `kuiper-rest-${verb}.service`]);
    if (verb === 'close') return print('REST answers this device only.');
    print(
      `REST answers other machines on port 9081, over TLS. Token: ${textOf(`${DEVICE}/rest-token`)?.trim() ?? '(not readable for this user)'}`,
    );
  },
};
