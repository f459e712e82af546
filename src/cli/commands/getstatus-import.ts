// `kuiper getstatus import`: Errors of the last import.
import type { Command } from '../command.ts';

export const getstatusImport: Command = {
  name: 'getstatus import',
  usage: 'getstatus import',
  doc: 'Errors of the last import.',
  async run(context) {
    context.show(await context.client.call('GET', '/data/import/status'));
  },
};
