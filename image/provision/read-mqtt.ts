// The part `mqtt` of gateway.yaml: the password of the user kuiper, and users for sensors with what each may publish and subscribe.
// Called by read-settings.ts.
import type { Fields } from './fields.ts';
import type { Path } from './read-parts.ts';
import { type MqttUser, NOT_USED, REMOVED, type Settings } from './settings.ts';

const MAX_USERS = 1000;

export function readMqtt(fields: Fields, value: unknown, settings: Settings): void {
  const { wrong } = fields;
  const mqtt = fields.map(['mqtt'], value, ['password', 'users']);
  if (!mqtt) return;
  const password = fields.freeText(['mqtt', 'password'], mqtt['password']);
  if (password === NOT_USED) wrong(['mqtt', 'password'], 'the password was removed before it could be used. Write it again');
  else if (password !== undefined && password !== 'generate' && password !== REMOVED) {
    if (!/^[\x21-\x7e]{8,64}$/.test(password) || /["\\:$`]/.test(password))
      wrong(['mqtt', 'password'], '8 to 64 plain letters, digits and signs, without space " \\ : $ `; or generate');
    else if (!/[A-Za-df-z]/.test(password)) wrong(['mqtt', 'password'], 'needs at least one letter (other than e)');
    else {
      settings.mqttPassword = password;
      fields.used.push(['mqtt', 'password']);
    }
  }
  const users = fields.list(['mqtt', 'users'], mqtt['users']);
  if (!users) return;
  if (users.length > MAX_USERS) return void wrong(['mqtt', 'users'], `${MAX_USERS} users at most`);
  const read: MqttUser[] = [];
  for (const [i, entry] of users.entries()) {
    const user = readUser(fields, ['mqtt', 'users', i], entry);
    if (!user) continue;
    if (read.some((u) => u.name === user.name)) wrong(['mqtt', 'users', i, 'name'], `the user ${user.name} stands twice`);
    else {
      read.push(user);
      fields.used.push(['mqtt', 'users', i]);
    }
  }
  if (read.length > 0 || users.length === 0) settings.mqttUsers = read;
}

function readUser(fields: Fields, path: Path, entry: unknown): MqttUser | undefined {
  const { wrong } = fields;
  const user = fields.map(path, entry, ['name', 'password', 'publish', 'subscribe']);
  if (!user) return entry === null ? wrong(path, 'expected name, password, publish and subscribe') : undefined;
  const name = fields.text([...path, 'name'], user['name']);
  if (name === undefined || !/^[A-Za-z0-9_.@-]{1,64}$/.test(name)) return wrong([...path, 'name'], '1 to 64 letters, digits and _ . @ -');
  if (name === 'kuiper') return wrong([...path, 'name'], "the user kuiper is the owner's; its password is mqtt.password");
  const password = fields.freeText([...path, 'password'], user['password']);
  if (password === NOT_USED) return wrong([...path, 'password'], 'the password was removed before it could be used. Write it again');
  if (password === undefined || !(password === REMOVED || /^[\x20-\x7e]{8,64}$/.test(password)))
    return wrong([...path, 'password'], '8 to 64 plain characters, in quotes');
  const filters = (key: 'publish' | 'subscribe'): string[] | undefined => {
    const given = user[key];
    const all = typeof given === 'string' ? [given] : (fields.texts([...path, key], given) ?? []);
    if (given !== undefined && given !== null && typeof given !== 'string' && !Array.isArray(given)) return undefined;
    const bad = all.find((filter) => !isFilter(filter));
    if (bad !== undefined)
      return wrong([...path, key], `"${bad}" is not a topic filter; + stands for one level, # for the rest, e.g. plant/+/state or plant/#`);
    return all;
  };
  const publish = filters('publish');
  const subscribe = filters('subscribe');
  if (!publish || !subscribe) return undefined;
  if (publish.length + subscribe.length === 0)
    return wrong(path, 'this user may do nothing; add publish or subscribe, e.g. publish: [sensors/#]');
  return { name, password: password === REMOVED ? undefined : password, publish, subscribe };
}

/** MQTT 3.1.1, 4.7.1: `#` last and alone in its level, `+` alone in its level. */
export function isFilter(filter: string): boolean {
  if (filter === '' || filter.length > 1024 || filter.includes('\0')) return false;
  const levels = filter.split('/');
  return levels.every((level, i) => (level === '#' ? i === levels.length - 1 : level === '+' || !/[+#]/.test(level)));
}
