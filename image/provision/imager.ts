// What Raspberry Pi Imager writes to the boot partition itself (custom.toml, user-data with network-config, firstrun.sh, wpa_supplicant.conf,
// userconf): host name, SSH keys, Wi-Fi and time zone are taken from it, as far as gateway.yaml does not set them. It is used once and removed.
// Called by main.ts; next file: read-keys.ts.
import { parseDocument } from 'yaml';
import { findKeys, keyProblem } from './read-keys.ts';
import type { Addressing, Problem, Settings, WifiNetwork } from './settings.ts';

/** Files that are read, and removed when they were used: all may hold secrets. `ssh` is an empty switch. */
export const IMAGER_FILES = [
  'custom.toml',
  'user-data',
  'network-config',
  'meta-data',
  'firstrun.sh',
  'wpa_supplicant.conf',
  'userconf',
  'userconf.txt',
] as const;

export type ImagerFiles = Partial<Record<(typeof IMAGER_FILES)[number], string>>;

interface Found {
  hostname?: string;
  timezone?: string;
  keys: string[];
  wifi: { ssid: string; psk: string | undefined; hidden: boolean }[];
  country?: string;
  wired?: Addressing;
  user?: string;
  password?: boolean;
}

/** @returns settings of Imager and what a person should know; never throws */
export function readImager(files: ImagerFiles, hasTimezone: (name: string) => boolean): { settings: Settings; problems: Problem[] } {
  const found: Found = { keys: [], wifi: [] };
  const problems: Problem[] = [];
  const tell = (where: string, text: string) => void problems.push({ where, line: undefined, text });
  if (files['custom.toml'] !== undefined) readToml(files['custom.toml'], found);
  for (const name of ['user-data', 'network-config'] as const) {
    const text = files[name];
    if (text === undefined) continue;
    const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false });
    let value: unknown;
    try {
      value = document.toJS();
    } catch {
      tell(name, 'cannot be read; nothing of it was taken');
      continue;
    }
    if (document.errors.length > 0) tell(name, 'is not whole; what could be read was taken');
    if (name === 'user-data') readUserData(value, found);
    else readNetplan(value, found);
    found.keys.push(...findKeys(text));
  }
  if (files['firstrun.sh'] !== undefined) readFirstRun(files['firstrun.sh'], found);
  if (files['wpa_supplicant.conf'] !== undefined) readSupplicant(files['wpa_supplicant.conf'], found);
  for (const name of ['userconf', 'userconf.txt'] as const) if (files[name]) found.user ??= /^([^:]+):/.exec(files[name])?.[1];

  const settings: Settings = {};
  const keys = [...new Set(found.keys)].filter((key) => keyProblem(key) === undefined);
  if (keys.length > 0) settings.sshKeys = keys;
  if (found.hostname !== undefined) {
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(found.hostname.toLowerCase())) settings.hostname = found.hostname.toLowerCase();
    else tell('hostname', `"${found.hostname}" cannot be a host name`);
  }
  if (found.timezone !== undefined) {
    if (hasTimezone(found.timezone)) settings.timezone = found.timezone;
    else tell('timezone', `there is no time zone "${found.timezone}"`);
  }
  if (found.wired) settings.wired = found.wired;
  const networks = found.wifi.flatMap(({ ssid, psk, hidden }): WifiNetwork[] => {
    if (Buffer.byteLength(ssid) > 32 || ssid === '') return [];
    if (psk === undefined) return [{ ssid, hidden, security: { kind: 'open' } }];
    if (/^[0-9a-fA-F]{64}$/.test(psk)) return [{ ssid, hidden, security: { kind: 'key', hex: psk.toLowerCase() } }];
    if (/^[\x20-\x7e]{8,63}$/.test(psk)) return [{ ssid, hidden, security: { kind: 'passphrase', passphrase: psk } }];
    tell('Wi-Fi', `the password of ${ssid} has not 8 to 63 plain characters`);
    return [];
  });
  if (networks.length > 0) {
    // "00": the rules that hold everywhere
    const country = /^[A-Z]{2}$/.test(found.country ?? '') ? found.country! : '00';
    if (country === '00')
      tell('Wi-Fi', 'no country was chosen; only channels that are allowed everywhere are used. Set network.wifi.country');
    settings.wifi = { country, networks, addressing: { dhcp: true } };
  }
  if (found.user !== undefined && found.user !== 'kuiper')
    tell('user', `the login user of this system is kuiper, not "${found.user}": ssh kuiper@…`);
  if (found.password && keys.length === 0)
    tell('SSH', 'there is no login by password here; give a public key in Imager, or in gateway.yaml');
  return { settings, problems };
}

