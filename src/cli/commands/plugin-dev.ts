// `kuiper plugin dev`: run a plugin on a gateway, again with every change, and see its rows, log and errors.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { readLocalFile } from '../local-file.ts';
import { runDev } from '../plugin/dev.ts';

const ROWS = [
  { text: 'one two three', value: 21.5, n: 1 },
  { text: 'four', value: 19, n: 2 },
];

export const pluginDev: Command = {
  name: 'plugin dev',
  usage: 'plugin dev [FILE|FOLDER] [--sql SELECT] [--rows FILE] [--props JSON] [--ssh USER@HOST]',
  doc: 'Run a plugin on a gateway, again with every change, and show its rows, log and errors. Ctrl-C ends it.',
  flags: [
    { names: ['sql'], doc: 'SELECT to run; default: all rows of a source, a call with the first column for a function' },
    { names: ['rows'], doc: 'JSON file with the rows of stream dev, which functions and sinks get' },
    { names: ['props'], doc: 'options of the source or sink, as JSON' },
    { names: ['ssh'], doc: 'device to run it on, as ssh takes it' },
    { names: ['remote-root'], doc: 'root folder of the gateway there; default /opt/kuiper' },
  ],
  exits: true,
  live: true,
  async run({ args: [given], flags, client, print }) {
    const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
    const parse = <T>(what: string, json: string): T => {
      try {
        return JSON.parse(json) as T;
      } catch (error) {
        throw new CliError(`${what} is not JSON: ${messageOf(error)}`, 'usage');
      }
    };
    const rows = text('rows') === undefined ? ROWS : parse<Record<string, unknown>[]>('--rows', readLocalFile(text('rows')!));
    const host = text('ssh');
    const end = new AbortController();
    const stop = () => end.abort();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    try {
      await runDev(
        client,
        {
          given,
          sql: text('sql'),
          rows: [rows].flat(),
          props: text('props') === undefined ? {} : parse('--props', text('props')!),
          ssh: host === undefined ? undefined : { host, root: text('remote-root') ?? '/opt/kuiper' },
          token: process.env['KUIPER_TOKEN'],
        },
        end.signal,
        print,
      );
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  },
};
