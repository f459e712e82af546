// What a sensor gets an answer for is delivered or on the disk; who may come in; limits. Real sockets, a disk that can be cut.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from '../../src/ingress/listener.ts';
import { CutDisk, client, end, gateway, giveUsers, listen, OWNER_PASSWORD } from './kit.ts';

let disk: CutDisk;
const clients: MqttClient[] = [];
const listeners: Listener[] = [];
const disks: CutDisk[] = [];
beforeEach(() => {
  disk = new CutDisk();
  disks.push(disk);
});
afterEach(async () => {
  for (const one of clients.splice(0)) await end(one);
  for (const one of listeners.splice(0)) await one.stop();
  for (const one of disks.splice(0)) one.remove();
});

const start = async (on = disk, options: Parameters<typeof listen>[1] = {}) => {
  const made = await listen(on, options);
  listeners.push(made.listener);
  return made;
};
const sensor = async (port: number, options: Parameters<typeof client>[1] = {}) => {
  const one = await client(port, options);
  clients.push(one);
  return one;
};
const reader = async (...args: Parameters<typeof gateway>) => {
  const made = await gateway(...args);
  clients.push(made.client);
  return made;
};
const until = async (what: () => boolean) => {
  for (let i = 0; i < 500 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(what()).toBe(true);
};
/** False when the connection ends before an answer. */
const answered = (one: MqttClient, topic: string) =>
  new Promise<boolean>((resolve) => {
    one.once('close', () => resolve(false));
    one.publish(topic, 'x', { qos: 1 }, (error) => resolve(!error));
  });
const payloads = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `m${from + i}`);

// @covers issue:16#1
describe('an answer to a sensor', () => {
  test('is given when the gateway has confirmed, and nothing is written then', async () => {
    // a grace that no busy machine exceeds
    const { listener, port } = await start(disk, { graceMs: 60_000 });
    const { got } = await reader(port);
    const one = await sensor(port);
    for (const text of payloads(50)) await one.publishAsync('sensors/a', text, { qos: 1 });
    expect(got).toEqual(payloads(50));
    expect(listener.figures).toMatchObject({ received: 50, delivered: 50, stored: 0, waiting: 0 });
    expect(listener.figures.journal.writtenBytes).toBe(0);
    expect(disk.syncs).toBe(0);
  });

  test('comes while the gateway is away, and every message of it after a power cut', async () => {
    const { port } = await start();
    const first = await reader(port);
    await end(first.client);
    const one = await sensor(port);
    for (const text of payloads(40)) await one.publishAsync('sensors/a', text, { qos: 1 });
    const image = disk.cut(() => 0.9);
    disks.push(image);
    const after = await start(image);
    expect(after.listener.figures.waiting).toBe(40);
    const second = await reader(after.port);
    await until(() => second.got.length >= 40);
    expect(second.got).toEqual(payloads(40));
  });

  // @covers finding:appliance#3.2
  test('would be a lie without the sync: the cut disk shows it', async () => {
    const { port } = await start();
    const first = await reader(port);
    await end(first.client);
    disk.skipSync = true;
    const one = await sensor(port);
    for (const text of payloads(40)) await one.publishAsync('sensors/a', text, { qos: 1 });
    const image = disk.cut(() => 0.9);
    disks.push(image);
    expect((await start(image)).listener.figures.waiting).toBe(0);
  });

  test('does not wait for a slow gateway longer than the grace: then the message is on the disk', async () => {
    const { listener, port } = await start();
    const open: (() => void)[] = [];
    const { got } = await reader(port, () => new Promise<void>((resolve) => open.push(resolve)));
    const one = await sensor(port);
    for (const text of payloads(10)) await one.publishAsync('sensors/a', text, { qos: 1 });
    expect(got).toEqual([]);
    expect(listener.figures).toMatchObject({ stored: 10, delivered: 0 });
    const image = disk.cut(() => 0.9);
    disks.push(image);
    const after = await start(image);
    const second = await reader(after.port);
    await until(() => second.got.length >= 10);
    expect(second.got).toEqual(payloads(10));
    for (const release of open) release();
  });

  test('QoS 2 from a sensor: one delivery, also when it sends again', async () => {
    const { port } = await start();
    const { got } = await reader(port);
    const one = await sensor(port);
    await one.publishAsync('sensors/a', 'x', { qos: 2 });
    await one.publishAsync('sensors/a', 'y', { qos: 2 });
    expect(got).toEqual(['x', 'y']);
  });

  test('more waits than memory takes: it is read from the disk, in order, and the disk is free again', async () => {
    const { listener, port } = await start();
    const first = await reader(port);
    await end(first.client);
    const one = await sensor(port);
    const many = payloads(3000).map((m) => m.padEnd(700, '.'));
    await Promise.all(many.map((text) => one.publishAsync('sensors/a', text, { qos: 1 })));
    expect(listener.figures.journal.segments).toBeGreaterThan(1);
    const second = await reader(port);
    await until(() => second.got.length >= 3000);
    expect(second.got).toEqual(many);
    await until(() => listener.figures.waiting === 0);
    expect(listener.figures.journal).toMatchObject({ openMessages: 0, segments: 1 });
  });

  test('what the gateway confirmed does not come again after a stop', async () => {
    const made = await listen(disk);
    const first = await reader(made.port);
    await end(first.client);
    const one = await sensor(made.port);
    for (const text of payloads(20)) await one.publishAsync('sensors/a', text, { qos: 1 });
    const second = await reader(made.port);
    await until(() => second.got.length === 20);
    await end(second.client);
    await made.listener.stop();
    const again = await start();
    expect(again.listener.figures.waiting).toBe(0);
    const third = await reader(again.port);
    await one.endAsync(true);
    const other = await sensor(again.port);
    await other.publishAsync('sensors/a', 'new', { qos: 1 });
    expect(third.got).toEqual(['new']);
  });

  test('is refused when nothing more can be kept: the sensor has the message', async () => {
    const { listener, port } = await start(disk, { sync: () => Promise.reject(new Error('EIO')) });
    const first = await reader(port);
    await end(first.client);
    const one = await sensor(port);
    expect(await answered(one, 'sensors/a')).toBe(false);
    expect(listener.figures.problem).toContain('EIO');
  });

  test('a message for nobody is answered at once', async () => {
    const { listener, port } = await start();
    const one = await sensor(port);
    await one.publishAsync('sensors/a', 'x', { qos: 1 });
    expect(listener.figures).toMatchObject({ received: 1, stored: 0 });
  });
});

