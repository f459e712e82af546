// `kuiper version`: this program, the gateway that it talks to, and how long both get corrections.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { supportOf } from '../../base/support.ts';
import type { Command } from '../command.ts';

export const version: Command = {
  name: 'version',
  usage: 'version',
  doc: 'Versions of this program and of the gateway, and how long they get corrections.',
  offline: true,
  exits: true,
  async run({ client, print }) {
    const file = join(import.meta.dirname, '../../../package.json');
    const own = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    print(`Kuiper Gateway ${own}, Node.js ${process.version}`);
    print(supportOf(own));
    let gateway: string | undefined;
    try {
      gateway = (await client.json<{ version: string }>('GET', '/')).version;
    } catch (error) {
      print(`The gateway does not answer: ${messageOf(error).split('\n')[0]}`);
    }
    if (gateway === undefined) return;
    print(`The gateway at ${client.url} has version ${gateway}.`);
    if (gateway !== own) print(supportOf(gateway));
  },
};
