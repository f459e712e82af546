// `kuiper system status`: the device at a glance: gateway, MQTT listener, space, slot, what gateway.yaml led to.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { readStatus } from '../../system/update/status-file.ts';
import type { Command } from '../command.ts';
import { DEVICE, freeSpace, textOf } from '../system.ts';
import { statusText } from './system-update.ts';

interface Info {
  version?: string;
  upTimeSeconds?: number;
  safeMode?: string;
  problems?: string[];
  changes?: string[];
}

interface ListenerStatus {
  clients: number;
  waiting: number;
  stored: number;
  refused: number;
  dropped: number;
  problem?: string;
}

export const systemStatus: Command = {
  name: 'system status',
  usage: 'system status',
  doc: 'The device at a glance: gateway, MQTT listener, space, slot, what gateway.yaml led to.',
  offline: true,
  exits: true,
  async run({ client, print }) {
    try {
      const { version, upTimeSeconds, safeMode, problems = [], changes = [] } = await client.json<Info>('GET', '/');
      print(`Gateway      ${version}, running for ${upTimeSeconds} s`);
      if (safeMode) print(`             safe mode: ${safeMode}`);
      for (const problem of problems) print(`             problem: ${problem}`);
      for (const change of changes) print(`             new default: ${change}`);
    } catch (error) {
      print(`Gateway      does not answer: ${messageOf(error).split('\n')[0]}`);
    }
    const listener = textOf('/run/kuiper-mqtt/status.json');
    if (listener !== undefined) {
      const { clients, waiting, stored, refused, dropped, problem } = JSON.parse(listener) as ListenerStatus;
      print(`MQTT         ${clients} clients, ${waiting} messages wait, ${stored} were stored, ${dropped} dropped, ${refused} refused`);
      if (problem) print(`             problem: ${problem}`);
    }
    print(`Data         ${freeSpace('/opt/kuiper/data')}`);
    const slot = /rauc\.slot=(\S+)/.exec(textOf('/proc/cmdline') ?? '')?.[1];
    const update = readStatus();
    if (update) print(statusText(update));
    else if (slot) print(`Slot         ${slot}, image ${(textOf('/usr/lib/kuiper/VERSION') ?? 'unknown').trim()}`);
    if (textOf('/run/kuiper-boot/data-lost') !== undefined) print('             the data partition could not be mounted: nothing is kept');
    const mount = textOf('/run/kuiper-boot/mount-failed');
    if (mount !== undefined) print(`             ${mount.trim().replaceAll('\n', '; ')}`);
    const report = textOf(`${DEVICE}/gateway-report.txt`);
    if (report !== undefined) print(`\n${report.replaceAll('\r\n', '\n').trim()}`);
  },
};
