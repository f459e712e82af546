// Settings -> files of the device. Pure: main.ts writes them. Only names of our own are used, so that no file of the slot is
// hidden by the overlay and an update still renews its defaults. Next file: render-network.ts.
import { createHash } from 'node:crypto';
import { renderNetwork } from './render-network.ts';
import type { Settings } from './settings.ts';

export interface DeviceFile {
  path: string;
  /** Bytes stay as they are. */
  text: string | Uint8Array;
  mode: number;
  /** Group of the file; the owner is root, or `owner`. */
  group?: string;
  owner?: string;
}

export interface DeviceChanges {
  files: DeviceFile[];
  /** Files that must go so that first-boot makes them anew, or since the setting says so. */
  remove: string[];
  /** Symbolic links, path -> target. */
  links: Record<string, string>;
  /** Names below `certs/` of the boot partition that are copied; keys are taken off it then. */
  certs: readonly string[];
}

const DEVICE = '/var/lib/kuiper-device';

/** @param restToken the token of REST, when remote access is asked for; made by the caller, kept over runs */
export function render(settings: Settings, restToken: string): DeviceChanges {
  const files: DeviceFile[] = [];
  const remove: string[] = [];
  const links: Record<string, string> = {};
  const put = (path: string, text: string, mode = 0o644, more: Partial<DeviceFile> = {}) => files.push({ path, text, mode, ...more });

  if (settings.hostname) {
    put('/etc/hostname', `${settings.hostname}\n`);
    put('/etc/hosts', `127.0.0.1\tlocalhost\n127.0.1.1\t${settings.hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`);
  }
  if (settings.timezone) links['/etc/localtime'] = `/usr/share/zoneinfo/${settings.timezone}`;
  if (settings.sshKeys) put('/etc/ssh/authorized_keys.d/kuiper', `${settings.sshKeys.join('\n')}\n`);
  const network = renderNetwork(settings);
  files.push(...network.files);
  remove.push(...network.remove);
  if (settings.ntp) put('/etc/systemd/timesyncd.conf.d/gateway.conf', `[Time]\nNTP=${settings.ntp.join(' ')}\n`);
  if (settings.mqttPassword) {
    put(`${DEVICE}/mqtt-password`, `${settings.mqttPassword}\n`, 0o640, { group: 'kuiper' });
    remove.push('/etc/kuiper/device.env');
  }
  if (settings.rest?.remote) {
    const hash = createHash('sha256').update(restToken).digest('hex');
    put(`${DEVICE}/rest-token`, `${restToken}\n`, 0o640, { group: 'kuiper' });
    put('/opt/kuiper/etc/mgmt/tokens', `device admin ${hash}\n`, 0o640, { owner: 'kuiper-gw', group: 'kuiper-gw' });
    put(
      '/etc/kuiper/rest.env',
      [
        'KUIPER__BASIC__RESTIP=0.0.0.0',
        'KUIPER__BASIC__AUTHENTICATION=true',
        `KUIPER__BASIC__RESTTLS__CERTFILE=${DEVICE}/tls-server.crt`,
        `KUIPER__BASIC__RESTTLS__KEYFILE=${DEVICE}/tls-gateway.key`,
        '',
      ].join('\n'),
      0o600,
    );
    put('/etc/nftables.d/rest.nft', 'add rule inet filter extra tcp dport 9081 accept comment "REST over TLS"\n');
  } else if (settings.rest) {
    remove.push('/etc/kuiper/rest.env', '/etc/nftables.d/rest.nft', '/opt/kuiper/etc/mgmt/tokens', `${DEVICE}/rest-token`);
  }
  return { files, remove, links, certs: network.certs };
}