describe('who comes in', () => {
  test('nobody without a password, nobody with a wrong one, and guessing is slowed', async () => {
    const { port, lines } = await start();
    await expect(client(port, { username: undefined, password: undefined } as never)).rejects.toThrow('Not authorized');
    await expect(client(port, { password: 'wrong' })).rejects.toThrow('Not authorized');
    await expect(client(port, { username: 'other' })).rejects.toThrow('Not authorized');
    const startMs = performance.now();
    await expect(client(port, { password: 'wrong' })).rejects.toThrow('Not authorized');
    expect(performance.now() - startMs).toBeGreaterThan(200);
    expect(lines.join('\n')).toContain('anonymous clients are not taken');
    expect(lines.join('\n')).not.toContain(OWNER_PASSWORD);
  });

  test('a user publishes and subscribes what is listed for it, and nothing else', async () => {
    giveUsers(disk, [{ name: 'press1', password: 'a long one', publish: ['plant/%u/#'], subscribe: ['commands/%c'] }]);
    const { port } = await start();
    const { got } = await reader(port, () => undefined, '#');
    const press = await sensor(port, { username: 'press1', password: 'a long one', clientId: 'c1', protocolVersion: 5 });
    await press.publishAsync('plant/press1/state', 'on', { qos: 1 });
    await expect(press.publishAsync('plant/press2/state', 'off', { qos: 1 })).rejects.toThrow('Not authorized');
    await expect(press.publishAsync('commands/c1', 'x', { qos: 1 })).rejects.toThrow('Not authorized');
    await expect(press.subscribeAsync('#')).rejects.toThrow();
    await expect(press.subscribeAsync('commands/+')).rejects.toThrow();
    expect(await press.subscribeAsync('commands/c1')).toMatchObject([{ topic: 'commands/c1', qos: 0 }]);
    expect(got).toEqual(['on']);
  });

  test('with MQTT 3.1.1 a refused message ends the connection: an answer would say that it was taken', async () => {
    giveUsers(disk, [{ name: 'press1', password: 'a long one', publish: ['plant/press1/#'] }]);
    const { port } = await start();
    const press = await sensor(port, { username: 'press1', password: 'a long one' });
    expect(await answered(press, 'plant/press2/state')).toBe(false);
    expect(press.connected).toBe(false);
  });

  test('a session is its user’s: another one does not take it over', async () => {
    giveUsers(disk, [{ name: 'press1', password: 'a long one', publish: ['x'] }]);
    const { port } = await start();
    await reader(port);
    await expect(client(port, { username: 'press1', password: 'a long one', clientId: 'gateway', clean: false })).rejects.toThrow(
      'Identifier rejected',
    );
  });
});

