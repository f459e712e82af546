// How each command of the appliance's pages is executed by the image test. A page with a command that is not here, and an entry that no page has any more,
// fail test/docs/appliance.test.ts. Commands run as they stand there: only names and addresses that a person fills in are replaced (`asTyped`).
// Run in this order by checks/docs.ts on one device.

export interface DocRun {
  command: string;
  /** `device`: as the login user over SSH. `laptop`: on this machine, as another one. `release`: on this machine, beside the image's files.
   *  `updates`: by `make test-updates` with real bundles. `build`: it makes what is tested here, or is this test. `elsewhere`: needs what is no part of this
   *  test, as `why` says. */
  on: 'device' | 'laptop' | 'release' | 'updates' | 'build' | 'elsewhere';
  /** In the output. */
  shows?: RegExp;
  /** The command ends the device's life as it was: it is executed by this check. */
  check?: string;
  why?: string;
  deadlineMs?: number;
}

const device = (command: string, shows: RegExp, deadlineMs = 120_000): DocRun => ({ command, on: 'device', shows, deadlineMs });
const laptop = (command: string, shows: RegExp, deadlineMs = 120_000): DocRun => ({ command, on: 'laptop', shows, deadlineMs });

export const REBOOT_CHECK = 'kuiper system reboot comes back to "running"';
export const POWEROFF_CHECK = 'kuiper system poweroff switches the device off';
export const RESET_CHECK = 'kuiper system reset --yes begins anew';

