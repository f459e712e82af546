// Users of the device's MQTT listener over REST and the command line. The listener reads the file by itself. Called by rest/routes/mqtt-users.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurablyBelow } from '../base/durable-file.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { isFilter } from '../ingress/acl.ts';
import { type IngressUser, parseUsers, usersText, withUser } from '../ingress/users.ts';

/** Without anything of the password. */
export interface ShownUser {
  name: string;
  publish: string[];
  subscribe: string[];
}

export interface MqttUsers {
  list(): ShownUser[];
  /** Adds or replaces. Without a password the old one stays. @throws GatewayError SERVICE_REFUSED */
  put(name: string, wanted: { password?: unknown; publish?: unknown; subscribe?: unknown }): ShownUser;
  /** @throws GatewayError SERVICE_NOT_FOUND */
  remove(name: string): void;
}

const MAX_USERS = 1000;

export function createMqttUsers(etc: string): MqttUsers {
  const file = join(etc, 'mqtt/users.json');
  const read = (): IngressUser[] => {
    try {
      return parseUsers(readFileSync(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  };
  const write = (users: readonly IngressUser[]) => writeDurablyBelow(file, usersText(users), 0o640);
  const shown = ({ name, publish, subscribe }: IngressUser): ShownUser => ({ name, publish, subscribe });
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  return {
    list: () => read().map(shown),
    put(name, { password, publish, subscribe }) {
      if (!/^[A-Za-z0-9_.@-]{1,64}$/.test(name)) throw refuse('the name of a user has 1 to 64 letters, digits and _ . @ -');
      if (name === 'kuiper') throw refuse('the user kuiper is the owner’s; its password is mqtt.password of gateway.yaml');
      if (password !== undefined && (typeof password !== 'string' || !/^[\x20-\x7e]{8,64}$/.test(password)))
        throw refuse('a password has 8 to 64 plain characters');
      const users = read();
      const old = users.find((u) => u.name === name);
      const filters = (what: 'publish' | 'subscribe', given: unknown): string[] => {
        if (given === undefined) return old?.[what] ?? [];
        if (!Array.isArray(given)) throw refuse(`${what}: expected a list of topic filters`);
        const bad = given.find((f) => typeof f !== 'string' || !isFilter(f));
        if (bad !== undefined)
          throw refuse(`${what}: ${JSON.stringify(bad)} is not a topic filter; + stands for one level, # for the rest`);
        return given as string[];
      };
      const wanted = {
        name,
        password: password as string | undefined,
        publish: filters('publish', publish),
        subscribe: filters('subscribe', subscribe),
      };
      if (wanted.publish.length + wanted.subscribe.length === 0) throw refuse('this user may do nothing; give publish or subscribe');
      const next = withUser(users, wanted);
      if (!next) throw refuse('a new user needs a password');
      if (next.length > MAX_USERS) throw refuse(`${MAX_USERS} users at most`);
      write(next);
      return shown(next.find((u) => u.name === name)!);
    },
    remove(name) {
      const users = read();
      const left = users.filter((u) => u.name !== name);
      if (left.length === users.length) throw new GatewayError('SERVICE_NOT_FOUND', { text: `there is no MQTT user ${name}` });
      write(left);
    },
  };
}
