// What the owner does without root, and REST from outside on the first boot, by real addresses.
import { request } from 'node:https';
import { checkServerIdentity, connect } from 'node:tls';
import { expectThat, type Report } from '../report.ts';
import { prepareDisk, startVm, until, type Vm, type VmOptions } from '../vm.ts';
import { brokenFiles } from './broken-files.ts';
import { docs, powerOff, reset } from './docs.ts';

/** As a person may write it: a tab, a star without quotes, a quote that is not closed. */
const BROKEN_YAML = `hostname: kuiper-owner
ssh:
  keys:
    - @KEY@
rest: {remote: yes}
mqtt:
\tpassword: *open-Sesame-42
timezone: "Europe/Berlin
streams:
  - CREATE STREAM provisioned () WITH (DATASOURCE="provisioned/#", FORMAT="JSON")
rules:
  - id: provisioned
    sql: SELECT * FROM provisioned
    actions: [{file: {path: data/results/provisioned.jsonl, interval: 100, fileType: lines, append: true}}]
`;

/** Of the device in QEMU's network. Its ports are those of this machine. */
const DEVICE_IP = '10.0.2.15';

/** REST as another machine calls it. @param name of the device, or its IP address: then without a name in the request, and the certificate is for the address */
const rest = (vm: Vm, ca: string, token: string | undefined, name: string, path = '/rules', timeout = 120_000) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: vm.restPort,
        path,
        ca,
        servername: name === DEVICE_IP ? '' : name,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
        timeout,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    call.on('error', reject);
    call.end();
  });

export async function owner(report: Report, image: string, dir: string): Promise<void> {
  const options: VmOptions = { image, dir, gatewayYaml: BROKEN_YAML };
  prepareDisk(options);
  let vm = await startVm(options);
  try {
    const up = await report.check(
      'a gateway.yaml that is no YAML: the device comes up, SSH works, the report tells each line',
      async () => {
        await vm.root('true', 1_200_000);
        const state = await vm.root('systemctl is-system-running --wait; systemctl --failed --no-legend', 1_200_000);
        expectThat(state.out.trim() === 'running', state.out);
        const { code, out } = await vm.ssh('cat /var/lib/kuiper-device/gateway-report.txt');
        expectThat(code === 0, out);
        for (const part of [
          'Applied: hostname, ssh, mqtt.password, rest, streams, rules',
          'begins with a tab',
          'begins with "*"',
          'timezone: a quote',
        ])
          expectThat(out.includes(part), out);
        const file = await vm.root('cat /boot/firmware/gateway.yaml /boot/firmware/gateway-report.txt');
        expectThat(!file.out.includes('Sesame'), file.out);
        return `${Math.round(vm.uptimeMs() / 1000)} s after power on`;
      },
    );
    if (!up) return;
    await fromOutside(report, vm);
    await docs(report, vm, options, 'kuiper-owner');
    await openAndClose(report, vm);
    await brokenFiles(report, vm);
    vm = await powerCut(report, vm, options);
    await reset(report, vm);
    await powerOff(report, vm);
  } finally {
    await vm.kill();
  }
}

