// The main job on the device: a message published with the device's password comes out of a rule; anonymous is refused.
import { connectAsync } from 'mqtt';
import { expectThat, type Report } from '../report.ts';
import type { Vm } from '../vm.ts';

export const STREAM = 'CREATE STREAM sensors () WITH (DATASOURCE="sensors/+", FORMAT="JSON")';
export const RULE = {
  id: 'hot',
  sql: 'SELECT device, temperature FROM sensors WHERE temperature > 30',
  actions: [{ mqtt: { connectionSelector: 'local', server: 'tcp://127.0.0.1:1883', topic: 'hot', sendSingle: true, qos: 1 } }],
};

/** A script for the guest: publishes messages until the rule says something on its topic. Prints that, nothing when none came. */
export function roundTrip(marker: number, waitS: number, topic = 'hot'): string {
  return `p=$(cat /var/lib/kuiper-device/mqtt-password)
mosquitto_sub -u kuiper -P "$p" -t ${topic} -q 1 -C 1 -W ${waitS} >/run/out.txt & sub=$!
# One publisher for all messages: starting programs would take the emulated CPU from the gateway.
while kill -0 $sub 2>/dev/null; do
  echo '{"device":"a","temperature":${marker}}'; echo '{"device":"a","temperature":1}'; sleep 0.3
done | mosquitto_pub -u kuiper -P "$p" -t sensors/a -q 1 -l
wait $sub; cat /run/out.txt`;
}

export async function ruleRuns(report: Report, vm: Vm): Promise<void> {
  await report.check('the command line makes a stream and a rule (as user kuiper)', async () => {
    const stream = await vm.ssh(`kuiper create stream '${STREAM.replace(/^CREATE STREAM /, '')}'`);
    expectThat(stream.code === 0, stream.out);
    const rule = await vm.ssh(`kuiper create rule hot '${JSON.stringify(RULE)}'`);
    expectThat(rule.code === 0, rule.out);
    return undefined;
  });
  await report.check('a message with the device password comes out of the rule', async () => {
    const { out } = await vm.root(roundTrip(42, 60), 120_000);
    if (!out.includes('"temperature":42')) {
      const status = await vm.root('kuiper getstatus rule hot; journalctl -u kuiper -u kuiper-mqtt -o cat | tail -n 20');
      throw new Error(`got ${out}; ${status.out}`);
    }
    return out.trim();
  });
  await report.check('anonymous and a wrong password are refused', async () => {
    const anonymous = await vm.root('mosquitto_pub -t x -m y; echo rc $?');
    const wrong = await vm.root('mosquitto_pub -u kuiper -P wrong -t x -m y; echo rc $?');
    expectThat(/rc [1-9]/.test(anonymous.out) && /rc [1-9]/.test(wrong.out), `${anonymous.out} ${wrong.out}`);
    return undefined;
  });
  await report.check('MQTT over TLS from another machine, with the device certificate and password', async () => {
    const ca = (await vm.root('cat /var/lib/kuiper-device/tls.crt')).out;
    const url = `mqtts://localhost:${vm.mqttsPort}`;
    const open = (username: string | undefined, password: string | undefined) =>
      connectAsync(url, {
        ca: [ca],
        username,
        password,
        servername: 'kuiper-test.local',
        reconnectPeriod: 0,
        connectTimeout: 60_000,
      });
    const client = await open('kuiper', 'open-Sesame-42');
    try {
      const got = new Promise<string>((resolve, reject) => {
        client.on('message', (_topic, payload) => resolve(payload.toString()));
        setTimeout(() => reject(new Error('no output of the rule within 60 s')), 60_000).unref();
      });
      await client.subscribeAsync('hot', { qos: 1 });
      await client.publishAsync('sensors/b', '{"device":"b","temperature":77}', { qos: 1 });
      expectThat((await got).includes('77'), await got);
    } finally {
      await client.endAsync(true);
    }
    const refused = await open(undefined, undefined).then(
      (anonymous) => anonymous.endAsync(true).then(() => 'accepted'),
      (error: Error) => error.message,
    );
    expectThat(refused !== 'accepted', 'anonymous was accepted over TLS');
    return refused;
  });
  await report.check('REST says what runs', async () => {
    const { out } = await vm.root(
      `/opt/kuiper/lib/bin/node -e 'fetch("http://127.0.0.1:9081/rules").then(async (r) => console.log(r.status, await r.text()))'`,
    );
    expectThat(out.startsWith('200') && out.includes('hot') && out.includes('provisioned'), out);
    return out.trim().slice(0, 120);
  });
}
