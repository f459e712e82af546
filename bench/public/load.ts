// The load, a process of its own: publishes the messages of a job over a raw socket at a fixed rate. It says how many it sent, and when the last one went.
//   node bench/public/load.ts PORT JOB PREFIX FROM COUNT RATE
import { once } from 'node:events';
import net from 'node:net';
import mqttPacket from 'mqtt-packet';
import { jobNamed } from './jobs/index.ts';

const [port, name = '', prefix = '', from, count, rate] = process.argv.slice(2).map((a, i) => (i === 1 || i === 2 ? a : Number(a))) as [
  number,
  string,
  string,
  number,
  number,
  number,
];
const job = jobNamed(name);
const MAX_CHUNK = 500;
const STEP_MS = 2;

const socket = net.connect(port, '127.0.0.1');
socket.setNoDelay(true);
socket.write(
  mqttPacket.generate({
    cmd: 'connect',
    clientId: `load_${process.pid}`,
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    protocolId: 'MQTT',
  }),
);
await once(socket, 'data');

function packet(i: number): Buffer {
  const { topic, payload } = job.message(i);
  return mqttPacket.generate({ cmd: 'publish', topic: `${prefix}/${topic}`, payload, qos: 0, dup: false, retain: false });
}

const started = performance.now();
let sent = 0;
while (sent < count) {
  const due = Math.min(count, Math.floor(((performance.now() - started) / 1000) * rate));
  while (sent < due) {
    const n = Math.min(due - sent, MAX_CHUNK);
    const chunk: Buffer[] = [];
    for (let k = 0; k < n; k++) chunk.push(packet(from + sent + k));
    sent += n;
    if (!socket.write(Buffer.concat(chunk))) await once(socket, 'drain');
  }
  if (sent < count) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
}
socket.end(mqttPacket.generate({ cmd: 'disconnect' }));
await once(socket, 'close');
console.log(JSON.stringify({ sent, ms: performance.now() - started, endedAt: Date.now() }));
