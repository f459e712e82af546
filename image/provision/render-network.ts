// Network settings -> files of systemd-networkd and iwd, and the proxy for the gateway. Pure. Called by render.ts.
import type { DeviceFile } from './render.ts';
import type { Addressing, Eap, Settings, WifiNetwork } from './settings.ts';

/** Where files of `certs/` of the boot partition lie on the device. */
export const CERTS = '/var/lib/kuiper-device/certs';
const WIRED = 'Type=ether\nKind=!*';

/** @returns files, files to remove, and names below `certs/` to copy */
export function renderNetwork(settings: Settings): { files: DeviceFile[]; remove: string[]; certs: string[] } {
  const files: DeviceFile[] = [];
  const remove: string[] = [];
  const certs: string[] = [];
  const put = (path: string, text: string, mode = 0o644) => files.push({ path, text, mode });
  const { wired, vlans, wifi, proxy } = settings;
  if (wired || vlans) {
    const names = (vlans ?? []).map(({ id }) => `VLAN=vlan${id}`);
    put('/etc/systemd/network/10-gateway-wired.network', networkFile(WIRED, wired ?? { dhcp: true }, 100, names));
  }
  for (const { id, addressing } of vlans ?? []) {
    put(
      `/etc/systemd/network/10-gateway-vlan${id}.netdev`,
      `# From gateway.yaml\n[NetDev]\nName=vlan${id}\nKind=vlan\n\n[VLAN]\nId=${id}\n`,
    );
    put(`/etc/systemd/network/10-gateway-vlan${id}.network`, networkFile(`Name=vlan${id}`, addressing, 200));
  }
  if (wifi) {
    put('/etc/systemd/network/11-gateway-wifi.network', networkFile('Type=wlan', wifi.addressing, 600));
    put('/etc/modprobe.d/gateway-wifi.conf', `options cfg80211 ieee80211_regdom=${wifi.country}\n`);
    for (const network of wifi.networks) {
      const text = iwdFile(network);
      if (text !== undefined) put(`/var/lib/iwd/${iwdName(network.ssid)}.${extension(network)}`, text, 0o600);
      if (network.security.kind === 'eap') {
        const { ca, cert, key } = network.security.eap;
        certs.push(...[ca, cert, key].filter((f) => f !== undefined));
      }
    }
  }
  if (proxy) {
    // Node's own switch: fetch and http of the gateway take the variables then.
    const except = ['localhost', '127.0.0.1', '::1', ...proxy.except].join(',');
    put('/etc/kuiper/proxy.env', `NODE_USE_ENV_PROXY=1\nHTTP_PROXY=${proxy.url}\nHTTPS_PROXY=${proxy.url}\nNO_PROXY=${except}\n`, 0o600);
  }
  return { files, remove, certs };
}

function networkFile(match: string, addressing: Addressing, metric: number, more: readonly string[] = []): string {
  const lines = [
    '# From gateway.yaml',
    '[Match]',
    match,
    '',
    '[Link]',
    'RequiredForOnline=no',
    '',
    '[Network]',
    'MulticastDNS=yes',
    'LLMNR=no',
    ...more,
  ];
  if (addressing.dhcp) lines.push('DHCP=yes', '', '[DHCPv4]', `RouteMetric=${metric}`);
  else {
    lines.push(`Address=${addressing.address}`, ...addressing.dns.map((dns) => `DNS=${dns}`));
    if (addressing.gateway) lines.push('', '[Route]', `Gateway=${addressing.gateway}`, `Metric=${metric}`);
  }
  return `${lines.join('\n')}\n`;
}

/** iwd's name of a network's file (iwd.network(5)): plain names as they are, others as `=` and hex. */
export function iwdName(ssid: string): string {
  return /^[A-Za-z0-9_ -]+$/.test(ssid) ? ssid : `=${Buffer.from(ssid).toString('hex')}`;
}

const extension = ({ security }: WifiNetwork) => (security.kind === 'open' ? 'open' : security.kind === 'eap' ? '8021x' : 'psk');

/** @returns undefined when the device keeps what it has */
function iwdFile({ hidden, security }: WifiNetwork): string | undefined {
  const settings = hidden ? '\n[Settings]\nHidden=true\n' : '';
  switch (security.kind) {
    case 'open':
      return hidden ? '[Settings]\nHidden=true\n' : '[Settings]\nAutoConnect=true\n';
    case 'passphrase':
      return security.passphrase === undefined ? undefined : `[Security]\nPassphrase=${escaped(security.passphrase)}\n${settings}`;
    case 'key':
      return `[Security]\nPreSharedKey=${security.hex}\n${settings}`;
    case 'eap':
      return eapFile(security.eap, settings);
  }
}

function eapFile({ method, identity, password, ca, cert, key }: Eap, settings: string): string | undefined {
  if (method !== 'TLS' && password === undefined) return undefined;
  const lines = ['[Security]', `EAP-Method=${method}`];
  if (method === 'TLS') {
    lines.push(`EAP-Identity=${escaped(identity)}`, `EAP-TLS-ClientCert=${CERTS}/${cert}`, `EAP-TLS-ClientKey=${CERTS}/${key}`);
    if (password !== undefined) lines.push(`EAP-TLS-ClientKeyPassphrase=${escaped(password)}`);
  } else {
    const inner = method === 'PEAP' ? 'MSCHAPV2' : 'Tunneled-PAP';
    lines.push('EAP-Identity=anonymous', `EAP-${method}-Phase2-Method=${inner}`, `EAP-${method}-Phase2-Identity=${escaped(identity)}`);
    lines.push(`EAP-${method}-Phase2-Password=${escaped(password!)}`);
  }
  if (ca !== undefined) lines.push(`EAP-${method}-CACert=${CERTS}/${ca}`);
  return `${lines.join('\n')}\n${settings}`;
}

/** Values of iwd's files: a leading blank and a backslash are escaped (iwd.network(5), as in GKeyFile). */
const escaped = (value: string) => value.replaceAll('\\', '\\\\').replace(/^ /, '\\s');
