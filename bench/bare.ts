// The yardstick: mqtt.js + JSON.parse + the filter as a JavaScript function, nothing else. With OUT it publishes what passes.
// node bench/bare.ts PORT TOPIC [OUT]; prints the count when asked by SIGUSR2.
import mqtt from 'mqtt';

const [port, topic, out] = [process.argv[2], process.argv[3]!, process.argv[4]];
let received = 0;
let passed = 0;
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
const filter = new Function('m', 'return m.temperature > 30') as (m: unknown) => boolean;
client.on('message', (_topic, payload) => {
  received++;
  const m = JSON.parse(payload.toString()) as { device: string; temperature: number };
  if (!filter(m)) return;
  passed++;
  if (out) client.publish(out, JSON.stringify({ device: m.device, temperature: m.temperature }));
});
await client.subscribeAsync(topic);
process.on('message', () => process.send!({ received, passed }));
process.send!('ready');
