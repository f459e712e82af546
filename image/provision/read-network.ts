// The part `network` of gateway.yaml: addresses, Wi-Fi, VLANs, 802.1X, proxy. Called by read-settings.ts; next file: render-network.ts.
import { BlockList, isIP } from 'node:net';
import type { Fields } from './fields.ts';
import type { Path } from './read-parts.ts';
import { type Addressing, type Eap, NOT_USED, REMOVED, type Settings, type Vlan, type WifiNetwork } from './settings.ts';

const ADDRESSING = ['address', 'gateway', 'dns'];
const EAP_NAMES = ['method', 'identity', 'password', 'ca', 'cert', 'key'];
/** Names of what other systems call the same; told as such. */
const ELSEWHERE: Record<string, string> = { psk: 'password', key: 'password', passphrase: 'password', name: 'ssid' };

export function readNetwork(fields: Fields, value: unknown, settings: Settings, hasFile: (path: string) => boolean): void {
  const from = fields.map(['network'], value, ['wired', 'wifi', 'vlans', 'proxy']);
  if (!from) return;
  const wired = fields.map(['network', 'wired'], from['wired'], ADDRESSING);
  const wiredAddressing = wired && addressing(fields, ['network', 'wired'], wired);
  if (wiredAddressing) settings.wired = wiredAddressing;
  const wifi = fields.map(['network', 'wifi'], from['wifi'], ['country', 'networks', ...ADDRESSING]);
  if (wifi) readWifi(fields, wifi, settings, hasFile);
  const vlans = fields.list(['network', 'vlans'], from['vlans']);
  if (vlans) {
    const read = vlans.map((entry, i) => readVlan(fields, ['network', 'vlans', i], entry));
    const ids = read.map((v) => v?.id);
    if (ids.some((id, i) => id !== undefined && ids.indexOf(id) !== i)) fields.wrong(['network', 'vlans'], 'two VLANs have the same id');
    else if (read.every((v) => v !== undefined)) settings.vlans = read;
  }
  if (from['proxy'] !== undefined && from['proxy'] !== null) readProxy(fields, from['proxy'], settings);
}

function addressing(fields: Fields, path: Path, from: Record<string, unknown>): Addressing | undefined {
  const { wrong } = fields;
  if (from['address'] !== undefined && from['address'] !== null && typeof from['address'] !== 'string')
    return wrong([...path, 'address'], 'expected text; put it into quotes');
  const address = (from['address'] as string | null | undefined) ?? undefined;
  const alone = ['gateway', 'dns'].filter((name) => from[name] !== undefined && from[name] !== null);
  if (address === undefined && alone.length > 0)
    return wrong([...path, alone[0]!], 'this is for a fixed address; there is no address here. Add address, or remove this');
  if (address === undefined || /^(dhcp|auto)$/i.test(address)) {
    if (alone.length > 0)
      return wrong([...path, alone[0]!], 'with address: dhcp the server gives this. Remove it, or give a fixed address');
    return { dhcp: true };
  }
  const [ip, bits, more] = address.split('/') as [string, string | undefined, string | undefined];
  const family = isIP(ip);
  const maxBits = family === 4 ? 32 : 128;
  if (family === 0 || bits === undefined || more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) < 1 || Number(bits) > maxBits) {
    return wrong([...path, 'address'], `expected dhcp or an address with its prefix, e.g. 192.168.1.20/24, not "${address}"`);
  }
  const bad = impossible(ip, Number(bits));
  if (bad) return wrong([...path, 'address'], bad);
  const gateway = fields.text([...path, 'gateway'], from['gateway']);
  if (from['gateway'] !== undefined && from['gateway'] !== null && gateway === undefined) return undefined;
  if (gateway !== undefined) {
    if (isIP(gateway) === 0) return wrong([...path, 'gateway'], `"${gateway}" is not an address`);
    const net = new BlockList();
    net.addSubnet(ip, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    const linkLocal = /^fe[89ab]/i.test(gateway);
    if (isIP(gateway) !== family || !(linkLocal || net.check(gateway, family === 4 ? 'ipv4' : 'ipv6')))
      return wrong(
        [...path, 'gateway'],
        `${gateway} is not in the network of ${address}, so nothing could be sent to it. Correct one of them`,
      );
    if (gateway === ip) return wrong([...path, 'gateway'], 'this is the address of the device itself; the gateway is the router');
  }
  const dns =
    typeof from['dns'] === 'string' ? from['dns'].split(/[ ,]+/).filter(Boolean) : (fields.texts([...path, 'dns'], from['dns']) ?? []);
  const wrongDns = dns.find((d) => isIP(d) === 0);
  if (wrongDns !== undefined) return wrong([...path, 'dns'], `"${wrongDns}" is not an address`);
  return { dhcp: false, address, gateway, dns };
}

