// `kuiper system config get|set|unset`: keys of kuiper.yaml, kept over updates.
import { CliError } from '../cli-error.ts';
import { type Command, encode } from '../command.ts';

interface Shown {
  path: string;
  value: unknown;
  place: string;
  owner: boolean;
  takesEffect: string;
  doc: string;
}

const line = ({ path, value, place }: Shown) => `${path} = ${JSON.stringify(value)}   (${place})`;

/** `true`, `5`, `[…]` as such; everything else is text. */
function parseValue(text: string): unknown {
  if (/^(true|false|-?\d+(\.\d+)?)$/.test(text) || /^[[{"]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text; // not JSON: a text that begins so
    }
  }
  return text;
}

export const systemConfig: Command = {
  name: 'system config',
  usage: 'system config get [KEY] | set KEY VALUE | unset KEY',
  doc: 'Read or change a key of kuiper.yaml, e.g. basic.enablePrivateNet. Changes are kept over updates.',
  exits: true,
  async run({ args, client, tell }) {
    const [verb, key, value] = args;
    if (verb === 'get' && key === undefined) {
      const all = await client.json<Shown[]>('GET', '/settings');
      tell(all, all.map(line));
      return;
    }
    if (key === undefined || !['get', 'set', 'unset'].includes(verb ?? ''))
      throw new CliError(`Usage: kuiper ${systemConfig.usage}`, 'usage');
    const path = `/settings/${encode(key)}`;
    if (verb === 'get') {
      const shown = await client.json<Shown>('GET', path);
      tell(shown, [line(shown), shown.doc]);
      return;
    }
    if (verb === 'set' && value === undefined) throw new CliError(`Usage: kuiper ${systemConfig.usage}`, 'usage');
    const shown =
      verb === 'set'
        ? await client.json<Shown>('PUT', path, JSON.stringify({ value: parseValue(value!) }))
        : await client.json<Shown>('DELETE', path);
    const when = shown.takesEffect === 'now' ? 'now' : 'at the next start of the gateway: systemctl restart kuiper';
    tell(shown, [line(shown), `Takes effect ${when}.`]);
  },
};
