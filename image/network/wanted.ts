// From the parts `network` and `firewall` of a request to files of the device, with the same reader as gateway.yaml. Pure. Called by main.ts.
import { isIP } from 'node:net';
import type { Snapshot } from '../../src/system/network/machine.ts';
import { readSettings } from '../provision/read-settings.ts';
import { renderNetwork } from '../provision/render-network.ts';

export interface Wanted {
  files: Snapshot;
  /** For people, without secrets. */
  what: string;
  problems: string[];
}

/** Ports of the device itself, which stay open whatever is asked for: without SSH nobody could confirm. */
const FIREWALL = '/etc/nftables.d/owner.nft';
const MAX_OPENINGS = 100;

export async function wantedFiles(parts: Readonly<Record<string, unknown>>): Promise<Wanted> {
  const { network, firewall, ...more } = parts;
  const problems = Object.keys(more).map((name) => `${name}: means nothing here`);
  const files: Record<string, Snapshot[string]> = {};
  const what: string[] = [];
  if (network !== undefined) {
    const { stringify } = await import('yaml');
    const read = readSettings(stringify({ network }), { hasTimezone: () => false, hasPlugin: () => false });
    problems.push(...read.problems.map((p) => `${p.where}: ${p.text}`));
    const { wired, vlans, wifi, proxy } = read.settings;
    const rendered = renderNetwork(read.settings);
    if (rendered.certs.length > 0) problems.push('network.wifi: certificates come with gateway.yaml on the boot partition only');
    for (const { path, text, mode } of rendered.files) files[path] = { base64: Buffer.from(text).toString('base64'), mode };
    if (wired) what.push(`wired ${wired.dhcp ? 'DHCP' : wired.address}`);
    if (vlans) what.push(`VLANs ${vlans.map((v) => v.id).join(', ')}`);
    if (wifi) what.push(`Wi-Fi ${wifi.networks.map((n) => n.ssid).join(', ')}`);
    if (proxy) what.push('proxy');
  }
  if (firewall !== undefined) {
    const text = firewallText(firewall, problems);
    files[FIREWALL] = { base64: Buffer.from(text).toString('base64'), mode: 0o644 };
    what.push('firewall');
  }
  if (problems.length === 0 && Object.keys(files).length === 0) problems.push('it asks for nothing');
  return { files, what: what.join('; '), problems };
}

function firewallText(value: unknown, problems: string[]): string {
  const lines = ['# From the owner: kuiper network set'];
  const allow = (value as { allow?: unknown } | null)?.allow;
  if (!Array.isArray(allow) || Object.keys(value as object).length !== 1) {
    problems.push('firewall: expected allow, a list of {port, protocol, from}');
    return '';
  }
  if (allow.length > MAX_OPENINGS) problems.push(`firewall.allow: ${MAX_OPENINGS} entries at most`);
  for (const [i, entry] of allow.entries()) {
    const { port, protocol = 'tcp', from, ...more } = (entry ?? {}) as Record<string, unknown>;
    const at = `firewall.allow.${i}`;
    const [odd] = Object.keys(more);
    if (odd !== undefined) problems.push(`${at}.${odd}: means nothing; expected port, protocol, from`);
    if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535)
      problems.push(`${at}.port: expected a port, 1 to 65535`);
    if (protocol !== 'tcp' && protocol !== 'udp') problems.push(`${at}.protocol: expected tcp or udp`);
    let source = '';
    if (from !== undefined) {
      const [ip, bits, rest] = String(from).split('/') as [string, string | undefined, string | undefined];
      const family = isIP(ip);
      if (
        family === 0 ||
        rest !== undefined ||
        (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
      )
        problems.push(`${at}.from: expected an address or a network, e.g. 192.168.1.0/24`);
      else source = `${family === 4 ? 'ip' : 'ip6'} saddr ${ip}${bits === undefined ? '' : `/${Number(bits)}`} `;
    }
    lines.push(`add rule inet filter extra ${source}${String(protocol)} dport ${Number(port)} accept`);
  }
  return `${lines.join('\n')}\n`;
}
