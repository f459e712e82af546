// gateway.yaml -> Settings plus problems in plain words. A wrong part never hides the others: a typo in a rule must not cost the
// SSH key. Called by main.ts; next file: render.ts.
import { isIP } from 'node:net';
import { type Document, isMap, isNode, LineCounter, parseDocument, Scalar, visit } from 'yaml';
import { type Addressing, type Problem, REMOVED, type Settings, type WifiNetwork } from './settings.ts';

export interface ReadOptions {
  /** Tells whether a time zone exists on this device. */
  hasTimezone(name: string): boolean;
  /** Tells whether a file is there below the folder `plugins` of the boot partition. */
  hasPlugin(path: string): boolean;
}

export interface ReadResult {
  settings: Settings;
  problems: Problem[];
  document: Document;
}

const KNOWN: Record<string, readonly string[]> = {
  '': ['hostname', 'timezone', 'ssh', 'network', 'ntp', 'mqtt', 'rest', 'streams', 'rules', 'plugins'],
  ssh: ['keys'],
  network: ['wired', 'wifi'],
  'network.wired': ['address', 'gateway', 'dns'],
  'network.wifi': ['country', 'networks', 'address', 'gateway', 'dns'],
  mqtt: ['password'],
  rest: ['remote'],
};

/** @param text the file as it is; never throws */
export function readSettings(text: string, { hasTimezone, hasPlugin }: ReadOptions): ReadResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problems: Problem[] = [];
  const settings: Settings = {};
  const lineOf = (path: readonly (string | number)[]): number | undefined => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  const wrong = (path: readonly (string | number)[], message: string): undefined => {
    problems.push({ where: path.join('.') || 'the file', line: lineOf(path), text: message });
    return undefined;
  };

  for (const error of document.errors) {
    problems.push({
      where: 'the file',
      line: lines.linePos(error.pos[0]).line,
      text: `this is not YAML here: ${error.message.split('\n')[0]}`,
    });
  }
  if (document.errors.length > 0) return { settings, problems, document };
  if (document.contents === null) return { settings, problems, document };
  if (!isMap(document.contents)) {
    wrong([], 'expected settings as "name: value" lines');
    return { settings, problems, document };
  }
  // an unquoted `*` refers to a part named `&…`; where there is none, a text was meant (a password, a pool of servers)
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) !== undefined) return undefined;
      const text = `*${node.source}`;
      problems.push({
        where: 'the file',
        line: node.range ? lines.linePos(node.range[0]).line : undefined,
        text: `${text} begins with "*", which means something else in YAML; it was read as text. Put it into quotes: "${text}"`,
      });
      return new Scalar(text);
    },
  });
  let all: Record<string, unknown>;
  try {
    all = document.toJS() as Record<string, unknown>;
  } catch (error) {
    wrong([], `it cannot be unfolded: ${(error as Error).message}`);
    return { settings, problems, document };
  }

  const part = (path: readonly string[]): Record<string, unknown> | undefined => {
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], all);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return wrong(path, 'expected settings as "name: value" lines below it');
    for (const key of Object.keys(value)) {
      const known = KNOWN[path.join('.')]!;
      if (!known.includes(key)) wrong([...path, key], `there is no setting of this name; here are: ${known.join(', ')}`);
    }
    return value as Record<string, unknown>;
  };
  const string = (path: readonly (string | number)[], value: unknown): string | undefined => {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    return wrong(path, 'expected text; put it into quotes');
  };
  const list = (path: readonly string[], value: unknown): unknown[] | undefined => {
    if (value === undefined || value === null) return undefined;
    return Array.isArray(value) ? value : wrong(path, 'expected a list, one "- " line each');
  };
  const strings = (path: readonly string[], value: unknown): string[] | undefined =>
    list(path, value)?.flatMap((entry, i) => string([...path, i], entry) ?? []);

  const addressing = (path: readonly string[], from: Record<string, unknown>): Addressing | undefined => {
    const address = string([...path, 'address'], from['address']) ?? 'dhcp';
    if (address === 'dhcp') return { dhcp: true };
    const [ip, bits] = address.split('/') as [string, string | undefined];
    const family = isIP(ip);
    const maxBits = family === 4 ? 32 : 128;
    if (family === 0 || bits === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) < 1 || Number(bits) > maxBits) {
      return wrong([...path, 'address'], `expected dhcp or an address with its prefix, e.g. 192.168.1.20/24, not "${address}"`);
    }
    const gateway = string([...path, 'gateway'], from['gateway']);
    if (gateway !== undefined && isIP(gateway) === 0) return wrong([...path, 'gateway'], `"${gateway}" is not an address`);
    const dns = strings([...path, 'dns'], from['dns']) ?? [];
    const bad = dns.find((d) => isIP(d) === 0);
    if (bad !== undefined) return wrong([...path, 'dns'], `"${bad}" is not an address`);
    return { dhcp: false, address, gateway, dns };
  };

  part([]);
  const hostname = string(['hostname'], all['hostname']);
  if (hostname !== undefined) {
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname) && hostname !== 'localhost') settings.hostname = hostname;
    else wrong(['hostname'], 'letters a-z, digits and "-" only, up to 63 of them, e.g. kuiper-hall3');
  }
  const timezone = string(['timezone'], all['timezone']);
  if (timezone !== undefined) {
    if (/^[A-Za-z0-9_+\-/]+$/.test(timezone) && hasTimezone(timezone)) settings.timezone = timezone;
    else wrong(['timezone'], `there is no time zone "${timezone}"; names are like Europe/Berlin`);
  }

  const ssh = part(['ssh']);
  const keys = ssh && strings(['ssh', 'keys'], ssh['keys']);
  if (keys) {
    const good = keys
      .map((key) => key.trim())
      .filter((key, i) => {
        if (
          /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/]{40,}={0,3}( [^\n]*)?$/.test(key)
        )
          return true;
        const hint = key.includes('PRIVATE KEY')
          ? 'this is a private key; never put it here, take the file that ends in .pub'
          : 'expected one line of a .pub file, e.g. ssh-ed25519 AAAA... me@laptop';
        wrong(['ssh', 'keys', String(i)], hint);
        return false;
      });
    if (good.length > 0) settings.sshKeys = good;
  }

  part(['network']);
  const wired = part(['network', 'wired']);
  const wiredAddressing = wired && addressing(['network', 'wired'], wired);
  if (wiredAddressing) settings.wired = wiredAddressing;
  const wifi = part(['network', 'wifi']);
  if (wifi) {
    const country = string(['network', 'wifi', 'country'], wifi['country']);
    const entries = list(['network', 'wifi', 'networks'], wifi['networks']);
    const wifiAddressing = addressing(['network', 'wifi'], wifi);
    if (country === undefined || !/^[A-Z]{2}$/.test(country))
      wrong(['network', 'wifi', 'country'], 'needed: two capital letters of the country, e.g. DE; radio rules depend on it');
    else if (entries === undefined || entries.length === 0) wrong(['network', 'wifi', 'networks'], 'needed: a list with ssid and password');
    else if (wifiAddressing) {
      const networks = entries.map((entry, i) =>
        readWifi(entry, (key, message) => wrong(['network', 'wifi', 'networks', i, ...(key ? [key] : [])], message)),
      );
      if (networks.every((n) => n !== undefined)) settings.wifi = { country, networks, addressing: wifiAddressing };
    }
  }

  const ntp = typeof all['ntp'] === 'string' ? [all['ntp']] : strings(['ntp'], all['ntp']);
  if (ntp) {
    const bad = ntp.find((server) => !/^[A-Za-z0-9.:-]{1,253}$/.test(server));
    if (bad === undefined) settings.ntp = ntp;
    else wrong(['ntp'], `"${bad}" is not a server's name or address`);
  }

  const mqtt = part(['mqtt']);
  const password = mqtt && string(['mqtt', 'password'], mqtt['password']);
  if (password !== undefined && password !== 'generate' && password !== REMOVED) {
    if (!/^[\x21-\x7e]{8,64}$/.test(password) || /["\\:$`]/.test(password))
      wrong(['mqtt', 'password'], '8 to 64 plain letters, digits and signs, without space " \\ : $ `; or generate');
    else if (!/[A-Za-df-z]/.test(password)) wrong(['mqtt', 'password'], 'needs at least one letter (other than e)');
    else settings.mqttPassword = password;
  }
  const rest = part(['rest']);
  if (rest?.['remote'] !== undefined) {
    if (typeof rest['remote'] === 'boolean') settings.rest = { remote: rest['remote'] };
    else wrong(['rest', 'remote'], 'expected true or false');
  }

  const streams = strings(['streams'], all['streams']);
  if (streams) settings.streams = streams;
  const rules = list(['rules'], all['rules']);
  if (rules) {
    settings.rules = rules.filter((rule, i): rule is Record<string, unknown> => {
      if (typeof rule === 'object' && rule !== null && typeof (rule as { id?: unknown }).id === 'string') return true;
      wrong(['rules', String(i)], 'a rule needs id, sql and actions');
      return false;
    });
  }
  const plugins = strings(['plugins'], all['plugins']);
  if (plugins) {
    settings.plugins = plugins.filter((path) => {
      if (!/^(sources|sinks|functions)\/[A-Za-z0-9_@.-]+$/.test(path) || path.includes('..'))
        wrong(['plugins'], `"${path}": expected sources/…, sinks/… or functions/… and a file name`);
      else if (!hasPlugin(path)) wrong(['plugins'], `there is no file plugins/${path} on the boot partition`);
      else return true;
      return false;
    });
  }
  return { settings, problems, document };
}

function readWifi(entry: unknown, wrong: (key: string, message: string) => undefined): WifiNetwork | undefined {
  if (typeof entry !== 'object' || entry === null) return wrong('', 'expected ssid and password');
  const { ssid, password } = entry as { ssid?: unknown; password?: unknown };
  if (typeof ssid !== 'string' || Buffer.byteLength(ssid) < 1 || Buffer.byteLength(ssid) > 32)
    return wrong('ssid', 'the name of the network, 1 to 32 bytes of text');
  if (password === REMOVED) return { ssid, password: undefined };
  if (typeof password !== 'string' || !/^[\x20-\x7e]{8,63}$/.test(password))
    return wrong('password', '8 to 63 plain characters, in quotes');
  return { ssid, password };
}
