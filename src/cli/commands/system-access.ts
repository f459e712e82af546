// `kuiper system access`: what another machine needs to talk to this one: certificate, token, MQTT password.
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { DEVICE, textOf } from '../system.ts';

export const systemAccess: Command = {
  name: 'system access',
  usage: 'system access',
  doc: 'Show what another machine needs: certificate of the device, token of REST (with rest.remote), password of the MQTT user kuiper.',
  offline: true,
  exits: true,
  async run({ print }) {
    const certificate = textOf(`${DEVICE}/tls.crt`);
    if (certificate === undefined) throw new CliError('This machine is no appliance: it has no certificate of its own.', 'refused');
    print(`# tls.crt\n${certificate.trim()}`);
    print(`# MQTT user kuiper, password\n${textOf(`${DEVICE}/mqtt-password`)?.trim() ?? '(not readable for this user)'}`);
    const token = textOf(`${DEVICE}/rest-token`)?.trim();
    print(`# REST token\n${token ?? '(REST is not open for other machines: kuiper system rest open)'}`);
  },
};
