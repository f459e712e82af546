// Load: publishes numbered sensor messages at a given rate over a raw socket (packets made beforehand, so that it costs little CPU).
// Run as a process of its own: node bench/publisher.ts PORT COUNT RATE TOPIC [QOS 0]; RATE 0 = flat out. Prints one JSON line at its end.
import { once } from 'node:events';
import net from 'node:net';

const [port, count, rate, topic] = [Number(process.argv[2]), Number(process.argv[3]), Number(process.argv[4]), process.argv[5]!];
const DEVICES = 100;

function remainingLength(n: number): number[] {
  const out: number[] = [];
  do {
    let b = n % 128;
    n = Math.floor(n / 128);
    if (n > 0) b |= 128;
    out.push(b);
  } while (n > 0);
  return out;
}
const text = (s: string) => {
  const b = Buffer.from(s);
  return Buffer.concat([Buffer.from([b.length >> 8, b.length & 255]), b]);
};
function publishPacket(i: number): Buffer {
  // half of the messages pass the filter temperature > 30
  const payload = JSON.stringify({
    device: `dev-${i % DEVICES}`,
    seq: i,
    temperature: 20 + ((i * 7) % 200) / 10,
    humidity: 40 + (i % 50),
    ts: Date.now(),
    status: 'ok',
  });
  const body = Buffer.concat([text(topic), Buffer.from(payload)]);
  return Buffer.concat([Buffer.from([0x30, ...remainingLength(body.length)]), body]);
}

const socket = net.connect(port, '127.0.0.1');
socket.setNoDelay(true);
const connect = Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0]), text(`bench_pub_${process.pid}`)]);
socket.write(Buffer.concat([Buffer.from([0x10, ...remainingLength(connect.length)]), connect]));
await once(socket, 'data');
const started = performance.now();
let sent = 0;
while (sent < count) {
  const due = rate === 0 ? count : Math.min(count, Math.floor(((performance.now() - started) / 1000) * rate));
  while (sent < due) {
    const n = Math.min(due - sent, 500);
    const chunk: Buffer[] = [];
    for (let k = 0; k < n; k++) chunk.push(publishPacket(sent + k));
    sent += n;
    if (!socket.write(Buffer.concat(chunk))) await once(socket, 'drain');
  }
  if (sent < count) await new Promise((resolve) => setTimeout(resolve, 2));
}
const ms = performance.now() - started;
socket.end(Buffer.from([0xe0, 0]));
await once(socket, 'close');
console.log(JSON.stringify({ sent, ms }));
