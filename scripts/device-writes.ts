// What a device writes to its disk, counted by the block layer of an ext4 with the real MQTT listener and the real gateway on it: idle, and at 20 messages a
// second with a sink that takes everything, with a file sink, with a sink that is away, with the gateway stopped. As root. The record is committed.
//   node scripts/device-writes.ts [--seconds 120] [--out FILE]
import { writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Device, Peer, sleep } from '../test/helpers/device-on-disk.ts';
import { freePort } from '../test/helpers/free-port.ts';
import { client, end } from '../test/ingress/kit.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string' }, out: { type: 'string' } } });
const seconds = Number(values.seconds ?? 120);
const EVERY_MS = 50;
/** What a start writes is no matter of a day: the kernel brings it to the disk after 30 s, and after a minute the gateway notes that it is healthy. */
const SETTLE_MS = 100_000;
const CASES = ['idle', 'rest', 'file', 'away', 'stopped'] as const;

const record: Record<string, unknown> = {
  what: `bytes written to the data partition in ${seconds} s, by the block layer; messages at 20 a second but for idle`,
  at: new Date().toISOString().slice(0, 10),
  node: process.version,
  machine: `${arch()}, ${cpus().length} cores, ${release()}`,
};
for (const kind of CASES) {
  const device = new Device();
  const peer = new Peer(await freePort());
  try {
    device.make();
    await device.startListener();
    await device.startGateway();
    if (kind !== 'away') await peer.open();
    await device.rule([
      kind === 'file'
        ? { file: { path: 'data/results/out.jsonl', fileType: 'lines', append: true, sendSingle: true } }
        : { rest: { url: `http://127.0.0.1:${peer.port}/`, method: 'post', bodyType: 'json', sendSingle: true } },
    ]);
    const sensor = kind === 'idle' ? undefined : await client(device.mqttPort);
    if (kind === 'stopped') await device.stopGateway();
    await sleep(SETTLE_MS);
    const beforeBytes = device.writtenBytes();
    let payloadBytes = 0;
    let sent = 0;
    const startMs = performance.now();
    for (let nextMs = startMs; performance.now() < startMs + seconds * 1000; nextMs += EVERY_MS) {
      await sleep(Math.max(0, nextMs - performance.now()));
      if (!sensor) continue;
      const payload = JSON.stringify({ id: `m0-${sent++}`, temperature: 71.5, device: 'press-7' });
      payloadBytes += payload.length;
      sensor.publish('sensors/press', payload, { qos: 1 });
    }
    await sleep(6000);
    const bytes = device.writtenBytes() - beforeBytes;
    record[kind] = {
      sent,
      payloadBytes,
      bytes,
      megabytesADay: Math.round(((bytes / seconds) * 86_400) / 1e5) / 10,
      load: Math.round(loadavg()[0]!),
    };
    process.stdout.write(`${kind}: ${JSON.stringify(record[kind])}\n`);
    if (sensor) await end(sensor);
  } finally {
    await peer.close();
    await device.remove();
  }
}
writeFileSync(
  values.out ?? join(resolve(import.meta.dirname, '..'), 'bench/results/device-writes.json'),
  `${JSON.stringify(record, null, 2)}\n`,
);
process.exit(0);
