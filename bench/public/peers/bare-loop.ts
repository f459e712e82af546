// The yardstick: mqtt.js, JSON.parse and an if, nothing else.
//   node bench/public/peers/bare-loop.ts BROKER TOPIC FIELD ABOVE OUT
import mqtt from 'mqtt';

const [broker = '', topic = '', field = '', above, out = ''] = process.argv.slice(2);
const bound = Number(above);
const client = await mqtt.connectAsync(broker, { protocolVersion: 4 });
client.on('message', (_topic, payload) => {
  const row = JSON.parse(payload.toString()) as Record<string, number>;
  if ((row[field] ?? 0) > bound) client.publish(out, JSON.stringify(row));
});
await client.subscribeAsync(topic);
