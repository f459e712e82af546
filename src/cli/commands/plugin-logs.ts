// `kuiper plugin logs`: what a plugin said and what failed in it, with places in its source.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import { followLog, type LogLine, shownLine } from '../plugin/dev.ts';
import { pluginPath } from '../plugin-type.ts';

export const pluginLogs: Command = {
  name: 'plugin logs',
  usage: 'plugin logs source|sink|function NAME [-f]',
  doc: 'Show the last log lines of a plugin, debug lines and errors with their places included.',
  flags: [{ names: ['follow', 'f'], value: false, doc: 'go on until Ctrl-C' }],
  exits: true,
  live: true,
  async run({ args: [type, name], flags, client, print, form, note }) {
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const lines = await rephrase(
      '',
      (cause) => `Plugin logs error: ${cause.split(': ').at(-1)}`,
      () => client.json<LogLine[]>('GET', `${path}/${encode(name)}/logs`),
    );
    const show = (line: LogLine) =>
      print(form === 'table' || form === 'ekuiper' ? `${new Date(line.atMs).toISOString()} ${shownLine(line)}` : JSON.stringify(line));
    for (const line of lines) show(line);
    if (lines.length === 0 && flags['follow'] !== true) note('Nothing was logged since the gateway started.');
    if (flags['follow'] !== true) return;
    const end = new AbortController();
    process.once('SIGINT', () => end.abort());
    await followLog(client, path.slice('/plugins/'.length), name, end.signal, show);
  },
};
