// `kuiper create plugin`: Install a plugin (source, sink, function, portable).

import { existsSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { type Command, FILE_FLAG, rephrase } from '../command.ts';
import { definitionText, parseDefinition } from '../definition.ts';
import { pluginPath } from '../plugin-type.ts';
import { withUpload } from '../upload.ts';

export const createPlugin: Command = {
  name: 'create plugin',
  usage: "create plugin TYPE NAME ('JSON' | -f FILE | -zf ZIP)",
  doc: 'Install a plugin (source, sink, function, portable).',
  flags: [FILE_FLAG, { names: ['zipfile', 'zf'], doc: 'zip file on this machine' }],
  async run(context) {
    const [type, name] = context.args;
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const zip = context.flags['zipfile'];
    if (zip !== undefined && context.flags['file'] !== undefined)
      throw new CliError('Got both zipefile and file flags, should use just one.', 'usage');
    let body: Record<string, unknown>;
    if (typeof zip === 'string') {
      if (!existsSync(zip)) throw new CliError(`The specified zip file ${zip} could not be found.`, 'usage');
      body = { file: zip };
    } else body = parseDefinition(definitionText(context, 'plugin', 2), 'plugin');
    if (!body['file']) throw new CliError('Create plugin error: Missing plugin file url.', 'usage');
    await rephrase(
      '',
      (cause) => `Create plugin error: ${cause}`,
      () => {
        const install = (file: unknown) => context.client.call('POST', path, JSON.stringify({ ...body, file, name }));
        return typeof zip === 'string' ? withUpload(context.client, zip, `${name}.zip`, install) : install(body['file']);
      },
    );
    context.print(`Plugin ${name} is created.`);
  },
};
