// `kuiper plugin install`: check, pack and install a plugin on the gateway of this machine, or on a device by ssh.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePluginFileName, readArchive } from '../../plugin-host/index.ts';
import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { readLocalBytes } from '../local-file.ts';
import { checkPlugin, shownCheck } from '../plugin/check.ts';
import { type Packed, packPlugin } from '../plugin/pack.ts';
import { pushOverRest, pushOverSsh } from '../plugin/push.ts';
import { readKey, signArchive } from '../plugin/sign.ts';

export const pluginInstall: Command = {
  name: 'plugin install',
  usage: 'plugin install [FILE|FOLDER|ZIP] [--functions a,b] [--key KEY] [--ssh USER@HOST]',
  doc: 'Check and install a plugin on the gateway of this machine, or on a device by ssh; a newer one replaces it.',
  flags: [
    { names: ['functions'], doc: 'names of its SQL functions, when they are not just its name' },
    { names: ['key'], doc: 'private key to sign it with' },
    { names: ['ssh'], doc: 'device to install it on, as ssh takes it' },
    { names: ['remote-root'], doc: 'root folder of the gateway there; default /opt/kuiper' },
  ],
  exits: true,
  async run({ args: [given], flags, client, print }) {
    const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
    const packed = given?.endsWith('.zip') ? await readZip(given) : await packPlugin(given);
    const key = text('key');
    const functions = text('functions')
      ?.split(',')
      .map((f) => f.trim());
    const plugin = {
      kind: packed.facts.kind,
      name: packed.facts.name,
      zip: key ? signArchive(packed.zip, readKey(key)) : packed.zip,
      ...(functions ? { functions } : {}),
    };
    const host = text('ssh');
    if (host !== undefined)
      return print(`${packed.shown}\n${await pushOverSsh({ host, root: text('remote-root') ?? '/opt/kuiper' }, plugin)}`);
    const kept = await pushOverRest(client, plugin);
    print([packed.shown, `Plugin ${plugin.name} is installed and in effect.`, ...kept].join('\n'));
  },
};

/** A packed plugin: what is in it is checked as a file is, except that nothing is left to bundle. */
async function readZip(path: string): Promise<Pick<Packed, 'zip' | 'facts' | 'shown'>> {
  const zip = readLocalBytes(path);
  const main = readArchive(zip).find((e) => !e.path.includes('/') && parsePluginFileName(e.path).kind === 'plugin');
  if (!main) throw new CliError(`${path} holds no plugin file.`, 'failed');
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-zip-'));
  try {
    writeFileSync(join(folder, main.path), main.content);
    const result = await checkPlugin(join(folder, main.path));
    if (!result.facts || result.problems.length > 0) throw new CliError(shownCheck(result), 'failed');
    return { zip, facts: result.facts, shown: shownCheck(result) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
