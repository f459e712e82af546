// Reading the broker's own count of drops must never harm the source beside it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { DropWatch } from '../../../src/connectors/mqtt/drop-watch.ts';
import { type ConnectionProps, connectionOptions } from '../../../src/connectors/mqtt/options.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { parseOptions } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

let broker: Mosquitto | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker?.remove();
  broker = undefined;
});

describe.runIf(haveMosquitto)('count of drops of the broker', () => {
  it('that the broker does not show leaves the source alone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kuiper-acl-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, 'acl'), 'topic readwrite t/#\n', { mode: 0o600 });
    broker = await startMosquitto(`allow_anonymous true\nacl_file ${path.join(folder, 'acl')}\nsys_interval 1`);
    const told: number[] = [];
    const ctx = Object.assign(createTestContext(), { peerDropped: (n: number) => void told.push(n) });
    const got: string[] = [];
    const source = createMqttSource();
    await source.configure!('t/#', { server: broker.url, qos: 0 });
    await source.open(
      ctx,
      (data) => void got.push(String(data)),
      () => undefined,
    );
    closers.push(() => source.close(ctx, 'stopped'));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const before = ctx.states.length;
    const publisher = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => publisher.endAsync(true));
    for (let i = 0; i < 20; i++) {
      await publisher.publishAsync('t/a', String(i), { qos: 1 });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(got).toHaveLength(20);
    expect(ctx.states).toHaveLength(before);
    expect(ctx.lines.filter((l) => l['level'] !== 'debug')).toEqual([]);
    expect(told).toEqual([]);
  });

  it('that begins anew after a restart of the broker is added up', async () => {
    broker = await startMosquitto();
    const props = parseOptions<ConnectionProps>('mqtt', connectionOptions, { server: broker.url });
    const watch = new DropWatch(props, createTestContext());
    closers.push(() => watch.close());
    let sum = 0;
    watch.listen((n) => {
      sum += n;
    });
    for (const total of ['1000', '1010', '1010', 'nonsense', '-1', '5', '7']) watch.read(total);
    expect(sum).toBe(17);
  });
});
