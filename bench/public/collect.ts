// What comes out by MQTT, a process of its own: keeps results with the time of their arrival until it is asked for them.
//   fork('bench/public/collect.ts', [PORT, TOPIC])
import mqtt from 'mqtt';

const [port, topic = ''] = process.argv.slice(2);
let rows: [text: string, atMs: number][] = [];
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
client.on('message', (_topic, payload) => void rows.push([payload.toString(), performance.timeOrigin + performance.now()]));
await client.subscribeAsync(topic);
process.on('message', () => {
  process.send?.(rows);
  rows = [];
});
process.send?.('ready');
