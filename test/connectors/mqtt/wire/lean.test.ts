// The frequent packets past the package, on a connection: what is confirmed, given back and ended stays as it was promised.

import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import mqttPacket from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { MqttConnection } from '../../../../src/connectors/mqtt/connection.ts';
import { type ConnectionProps, connectionOptions, readConnection } from '../../../../src/connectors/mqtt/options.ts';
import type { Arriving } from '../../../../src/connectors/mqtt/wire/publish-frame.ts';
import { parseOptions } from '../../../../src/contract/props.ts';
import { createTestContext } from '../../../helpers/connector-context.ts';
import { until } from '../../../helpers/mosquitto.ts';
import { openScriptedBroker, type ScriptedBroker } from '../../../helpers/scripted-broker.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function connect(url: string, props: Record<string, unknown> = {}, persistent = false): MqttConnection {
  const ctx = createTestContext();
  const read = readConnection(
    parseOptions<ConnectionProps>('mqtt', connectionOptions, { server: url, protocolVersion: '3.1.1', ...props }),
  );
  const connection = new MqttConnection(read, { clock: ctx.clock, log: ctx.log, clientId: 'lean', persistent });
  closers.push(() => connection.close());
  return connection;
}
const connected = (c: MqttConnection) => until(() => c.state === 'connected', 'connected');
const published = (b: ScriptedBroker) => b.heard.filter((p) => p.cmd === 'publish') as (IPublishPacket & { messageId: number })[];

describe('publications past the package', () => {
  it('of QoS 1 are fulfilled by their own PUBACK only, in whichever order these come', async () => {
    const broker = await openScriptedBroker((p) => (p.cmd === 'publish' ? [] : undefined));
    closers.push(() => broker.close());
    const c = connect(broker.url);
    await connected(c);
    const done: number[] = [];
    for (let i = 0; i < 3; i++) void Promise.resolve(c.publish(`t/${i}`, 'x', 1, false)).then(() => done.push(i));
    await until(() => published(broker).length === 3, 'three publications');
    const ids = published(broker).map((p) => p.messageId);
    expect(new Set(ids).size).toBe(3);
    broker.say({ cmd: 'puback', messageId: ids[2]! });
    await until(() => done.length === 1, 'one');
    broker.say({ cmd: 'puback', messageId: (Math.max(...ids) % 65_535) + 1 });
    broker.say({ cmd: 'puback', messageId: ids[0]! });
    await until(() => done.length === 2, 'two');
    expect(done).toEqual([2, 0]);
    broker.say({ cmd: 'puback', messageId: ids[1]! });
    await until(() => done.length === 3, 'all');
  });

  it('of QoS 1 that are on the wire when the connection is lost are given back at once, so that whoever publishes does it again', async () => {
    const broker = await openScriptedBroker((p) => (p.cmd === 'publish' ? 'hangUp' : undefined));
    closers.push(() => broker.close());
    const c = connect(broker.url);
    await connected(c);
    await expect(Promise.all([c.publish('t', 'a', 1, false), c.publish('t', 'b', 1, false)])).rejects.toThrow(
      'the connection was lost before the broker confirmed',
    );
  });

  it('of QoS 1 are waited for, half a second, when the connection is closed, and the broker hears a goodbye', async () => {
    let answer = true;
    const broker = await openScriptedBroker((p) => (p.cmd === 'publish' ? (answer ? undefined : []) : undefined));
    closers.push(() => broker.close());
    const c = connect(broker.url);
    await connected(c);
    const first = c.publish('t', 'x', 1, false);
    await c.close();
    await first;
    await until(() => broker.heard.at(-1)?.cmd === 'disconnect', 'goodbye');
    expect(broker.heard.map((p) => p.cmd)).toEqual(['connect', 'publish', 'disconnect']);
    answer = false;
    const d = connect(broker.url);
    await connected(d);
    const second = Promise.resolve(d.publish('t', 'x', 1, false)).catch((error: Error) => error.message);
    await d.close();
    expect(await second).toBe('the connection was lost before the broker confirmed');
  });

  it('leave in the order in which they and the packets of the package were written', async () => {
    const broker = await openScriptedBroker((p) => (p.cmd === 'publish' || p.cmd === 'pubrel' ? [] : undefined));
    closers.push(() => broker.close());
    const c = connect(broker.url);
    await connected(c);
    c.publish('t/0', 'x', 0, false);
    void Promise.resolve(c.publish('t/1', 'x', 1, false)).catch(() => undefined);
    void Promise.resolve(c.publish('t/2', 'x', 2, false)).catch(() => undefined);
    c.publish('t/3', 'x', 0, true);
    await until(() => published(broker).length === 4, 'all');
    expect(published(broker).map((p) => [p.topic, p.qos, p.retain])).toEqual([
      ['t/0', 0, false],
      ['t/1', 1, false],
      ['t/2', 2, false],
      ['t/3', 0, true],
    ]);
  });

  it('never take a packet id that is in use, also when the ids have gone round', async () => {
    const broker = await openScriptedBroker((p) => (p.cmd === 'publish' ? (p.topic === 'keep' ? [] : undefined) : undefined));
    closers.push(() => broker.close());
    const c = connect(broker.url);
    await connected(c);
    void Promise.resolve(c.publish('keep', 'x', 1, false)).catch(() => undefined);
    for (let k = 0; k < 66; k++) await Promise.all(Array.from({ length: 1000 }, () => c.publish('t', '', 1, false)));
    const ids = published(broker).map((p) => p.messageId);
    expect(ids).toHaveLength(66_001);
    expect(ids.indexOf(ids[0]!, 1)).toBe(-1);
    expect(Math.min(...ids)).toBe(1);
    expect(Math.max(...ids)).toBe(65_535);
  }, 20_000);
});

describe('messages past the package', () => {
  it('that the broker sends right behind CONNACK, for a session that it kept, are confirmed', async () => {
    const bytes = Buffer.concat([
      mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: true }),
      ...[1, 2, 3].map((messageId) =>
        mqttPacket.generate({ cmd: 'publish', topic: 't', payload: `${messageId}`, qos: 1, dup: true, retain: false, messageId }),
      ),
      mqttPacket.generate({ cmd: 'pingresp' }),
    ]);
    const acks: number[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      const parser = mqttPacket.parser({ protocolVersion: 4 });
      parser.on('packet', (p: Packet) => {
        if (p.cmd === 'connect') socket.write(bytes);
        if (p.cmd === 'subscribe') socket.write(mqttPacket.generate({ cmd: 'suback', messageId: p.messageId!, granted: [1] } as never));
        if (p.cmd === 'puback') acks.push(p.messageId!);
      });
      socket.on('data', (data: Buffer) => parser.parse(data));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const s of sockets) s.destroy();
      server.close();
    });
    const c = connect(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, {}, true);
    const got: string[] = [];
    c.subscribe({
      filters: ['t'],
      qos: 1,
      granted: false,
      onMessage(message: Arriving, ack) {
        got.push(message.payload.toString());
        // not at once: an answer in the same turn would hide that the message is taken for one of the connection before
        setTimeout(() => ack?.(), 20);
      },
      onSkipped: () => undefined,
      onState: () => undefined,
    });
    await until(() => acks.length === 3, 'three confirmations');
    expect(got).toEqual(['1', '2', '3']);
    expect(acks).toEqual([1, 2, 3]);
  });
});
