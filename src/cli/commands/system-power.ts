// `kuiper system reboot|poweroff|reset`: what the login user may do with the device, by polkit's rules (systemd/50-kuiper.rules).
import { createUpdateClient } from '../../system/update/client.ts';
import { readStatus } from '../../system/update/status-file.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { run } from '../system.ts';

const power = (verb: 'reboot' | 'poweroff', doc: string): Command => ({
  name: `system ${verb}`,
  usage: `system ${verb}`,
  doc,
  offline: true,
  exits: true,
  async run({ print }) {
    // A version that waits for a restart is started as a trial, with a look at how things are before it.
    if (verb === 'reboot' && readStatus()?.phase === 'installed') {
      print('Looks at rules and data for a minute, then restarts into the new version.');
      return createUpdateClient().restart();
    }
    run('systemctl', ['--no-ask-password', verb]);
    print(verb === 'reboot' ? 'The device starts again.' : 'The device shuts down.');
  },
});

export const systemReboot = power('reboot', 'Start the device again.');
export const systemPoweroff = power('poweroff', 'Shut the device down.');

export const systemReset: Command = {
  name: 'system reset',
  usage: 'system reset --yes',
  doc: 'Back to the state after flashing: rules, plugins, settings, data and identity are removed at the next start, which follows at once. gateway.yaml on the boot partition is read again.',
  flags: [{ names: ['yes'], value: false, doc: 'really' }],
  offline: true,
  exits: true,
  async run({ flags, print }) {
    if (flags['yes'] !== true)
      throw new CliError('This removes rules, plugins, settings, data and the identity of the device. Say it with --yes.', 'usage');
    run('systemctl', ['--no-ask-password', 'start', 'kuiper-reset.service']);
    print('The device starts again and is empty then.');
  },
};