export const DOC_RUNS: readonly DocRun[] = [
  // first boot
  laptop('ssh kuiper@kuiper-XXXX.local', /^$/),
  device('kuiper system status', /Gateway +\S+, running for[\s\S]*MQTT +\d+ clients/),
  device('kuiper show rules', /provisioned/),
  laptop('scp -r kuiper@NAME.local:/var/lib/kuiper-device/access .', /^$/),
  device('kuiper system access', /BEGIN CERTIFICATE[\s\S]*# REST token\n\S{20}/),
  // the first message
  device(`kuiper create mqttuser press1 --password "a long one" --publish 'plant/press1/#'`, /press1/),
  device(`kuiper create stream plant '() WITH (DATASOURCE="plant/+/state", FORMAT="JSON")'`, /Stream plant is created/),
  device(
    `kuiper create rule warm '{"sql": "SELECT temperature, meta(topic) AS topic FROM plant WHERE temperature > 70", "actions": [{"file": {"path": "data/results/warm.jsonl", "fileType": "lines", "append": true}}]}'`,
    /Rule warm was created/,
  ),
  laptop(
    `mosquitto_pub -h NAME.local -p 8883 --cafile access/tls.crt -u press1 -P "a long one" -t plant/press1/state -q 1 -m '{"temperature": 71}'`,
    /^$/,
  ),
  device('tail /opt/kuiper/data/results/warm.jsonl', /"temperature":71,"topic":"plant\/press1\/state"/),
  laptop(
    `mosquitto_pub -h NAME.local -p 8883 --cafile access/tls.crt -u kuiper -P "$(cat access/mqtt-password)" -t sensors/a -q 1 -m '{"temperature": 99}'`,
    /^$/,
  ),
  laptop(`curl --cacert access/tls.crt -H "Authorization: Bearer $(cat access/rest-token)" https://NAME.local:9081/rules`, /"id":"warm"/),
  device(`kuiper create mqttuser press1 --password "a long one" --publish 'plant/press1/#' --subscribe 'commands/press1'`, /press1/),
  // looking
  device('kuiper system logs', /kuiper/),
  device('kuiper system logs [--kept]', /\S/),
  device('kuiper system logs --kept', /\S/),
  device('journalctl -u kuiper', /restful api/i),
  device('kuiper show deadletters', /^/),
  device('kuiper gethealth rule NAME', /\S/),
  device('kuiper system support-bundle', /kuiper-support\.tar\.gz/, 240_000),
  laptop('scp kuiper@NAME.local:kuiper-support.tar.gz .', /^$/),
  device('kuiper backup FILE', /\S/),
  device('kuiper system update status', /Slot|version/i),
  // settings
  device('kuiper system config get KEY', /basic\.enablePrivateNet = false/),
  device('kuiper system config set KEY', /basic\.enablePrivateNet = true/),
  device('kuiper system config unset KEY', /basic\.enablePrivateNet = false/),
  // service
  device('systemctl status kuiper', /Active: active/),
  device('systemctl reload kuiper', /^$/),
  device('systemctl restart kuiper', /^$/, 300_000),
  device('systemctl stop kuiper', /^$/),
  device('systemctl start kuiper', /^$/, 300_000),
  device('kuiper system rest close', /answers this device only/, 300_000),
  device('kuiper system rest open', /port 9081[\s\S]*Token: \S{20}/, 300_000),
  { command: 'ssh -L 9081:127.0.0.1:9081 kuiper@NAME.local', on: 'laptop', shows: /"id":"warm"/ },
  // network
  device(
    `cat > net.yaml <<'END'\nnetwork:\n  wired: {address: 192.168.1.20/24, gateway: 192.168.1.1, dns: [192.168.1.1]}\nfirewall:\n  allow: [{port: 502, from: 192.168.1.0/24}]\nEND`,
    /^$/,
  ),
  device('kuiper network set net.yaml', /trial|confirm/i),
  device('kuiper network confirm', /\S/),
  device('kuiper network show', /confirmed/),
  // the device itself
  { command: 'kuiper system reboot', on: 'device', check: REBOOT_CHECK },
  { command: 'kuiper system poweroff', on: 'device', check: POWEROFF_CHECK },
  { command: 'kuiper system reset --yes', on: 'device', check: RESET_CHECK },
  // the release's files
  { command: 'sha256sum --check --ignore-missing SHA256SUMS', on: 'release', shows: /img\.zst: OK/ },
  { command: 'zstd -d FILE.zst', on: 'release', shows: /^/ },
  {
    command: 'zstd -dc kuiper-gateway_<version>_arm64.img.zst | sudo dd of=/dev/sdX bs=4M conv=fsync status=progress',
    on: 'release',
    shows: /bytes/,
  },
  // updates
  ...['', ' status', ' restart', ' confirm', ' rollback', ' kuiper-gateway_0.2.0_arm64.raucb']
    .map((rest) => `kuiper system update${rest}`)
    .filter((command) => command !== 'kuiper system update status')
    .map((command): DocRun => ({ command, on: 'updates' })),
  // builders, not owners
  ...['make image', 'make test-image', 'make qemu', 'make image-lock', 'make campaign', 'make update-keys', 'make bundle'].map(
    (command): DocRun => ({ command, on: 'build' }),
  ),
  // other computers
  { command: 'Get-FileHash kuiper-gateway_<version>_arm64.img.zst -Algorithm SHA256', on: 'elsewhere', why: 'Windows PowerShell' },
  { command: 'diskutil list', on: 'elsewhere', why: 'macOS' },
  { command: 'lsblk', on: 'elsewhere', why: 'lists the disks of the computer that flashes' },
  { command: 'rpi-imager --repo rpi-imager.json', on: 'elsewhere', why: 'a window of Raspberry Pi Imager' },
];

export interface Typed {
  sshPort: number;
  mqttsPort: number;
  restPort: number;
  /** Options of ssh and scp: key, known hosts. */
  sshOptions: string;
  hostname: string;
  /** Of a rule that is there. */
  rule: string;
}

/** What a person fills in; an emulated device is behind ports of this machine. */
export function asTyped({ command, on }: DocRun, { sshPort, mqttsPort, restPort, sshOptions, hostname, rule }: Typed): string {
  if (on === 'device')
    return command
      .replace(/^(kuiper system config set) KEY$/, '$1 KEY true')
      .replaceAll('KEY', 'basic.enablePrivateNet')
      .replace('gethealth rule NAME', `gethealth rule ${rule}`)
      .replace('backup FILE', 'backup mine.kuiper')
      .replace(' [--kept]', ' -n 20')
      .replaceAll('192.168.1.20/24', '10.0.2.15/24')
      .replaceAll('192.168.1.0/24', '10.0.2.0/24')
      .replaceAll('192.168.1.1', '10.0.2.2');
  // a session is not left open: the command is given one to do
  if (command.startsWith('ssh -L '))
    return `ssh ${sshOptions} -p ${sshPort} -N -o ExitOnForwardFailure=yes -L ${restPort + 1}:127.0.0.1:9081 kuiper@127.0.0.1 & job=$!; sleep 10; curl -sk -H "Authorization: Bearer $(cat access/rest-token)" https://127.0.0.1:${restPort + 1}/rules; code=$?; kill $job; exit $code`;
  return command
    .replace(/^ssh kuiper@kuiper-XXXX\.local$/, `ssh ${sshOptions} -p ${sshPort} kuiper@127.0.0.1 true`)
    .replace(/^scp (-r )?kuiper@NAME\.local:/, (_all, r = '') => `scp ${r}${sshOptions} -P ${sshPort} kuiper@127.0.0.1:`)
    .replace(
      /^curl (.*)https:\/\/NAME\.local:9081/,
      `curl -sS --resolve ${hostname}.local:${restPort}:127.0.0.1 $1https://${hostname}.local:${restPort}`,
    )
    .replace('-h NAME.local -p 8883', `-h 127.0.0.1 -p ${mqttsPort}`);
}