async function fromOutside(report: Report, vm: Vm): Promise<void> {
  await report.check('REST over TLS from outside on the first boot, verified by CA, with the token', async () => {
    const ca = (await vm.ssh('cat /var/lib/kuiper-device/access/tls.crt')).out;
    const token = (await vm.ssh('cat /var/lib/kuiper-device/access/rest-token')).out.trim();
    const good = await rest(vm, ca, token, 'kuiper-owner.local');
    expectThat(good.status === 200, `${good.status} ${good.text}`);
    const without = await rest(vm, ca, undefined, 'kuiper-owner.local');
    expectThat(without.status === 401, `without a token: ${without.status}`);
    return undefined;
  });
  await report.check(
    'REST and MQTT over TLS from outside on the first boot, verified by CA and by the IP address of the device',
    async () => {
      const ca = (await vm.ssh('cat /var/lib/kuiper-device/access/tls.crt')).out;
      const token = (await vm.ssh('cat /var/lib/kuiper-device/access/rest-token')).out.trim();
      let seen = '';
      // The address may come after the first certificate: then there is a next one of the same authority.
      await until(
        async () => {
          seen = await rest(vm, ca, token, DEVICE_IP).then(
            ({ status }) => `answered ${status}`,
            (error: Error) => error.message,
          );
          return seen === 'answered 200';
        },
        90_000,
        `REST is not for ${DEVICE_IP}`,
        3000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}: ${seen}`);
      });
      await new Promise<void>((resolve, reject) => {
        const socket = connect(
          {
            host: '127.0.0.1',
            port: vm.mqttsPort,
            ca,
            servername: '',
            checkServerIdentity: (_host, certificate) => checkServerIdentity(DEVICE_IP, certificate),
          },
          () => resolve(void socket.end()),
        );
        socket.setTimeout(60_000, () => socket.destroy(new Error('MQTT over TLS: no answer within 60 s')));
        socket.once('error', reject);
      });
      return undefined;
    },
  );
  await report.check('kuiper without variables, status, settings, logs, support bundle (as user kuiper)', async () => {
    const show = await vm.ssh('kuiper show rules');
    expectThat(show.code === 0 && show.out.includes('provisioned'), show.out);
    const status = await vm.ssh('kuiper system status');
    expectThat(status.code === 0 && /MQTT +\d+ clients/.test(status.out) && status.out.includes('Applied:'), status.out);
    const set = await vm.ssh('kuiper system config set basic.enablePrivateNet true && kuiper system config get basic.enablePrivateNet');
    expectThat(set.code === 0 && set.out.includes('owner.json'), set.out);
    const logs = await vm.ssh('kuiper system logs -n 20');
    expectThat(logs.code === 0 && logs.out.length > 100, logs.out);
    const bundle = await vm.ssh('kuiper system support-bundle && tar tzf kuiper-support.tar.gz', 180_000);
    expectThat(bundle.code === 0 && bundle.out.includes('journal.txt'), bundle.out);
    const user = await vm.ssh('kuiper create mqttuser press1 --password "a long one" --publish plant/press1/# && kuiper show mqttusers');
    expectThat(user.code === 0 && user.out.includes('plant/press1/#'), user.out);
    return undefined;
  });
  await report.check('a sensor’s user may publish its topics and no other', async () => {
    await new Promise((resolve) => setTimeout(resolve, 8000)); // the listener reads the file every 5 s
    const good = await vm.root('mosquitto_pub -V 5 -u press1 -P "a long one" -t plant/press1/state -q 1 -m x; echo rc $?');
    const bad = await vm.root('mosquitto_pub -u press1 -P "a long one" -t sensors/a -q 1 -m x; echo rc $?');
    expectThat(good.out.includes('rc 0'), good.out);
    expectThat(!bad.out.includes('rc 0'), bad.out);
    return undefined;
  });
}

async function openAndClose(report: Report, vm: Vm): Promise<void> {
  await report.check(
    'REST is closed and opened for other machines at once, without a restart of the device; the old token is worth nothing',
    async () => {
      const ca = (await vm.ssh('cat /var/lib/kuiper-device/access/tls.crt')).out;
      const token = async () => (await vm.ssh('cat /var/lib/kuiper-device/access/rest-token')).out.trim();
      const before = await token();
      const closed = await vm.ssh('kuiper system rest close');
      expectThat(closed.code === 0, closed.out);
      const answer = await rest(vm, ca, before, 'kuiper-owner.local', '/rules', 8000).then(
        (r) => `answered ${r.status}`,
        () => 'closed',
      );
      expectThat(answer === 'closed', answer);
      const rules = await vm.ssh('kuiper show rules');
      expectThat(rules.code === 0 && rules.out.includes('provisioned'), `the command line on the device: ${rules.out}`);
      const opened = await vm.ssh('kuiper system rest open');
      expectThat(opened.code === 0, opened.out);
      const now = await token();
      expectThat(now !== before, 'the token is the old one');
      const good = await rest(vm, ca, now, 'kuiper-owner.local');
      const old = await rest(vm, ca, before, 'kuiper-owner.local');
      expectThat(good.status === 200 && old.status === 401, `${good.status} ${old.status}`);
      return undefined;
    },
  );
}

/** @returns the machine after the cut */
async function powerCut(report: Report, vm: Vm, options: VmOptions): Promise<Vm> {
  let after = vm;
  await report.check('with the gateway stopped sensors get their answers, and a power cut takes none of the messages', async () => {
    const stopped = await vm.ssh('systemctl stop kuiper');
    expectThat(stopped.code === 0, stopped.out);
    const sent = await vm.root(
      `p=$(cat /var/lib/kuiper-device/mqtt-password); seq 200 | sed 's/.*/{"n":&}/' | mosquitto_pub -u kuiper -P "$p" -t provisioned/a -q 1 -l; echo rc $?`,
      180_000,
    );
    expectThat(sent.out.includes('rc 0'), sent.out);
    await vm.kill();
    after = await startVm(options);
    await after.root('true', 1_200_000);
    await after.root('systemctl is-system-running --wait', 1_200_000);
    let out = '';
    await until(
      async () => {
        out = (await after.ssh('sort -u /opt/kuiper/data/results/provisioned.jsonl | grep -c n')).out;
        return Number(out) >= 200;
      },
      400_000,
      'not all of the 200 rows came out',
      3000,
    );
    return `${out.trim()} of 200 rows in the result after the cut, read by the owner`;
  });
  return after;
}
