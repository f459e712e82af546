// Three gateways divide a shared subscription of a real broker, and one is killed under load: what it was given and had not delivered waits in its
// session, and comes when it is back. What the page says of brokers is from here.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, it } from 'vitest';
import { startMosquitto, until } from '../../helpers/mosquitto.ts';

// @covers issue:22#6
it('gateways divide a shared subscription, and nothing is lost when one is killed and comes back', async () => {
  const broker = await startMosquitto();
  const server = `tcp://127.0.0.1:${broker.port}`;
  const folders = [0, 1, 2].map(() => mkdtempSync(join(tmpdir(), 'kuiper-share-')));
  const members: ChildProcess[] = [];
  const start = async (i: number) => {
    const settings = JSON.stringify({ server, dataDir: folders[i], expirySeconds: 3600 });
    const member = spawn(process.execPath, [join(import.meta.dirname, 'share-member.ts'), settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(member.stdout, 'data');
    members[i] = member;
  };
  const client = await mqtt.connectAsync(server);
  try {
    for (const i of [0, 1, 2]) await start(i);
    const seen = new Map<number, number>();
    client.on('message', (_topic, payload) => {
      const { n } = JSON.parse(payload.toString()) as { n: number };
      seen.set(n, (seen.get(n) ?? 0) + 1);
    });
    await client.subscribeAsync('out', { qos: 1 });
    const send = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await client.publishAsync('in/x', JSON.stringify({ n }), { qos: 1 });
    };
    // until each is given something
    await send(0, 150);
    members[1]!.kill('SIGKILL');
    await send(150, 450);
    await until(() => seen.size > 200, 'the others go on', 60_000);
    expect(seen.size).toBeLessThan(450);
    await start(1);
    await until(() => seen.size === 450, 'all messages came out', 60_000);
  } finally {
    for (const m of members) m.kill('SIGKILL');
    await client.endAsync(true);
    await broker.stop();
    for (const f of folders) rmSync(f, { recursive: true, force: true });
  }
}, 180_000);
