// `kuiper show|create|drop mqttuser`: users of the device's MQTT listener, with what each may publish and subscribe.
import { CliError } from '../cli-error.ts';
import { type Command, encode, nameArgument } from '../command.ts';

interface Shown {
  name: string;
  publish: string[];
  subscribe: string[];
}

const line = ({ name, publish, subscribe }: Shown) =>
  `${name}   publish: ${publish.join(', ') || '-'}   subscribe: ${subscribe.join(', ') || '-'}`;
const filters = (flag: string | true | undefined) => (typeof flag === 'string' ? flag.split(',').filter(Boolean) : undefined);

export const showMqttUsers: Command = {
  name: 'show mqttusers',
  usage: 'show mqttusers',
  doc: 'List the users of the MQTT listener of this device.',
  exits: true,
  async run({ client, tell }) {
    const users = await client.json<Shown[]>('GET', '/mqtt/users');
    tell(users, users.length === 0 ? ['There are none but kuiper, the owner.'] : users.map(line));
  },
};

export const createMqttUser: Command = {
  name: 'create mqttuser',
  usage: 'create mqttuser NAME [--password TEXT] [--publish FILTER,…] [--subscribe FILTER,…]',
  doc: 'Add a user of the MQTT listener, or change one. It may do what is named and nothing else; %u is its name, %c the client id.',
  flags: [
    { names: ['password'], doc: 'without it a user that is there keeps its own' },
    { names: ['publish'], doc: 'topic filters, with commas between' },
    { names: ['subscribe'], doc: 'topic filters, with commas between' },
  ],
  exits: true,
  async run(context) {
    const { flags, client, tell } = context;
    const name = nameArgument(context, 'user');
    if (flags['password'] === true) throw new CliError('--password needs a text.', 'usage');
    const body = { password: flags['password'], publish: filters(flags['publish']), subscribe: filters(flags['subscribe']) };
    const user = await client.json<Shown>('PUT', `/mqtt/users/${encode(name)}`, JSON.stringify(body));
    tell(user, [line(user)]);
  },
};

export const dropMqttUser: Command = {
  name: 'drop mqttuser',
  usage: 'drop mqttuser NAME',
  doc: 'Remove a user of the MQTT listener; its connections end.',
  exits: true,
  async run(context) {
    context.print(await context.client.call('DELETE', `/mqtt/users/${encode(nameArgument(context, 'user'))}`));
  },
};