/** @returns why a device cannot have the address */
function impossible(ip: string, bits: number): string | undefined {
  if (isIP(ip) === 6) {
    if (/^(::1?|ff.*)$/i.test(ip)) return `${ip} cannot be the address of a device`;
    return undefined;
  }
  const bytes = ip.split('.').map(Number);
  const number = bytes.reduce((n, b) => n * 256 + b, 0);
  if (bytes[0] === 0 || bytes[0] === 127 || bytes[0]! >= 224) return `${ip} cannot be the address of a device`;
  if (bits > 30) return undefined;
  const size = 2 ** (32 - bits);
  const host = number % size;
  if (host === 0) return `${ip}/${bits} is the network itself; the device needs an address in it`;
  if (host === size - 1) return `${ip}/${bits} is the address for all in the network; the device needs one of its own`;
  return undefined;
}

function readVlan(fields: Fields, path: Path, entry: unknown): Vlan | undefined {
  const vlan = fields.map(path, entry, ['id', ...ADDRESSING]);
  if (!vlan) return entry === null ? fields.wrong(path, 'expected id and address') : undefined;
  const id = vlan['id'];
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > 4094)
    return fields.wrong([...path, 'id'], 'a number from 1 to 4094');
  const read = addressing(fields, path, vlan);
  return read && { id, addressing: read };
}

function readWifi(fields: Fields, wifi: Record<string, unknown>, settings: Settings, hasFile: (path: string) => boolean): void {
  const { wrong } = fields;
  const country = fields.text(['network', 'wifi', 'country'], wifi['country']);
  const entries = fields.list(['network', 'wifi', 'networks'], wifi['networks']);
  const wifiAddressing = addressing(fields, ['network', 'wifi'], wifi);
  if (country === undefined || !/^[A-Z]{2}$/.test(country)) {
    const norway = wifi['country'] === false ? ' (quotes help: "NO")' : '';
    wrong(['network', 'wifi', 'country'], `needed: two capital letters of the country, e.g. DE; radio rules depend on it${norway}`);
    return;
  }
  if (entries === undefined || entries.length === 0) {
    if (wifi['networks'] === undefined || entries) wrong(['network', 'wifi', 'networks'], 'needed: a list with ssid and password');
    return;
  }
  if (!wifiAddressing) return;
  // one wrong network does not take the others
  const networks = entries.flatMap((entry, i) => readWifiNetwork(fields, ['network', 'wifi', 'networks', i], entry, hasFile) ?? []);
  if (networks.length > 0) settings.wifi = { country, networks, addressing: wifiAddressing };
}

