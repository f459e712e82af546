// `kuiper device show NAME`: everything that is known of one device that a stream reads.
import { type BusDevice, isBusDevice, stateOf } from '../bus-device.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';

export const deviceShow: Command = {
  name: 'device show',
  usage: 'device show $device',
  doc: 'Show the state of one device: replies, time-outs, points and refusals.',
  async run(context) {
    const [name] = context.args;
    if (name === undefined) throw new CliError('Name the device: kuiper device show NAME. kuiper device list shows the names.', 'usage');
    const all = (JSON.parse(await context.client.call('GET', '/devices')) as unknown[]).filter(isBusDevice);
    const found = all.filter((d) => d.name === name);
    if (found.length === 0) {
      const names = all.map((d) => d.name).join(', ');
      const hint = names ? `There are: ${names}.` : 'Start a rule that reads it.';
      throw new CliError(`No stream that is read has a device named ${name}. ${hint}`, 'refused');
    }
    const page = (list: BusDevice[]) => list.map(describe).join('\n');
    context.show(JSON.stringify(found), { page, ekuiper: page });
  },
};

function describe(d: BusDevice): string {
  const { good, stale, bad } = d.points;
  return [
    `${d.name} (${d.source})`,
    `  state     ${stateOf(d)}`,
    `  replied   ${d.lastReplyAtMs === 0 ? 'never' : new Date(d.lastReplyAtMs).toISOString()}`,
    `  requests  ${d.requests}, of which ${d.timeouts} timed out; ${d.strays} late or foreign frames`,
    `  points    ${good} good, ${stale} stale, ${bad} bad`,
    ...Object.entries(d.refused).map(([point, why]) => `  refused   ${point}: ${why}`),
  ].join('\n');
}