describe('the listener', () => {
  test('keeps sessions and subscriptions over a stop, and retained messages', async () => {
    const made = await listen(disk);
    const first = await reader(made.port);
    const one = await sensor(made.port);
    await one.publishAsync('sensors/r', 'kept', { qos: 1, retain: true });
    await until(() => first.got.length === 1);
    await end(first.client);
    await end(one);
    await made.listener.stop();
    expect(readFileSync(join(disk.folder, 'sessions.json'), 'utf8')).toContain('"sensors/#":1');
    const again = await start();
    const other = await sensor(again.port);
    const seen = new Promise<[string, boolean]>((resolve) =>
      other.once('message', (_t, payload, packet) => resolve([payload.toString(), packet.retain])),
    );
    await other.subscribeAsync('sensors/+');
    expect(await seen).toEqual(['kept', true]);
  });

  test('a packet that is announced as too large ends the connection, and no other', async () => {
    const { port, lines } = await start();
    const calm = await sensor(port);
    const one = await sensor(port);
    one.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => one.once('close', () => resolve()));
    one.publish('sensors/a', Buffer.alloc(2_000_000), { qos: 0 });
    await gone;
    await calm.publishAsync('sensors/a', 'x', { qos: 1 });
    expect(lines.join('\n')).toContain('a packet of more than 1048576 bytes');
  });

  test('a will is published when a client is cut off, not when it says goodbye', async () => {
    const { port } = await start();
    const { got } = await reader(port);
    const will = { topic: 'sensors/will', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    const polite = await sensor(port, { will });
    await polite.endAsync();
    const cut = await sensor(port, { will });
    cut.stream.destroy();
    await until(() => got.length > 0);
    expect(got).toEqual(['gone']);
  });

  test('another connection with the same client id ends the first', async () => {
    const { port, listener } = await start();
    const one = await sensor(port, { clientId: 'same' });
    const gone = new Promise<void>((resolve) => one.once('close', () => resolve()));
    await sensor(port, { clientId: 'same' });
    await gone;
    expect(listener.figures.clients).toBe(1);
  });

  test('properties of MQTT 5 travel with the message, also through the journal', async () => {
    const { port } = await start();
    const first = await sensor(port, { clientId: 'g5', clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 3600 } });
    await first.subscribeAsync('sensors/#', { qos: 1 });
    await end(first);
    const one = await sensor(port, { protocolVersion: 5 });
    const properties = { contentType: 'text/plain', correlationData: Buffer.from([1, 255]), userProperties: { a: 'b' } };
    await one.publishAsync('sensors/a', 'x', { qos: 1, properties });
    const image = disk.cut(() => 0);
    disks.push(image);
    const after = await start(image);
    const came = Promise.withResolvers<{ properties?: object }>();
    const options = { clientId: 'g5', clean: false, protocolVersion: 5 as const, properties: { sessionExpiryInterval: 3600 } };
    clients.push(
      await client(after.port, { username: 'kuiper', password: OWNER_PASSWORD, ...options }, (p) =>
        came.resolve(p as { properties?: object }),
      ),
    );
    const packet = await came.promise;
    expect(packet.properties).toMatchObject({
      contentType: 'text/plain',
      correlationData: Buffer.from([1, 255]),
      userProperties: { a: 'b' },
    });
  });

  test('too many connections of one address are refused', async () => {
    const { port } = await start(disk, { maxClientsPerAddress: 2 });
    await sensor(port);
    await sensor(port);
    await expect(client(port)).rejects.toThrow();
  });

  test('new users come in without a restart, and a removed one is out', async () => {
    giveUsers(disk, [{ name: 'a', password: 'a long one', publish: ['#'] }]);
    const { listener, port } = await start();
    const one = await sensor(port, { username: 'a', password: 'a long one' });
    const gone = new Promise<void>((resolve) => one.once('close', () => resolve()));
    giveUsers(disk, [{ name: 'b', password: 'another long one', publish: ['#'] }]);
    listener.look();
    await gone;
    await sensor(port, { username: 'b', password: 'another long one' });
  });

  test('writes nothing outside of its folder, and no temporary file stays', async () => {
    const made = await listen(disk);
    await reader(made.port);
    for (const one of clients.splice(0)) await end(one);
    await made.listener.stop();
    expect(existsSync(join(disk.folder, 'sessions.json'))).toBe(true);
    expect(readdirSync(disk.folder, { recursive: true, encoding: 'utf8' }).filter((n) => /tmp|new/.test(n))).toEqual([]);
    writeFileSync(join(disk.folder, 'sessions.json'), '{');
    await expect(listen(disk)).rejects.toThrow();
  });
});