function readWifiNetwork(fields: Fields, path: Path, entry: unknown, hasFile: (path: string) => boolean): WifiNetwork | undefined {
  const { wrong } = fields;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return wrong(path, 'expected ssid and password');
  for (const [other, ours] of Object.entries(ELSEWHERE))
    if (other in entry && !(ours in entry)) return wrong([...path, other], `here it is called ${ours}`);
  const network = fields.map(path, entry, ['ssid', 'password', 'hidden', 'open', 'eap']);
  if (!network) return undefined;
  const ssid = fields.freeText([...path, 'ssid'], network['ssid']);
  if (ssid === undefined && network['ssid'] !== undefined && network['ssid'] !== null) return undefined;
  if (ssid === undefined || Buffer.byteLength(ssid) < 1 || Buffer.byteLength(ssid) > 32 || ssid.includes('\0'))
    return wrong([...path, 'ssid'], 'the name of the network, 1 to 32 bytes of text');
  const hidden = fields.yes([...path, 'hidden'], network['hidden']) ?? false;
  const open = fields.yes([...path, 'open'], network['open']) ?? false;
  if (network['eap'] !== undefined && network['eap'] !== null) {
    const eap = readEap(fields, [...path, 'eap'], network['eap'], hasFile);
    if (eap) fields.used.push([...path, 'eap']);
    return eap && { ssid, hidden, security: { kind: 'eap', eap } };
  }
  if (!('password' in network)) return { ssid, hidden, security: { kind: 'open' } };
  if (open) return wrong([...path, 'open'], 'an open network has no password. Remove one of the two lines');
  const at = [...path, 'password'];
  const given = network['password'];
  if (given === null || given === '') return wrong(at, 'the password is empty. For a network without one remove the line');
  const password = fields.freeText(at, given);
  if (password === undefined) return undefined;
  if (password === NOT_USED) return wrong(at, 'the password was removed before it could be used. Write it again');
  if (password === REMOVED) return { ssid, hidden, security: { kind: 'passphrase', passphrase: undefined } };
  const isKey = /^[0-9a-fA-F]{64}$/.test(password);
  if (!isKey && !/^[\x20-\x7e]{8,63}$/.test(password)) return wrong(at, '8 to 63 plain characters, in quotes, or a key of 64 hex digits');
  fields.used.push(at);
  if (isKey) return { ssid, hidden, security: { kind: 'key', hex: password.toLowerCase() } };
  return { ssid, hidden, security: { kind: 'passphrase', passphrase: password } };
}

function readEap(fields: Fields, path: Path, value: unknown, hasFile: (path: string) => boolean): Eap | undefined {
  const { wrong } = fields;
  const eap = fields.map(path, value, EAP_NAMES);
  if (!eap) return undefined;
  const method = String(eap['method'] ?? 'PEAP').toUpperCase();
  if (method !== 'PEAP' && method !== 'TTLS' && method !== 'TLS') return wrong([...path, 'method'], 'PEAP, TTLS or TLS');
  const identity = fields.freeText([...path, 'identity'], eap['identity']);
  if (!identity || /[\r\n]/.test(identity)) return wrong([...path, 'identity'], 'needed: the name that the network knows this device by');
  const password = fields.freeText([...path, 'password'], eap['password']);
  if (password === NOT_USED) return wrong([...path, 'password'], 'the password was removed before it could be used. Write it again');
  if (method !== 'TLS' && (!password || /[\r\n]/.test(password))) return wrong([...path, 'password'], `needed with ${method}`);
  const files: Pick<Eap, 'ca' | 'cert' | 'key'> = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = fields.text([...path, name], eap[name]);
    if (file === undefined) continue;
    if (!/^[A-Za-z0-9_.-]+$/.test(file) || file.startsWith('.'))
      return wrong([...path, name], 'the name of a file in the folder certs of this partition');
    if (!hasFile(`certs/${file}`)) return wrong([...path, name], `there is no file certs/${file} on this partition`);
    files[name] = file;
  }
  if (method === 'TLS' && (!files.cert || !files.key)) return wrong(path, 'TLS needs cert and key');
  return { method, identity, password: password === REMOVED ? undefined : password, ...files };
}

function readProxy(fields: Fields, value: unknown, settings: Settings): void {
  const path = ['network', 'proxy'];
  const given = typeof value === 'string' ? { url: value } : fields.map(path, value, ['url', 'except']);
  if (!given) return;
  const urlPath = typeof value === 'string' ? path : [...path, 'url'];
  const url = fields.freeText(urlPath, given['url']);
  const except =
    typeof given['except'] === 'string' ? given['except'].split(/[ ,]+/) : (fields.texts([...path, 'except'], given['except']) ?? []);
  if (url === NOT_USED) return void fields.wrong(urlPath, 'the address was removed before it could be used. Write it again');
  if (url === REMOVED) return;
  if (url === undefined || !/^https?:\/\/[^\s"'\\$`]+$/.test(url) || !URL.canParse(url))
    return void fields.wrong(urlPath, 'expected the address of a proxy, e.g. http://proxy.plant.local:3128');
  const bad = except.find((e) => !/^[A-Za-z0-9.*:/_-]+$/.test(e));
  if (bad !== undefined) return void fields.wrong([...path, 'except'], `"${bad}" is not a name or address`);
  settings.proxy = { url, except };
  fields.used.push(path);
}
