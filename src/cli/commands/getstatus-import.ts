// `kuiper getstatus import`: Errors of the last import.
import { type Command, indent } from '../command.ts';

export const getstatusImport: Command = {
  name: 'getstatus import',
  usage: 'getstatus import',
  doc: 'Errors of the last import.',
  async run(context) {
    context.print(indent(await context.client.call('GET', '/data/import/status')));
  },
};
