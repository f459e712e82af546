// `kuiper context list|add|use|remove`: several gateways by name. The file: contexts.ts.
import { CliError } from '../cli-error.ts';
import { type Command, nameArgument } from '../command.ts';
import { contextsFile, readContexts, writeContexts } from '../contexts.ts';

const known = (name: string) => {
  const all = readContexts(process.env);
  if (!Object.hasOwn(all.contexts, name)) throw new CliError(`There is no context ${name}.`, 'usage');
  return all;
};

export const contextList: Command = {
  name: 'context list',
  usage: 'context list',
  doc: 'List the stored gateways.',
  offline: true,
  exits: true,
  async run(context) {
    const { current, contexts } = readContexts(process.env);
    const list = Object.entries(contexts).map(([name, c]) => ({
      name,
      url: c.url,
      token: c.token ? '******' : '',
      current: name === current,
    }));
    context.show(JSON.stringify(list), {
      empty: 'No gateways are stored. Add one: kuiper context add NAME --url URL',
      table: (rows: typeof list) => ({
        head: ['', 'NAME', 'TOKEN', 'URL'],
        rows: rows.map((r) => [r.current ? '*' : '', r.name, r.token, r.url]),
      }),
    });
  },
};

export const contextAdd: Command = {
  name: 'context add',
  usage: 'context add NAME --url URL [--token TOKEN]',
  doc: 'Store a gateway under a name; the first one is used from then on.',
  flags: [
    { names: ['url'], doc: 'http://HOST:9081, https://HOST:9081, or ssh://USER@HOST for a gateway that listens on its own machine only' },
    { names: ['token'], doc: 'token for it' },
  ],
  offline: true,
  exits: true,
  examples: [
    ['kuiper context add hall3 --url ssh://kuiper@kuiper-hall3.local', 'over SSH'],
    ['kuiper context use hall3', 'all commands go there from now on'],
  ],
  async run(context) {
    const name = nameArgument(context, 'context');
    if (!/^[\w.-]{1,64}$/.test(name)) throw new CliError('A name has letters, digits, dots, hyphens and underscores.', 'usage');
    const { url, token } = context.flags;
    if (typeof url !== 'string') throw new CliError('Expect --url.', 'usage');
    if (!/^(https?|ssh):\/\/[^\s/]+\/?$/.test(url)) throw new CliError(`"${url}" is not an address such as http://10.0.0.5:9081.`, 'usage');
    const all = readContexts(process.env);
    all.contexts[name] = { url: url.replace(/\/$/, ''), ...(typeof token === 'string' ? { token } : {}) };
    all.current ??= name;
    writeContexts(process.env, all);
    context.print(`Stored ${name} in ${contextsFile(process.env)}.${all.current === name ? ' It is the current one.' : ''}`);
  },
};

export const contextUse: Command = {
  name: 'context use',
  usage: 'context use NAME',
  doc: 'Send all commands to this gateway from now on.',
  offline: true,
  exits: true,
  async run(context) {
    const name = nameArgument(context, 'context');
    writeContexts(process.env, { ...known(name), current: name });
    context.print(`Commands go to ${name} now.`);
  },
};

export const contextRemove: Command = {
  name: 'context remove',
  usage: 'context remove NAME',
  doc: 'Forget a stored gateway.',
  offline: true,
  exits: true,
  async run(context) {
    const name = nameArgument(context, 'context');
    const all = known(name);
    delete all.contexts[name];
    const { current, ...rest } = all;
    writeContexts(process.env, current === name || current === undefined ? rest : { ...rest, current });
    context.print(`Removed ${name}.`);
  },
};
