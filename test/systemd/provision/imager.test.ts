// What Raspberry Pi Imager writes, in each of its four forms, as it writes it.
import { describe, expect, test } from 'vitest';
import { type ImagerFiles, readImager } from '../../../image/provision/imager.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx3cW9pZXJ1dHlhbHNrZGpmaGdtem54YmN2dGVzdGtl me@x';
const PSK = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF';
const read = (files: ImagerFiles) => readImager(files, (name) => name === 'Europe/Berlin');
const WANTED = {
  hostname: 'hall3',
  timezone: 'Europe/Berlin',
  sshKeys: [KEY],
  wifi: {
    country: 'DE',
    networks: [{ ssid: 'Plant 3', hidden: true, security: { kind: 'key', hex: PSK.toLowerCase() } }],
    addressing: { dhcp: true },
  },
};
const USER = { where: 'user', line: undefined, text: 'the login user of this system is kuiper, not "me": ssh kuiper@…' };

// @covers issue:16#4
describe('Raspberry Pi Imager', () => {
  test('custom.toml', () => {
    const { settings, problems } = read({
      'custom.toml': `config_version = 1\n[system]\nhostname = "hall3"\n[user]\nname = "me"\npassword = "$5$x"\npassword_encrypted = true\n[ssh]\nenabled = true\npassword_authentication = false\nauthorized_keys = [\n  "${KEY}"\n]\n[wlan]\nssid = "Plant 3"\npassword = "${PSK}"\npassword_encrypted = true\nhidden = true\ncountry = "DE"\n[locale]\nkeymap = "de"\ntimezone = "Europe/Berlin"\n`,
    });
    expect(settings).toEqual(WANTED);
    expect(problems).toEqual([USER]);
  });

  test('user-data and network-config of cloud-init', () => {
    const { settings, problems } = read({
      'user-data': `#cloud-config\nhostname: hall3\nmanage_etc_hosts: true\ntimezone: Europe/Berlin\nusers:\n- name: me\n  shell: /bin/bash\n  lock_passwd: true\n  ssh_authorized_keys:\n    - ${KEY}\n  sudo: ALL=(ALL) NOPASSWD:ALL\nruncmd:\n- [ rm, -rf, / ]\n`,
      'network-config': `network:\n  version: 2\n  wifis:\n    wlan0:\n      dhcp4: true\n      regulatory-domain: "DE"\n      access-points:\n        "Plant 3":\n          password: "${PSK}"\n          hidden: true\n      optional: true\n`,
    });
    expect(settings).toEqual(WANTED);
    expect(problems).toEqual([USER]);
  });

  test('firstrun.sh with the helper of Raspberry Pi OS', () => {
    const { settings, problems } = read({
      'firstrun.sh': `#!/bin/bash\n\nset +e\n\nCURRENT_HOSTNAME=\`cat /etc/hostname | tr -d " \\t\\n\\r"\`\nif [ -f /usr/lib/raspberrypi-sys-mods/imager_custom ]; then\n   /usr/lib/raspberrypi-sys-mods/imager_custom set_hostname hall3\nelse\n   echo hall3 >/etc/hostname\nfi\nif [ -f /usr/lib/raspberrypi-sys-mods/imager_custom ]; then\n   /usr/lib/raspberrypi-sys-mods/imager_custom enable_ssh -k '${KEY}'\nfi\nif [ -f /usr/lib/userconf-pi/userconf ]; then\n   /usr/lib/userconf-pi/userconf 'me' '$5$x'\nfi\nif [ -f /usr/lib/raspberrypi-sys-mods/imager_custom ]; then\n   /usr/lib/raspberrypi-sys-mods/imager_custom set_wlan -h 'Plant 3' '${PSK}' 'DE'\nfi\nif [ -f /usr/lib/raspberrypi-sys-mods/imager_custom ]; then\n   /usr/lib/raspberrypi-sys-mods/imager_custom set_timezone 'Europe/Berlin'\nfi\nrm -f /boot/firstrun.sh\nexit 0\n`,
    });
    expect(settings).toEqual(WANTED);
    expect(problems).toEqual([USER]);
  });

  test('firstrun.sh without that helper: here documents', () => {
    const { settings } = read({
      'firstrun.sh': `#!/bin/bash\necho hall3 >/etc/hostname\ninstall -o "$FIRSTUSER" -m 600 <(printf "${KEY}") "$FIRSTUSERHOME/.ssh/authorized_keys"\ncat >/etc/wpa_supplicant/wpa_supplicant.conf <<'WPAEOF'\ncountry=DE\nctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev\nnetwork={\n\tscan_ssid=1\n\tssid="Plant 3"\n\tpsk=${PSK}\n}\n\nWPAEOF\necho "Europe/Berlin" >/etc/timezone\n`,
    });
    expect(settings).toEqual(WANTED);
  });

  test('a password alone lets nobody in, and that is told', () => {
    const { settings, problems } = read({ 'user-data': '#cloud-config\nhostname: Hall3\nusers: [{name: kuiper, passwd: $5$x}]\n' });
    expect(settings).toEqual({ hostname: 'hall3' });
    expect(problems).toEqual([{ where: 'SSH', line: undefined, text: expect.stringContaining('no login by password here') }]);
  });

  test('a passphrase, an open network and an absent country', () => {
    const { settings, problems } = read({
      'wpa_supplicant.conf': 'network={\n ssid="a"\n psk="secret phrase"\n}\nnetwork={\n ssid=706c616e74\n key_mgmt=NONE\n}\n',
    });
    expect(settings.wifi).toEqual({
      country: '00',
      networks: [
        { ssid: 'a', hidden: false, security: { kind: 'passphrase', passphrase: 'secret phrase' } },
        { ssid: 'plant', hidden: false, security: { kind: 'open' } },
      ],
      addressing: { dhcp: true },
    });
    expect(problems.map((p) => p.text)).toEqual([expect.stringContaining('no country was chosen')]);
  });

  test('a fixed address of netplan', () => {
    const { settings } = read({
      'network-config':
        'version: 2\nethernets:\n  eth0:\n    addresses: [10.0.0.5/24]\n    routes: [{to: default, via: 10.0.0.1}]\n    nameservers: {addresses: [10.0.0.1]}\n',
    });
    expect(settings).toEqual({ wired: { dhcp: false, address: '10.0.0.5/24', gateway: '10.0.0.1', dns: ['10.0.0.1'] } });
  });

  test('nonsense is no error, and what can be read is taken', () => {
    const { settings, problems } = read({
      'custom.toml': '[[[',
      'user-data': `hostname: [x\nssh_authorized_keys:\n  - ${KEY}\n`,
      'network-config': '- 1',
      'firstrun.sh': '\0',
    });
    expect(settings).toEqual({ sshKeys: [KEY] });
    expect(problems).toEqual([{ where: 'user-data', line: undefined, text: expect.stringContaining('is not whole') }]);
  });
});