/** The few forms of TOML that Imager writes: tables, strings, booleans, lists of strings. */
function readToml(text: string, found: Found): void {
  let table = '';
  const values: Record<string, string | string[] | boolean> = {};
  const joined = text.replace(/\[\s*\n([^\]]*)\]/g, (_all, inner: string) => `[${inner.replaceAll('\n', ' ')}]`);
  for (const line of joined.split(/\r?\n/)) {
    const head = /^\s*\[([A-Za-z.]+)\]\s*$/.exec(line);
    if (head) {
      table = head[1]!;
      continue;
    }
    const pair = /^\s*([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (!pair) continue;
    const [, name, raw] = pair as unknown as [string, string, string];
    const strings = [...raw.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map((m) => m[2] ?? m[1]!.replace(/\\(.)/g, '$1'));
    values[`${table}.${name}`] = raw.startsWith('[') ? strings : strings.length > 0 ? strings[0]! : raw.startsWith('true');
  }
  const text1 = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  found.hostname ??= text1('system.hostname');
  found.timezone ??= text1('locale.timezone');
  found.country ??= text1('wlan.country');
  found.user ??= text1('user.name');
  if (text1('user.password') !== undefined) found.password = true;
  const keys = values['ssh.authorized_keys'];
  if (Array.isArray(keys)) found.keys.push(...keys.map((k) => k.trim()));
  const ssid = text1('wlan.ssid');
  if (ssid !== undefined) found.wifi.push({ ssid, psk: text1('wlan.password') || undefined, hidden: values['wlan.hidden'] === true });
}

/** cloud-init's user-data, as Imager writes it for newer systems. */
function readUserData(value: unknown, found: Found): void {
  if (!isRecord(value)) return;
  if (typeof value['hostname'] === 'string') found.hostname ??= value['hostname'];
  if (typeof value['timezone'] === 'string') found.timezone ??= value['timezone'];
  const users = Array.isArray(value['users']) ? value['users'] : [value['user']];
  for (const entry of [value, ...users]) {
    if (!isRecord(entry)) continue;
    if (typeof entry['name'] === 'string') found.user ??= entry['name'];
    if (typeof entry['passwd'] === 'string') found.password = true;
    const keys = entry['ssh_authorized_keys'] ?? entry['ssh-authorized-keys'];
    if (Array.isArray(keys)) found.keys.push(...keys.filter((k) => typeof k === 'string').map((k) => k.trim()));
  }
}

/** netplan, version 2. */
function readNetplan(value: unknown, found: Found): void {
  if (!isRecord(value)) return;
  const network = isRecord(value['network']) ? value['network'] : value;
  for (const wifi of Object.values(isRecord(network['wifis']) ? network['wifis'] : {})) {
    if (!isRecord(wifi)) continue;
    if (typeof wifi['regulatory-domain'] === 'string') found.country ??= wifi['regulatory-domain'];
    for (const [ssid, point] of Object.entries(isRecord(wifi['access-points']) ? wifi['access-points'] : {})) {
      const { password, auth, hidden } = (isRecord(point) ? point : {}) as { password?: unknown; auth?: unknown; hidden?: unknown };
      const secret = password ?? (isRecord(auth) ? auth['password'] : undefined);
      found.wifi.push({ ssid, psk: typeof secret === 'string' && secret !== '' ? secret : undefined, hidden: hidden === true });
    }
  }
  for (const wired of Object.values(isRecord(network['ethernets']) ? network['ethernets'] : {})) {
    if (!isRecord(wired) || !Array.isArray(wired['addresses'])) continue;
    const address = wired['addresses'].find((a) => typeof a === 'string' && /^[\d.]+\/\d+$/.test(a)) as string | undefined;
    if (address === undefined) continue;
    const routes = Array.isArray(wired['routes']) ? wired['routes'] : [];
    const route = routes.find((r) => isRecord(r) && (r['to'] === 'default' || r['to'] === '0.0.0.0/0')) as
      | Record<string, unknown>
      | undefined;
    const gateway = route?.['via'] ?? wired['gateway4'];
    const names = isRecord(wired['nameservers']) ? wired['nameservers']['addresses'] : undefined;
    const dns = Array.isArray(names) ? names.filter((n) => typeof n === 'string') : [];
    found.wired = { dhcp: false, address, gateway: typeof gateway === 'string' ? gateway : undefined, dns };
    return;
  }
}

/** Imager's script for older systems. It is read, never run. */
function readFirstRun(text: string, found: Found): void {
  const words = (line: string) =>
    [...line.matchAll(/'((?:[^']|'\\'')*)'|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => (m[1] ?? m[2] ?? m[3]!).replaceAll("'\\''", "'"));
  for (const line of text.split(/\r?\n/)) {
    const call = /imager_custom\s+(\w+)\s+(.*)$/.exec(line);
    if (!call) {
      found.hostname ??= /^\s*echo\s+["']?([A-Za-z0-9-]+)["']?\s*>\s*\/etc\/hostname/.exec(line)?.[1];
      found.timezone ??= /echo\s+["']?([A-Za-z0-9_+/-]+)["']?\s*>\s*\/etc\/timezone/.exec(line)?.[1];
      continue;
    }
    const args = words(call[2]!);
    if (call[1] === 'set_hostname') found.hostname ??= args[0];
    else if (call[1] === 'set_timezone') found.timezone ??= args[0];
    else if (call[1] === 'set_wlan_country') found.country ??= args[0];
    else if (call[1] === 'set_wlan') {
      const hidden = args.includes('-h') || args.includes('--hidden');
      const [ssid, psk, country] = args.filter((a) => !/^(-h|-p|--hidden|--plain)$/.test(a));
      if (ssid !== undefined) found.wifi.push({ ssid, psk: psk || undefined, hidden });
      found.country ??= country;
    }
  }
  found.user ??= /userconf\s+'?([a-z_][\w-]*)'?\s/.exec(text)?.[1];
  if (/userconf\s/.test(text) || /chpasswd/.test(text)) found.password = true;
  found.keys.push(...findKeys(text));
  const block = /wpa_supplicant\.conf\s*<<\s*'?(\w+)'?\n([\s\S]*?)\n\1/.exec(text);
  if (block) readSupplicant(block[2]!, found);
}

function readSupplicant(text: string, found: Found): void {
  found.country ??= /^\s*country=\s*"?([A-Z]{2})/m.exec(text)?.[1];
  for (const [, block] of text.matchAll(/network=\{([\s\S]*?)\n?\s*\}/g)) {
    const ssid = /^\s*ssid=(?:"(.*)"|([0-9a-fA-F]+))\s*$/m.exec(block!);
    if (!ssid) continue;
    const psk = /^\s*psk=(?:"(.*)"|([0-9a-fA-F]{64}))\s*$/m.exec(block!);
    found.wifi.push({
      ssid: ssid[1] ?? Buffer.from(ssid[2]!, 'hex').toString('utf8'),
      psk: psk ? (psk[1] ?? psk[2]) : undefined,
      hidden: /^\s*scan_ssid=1/m.test(block!),
    });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
