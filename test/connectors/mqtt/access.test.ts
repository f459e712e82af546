// Passwords and access rules: each refusal is told in words, and secrets are in none of them.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

const SECRET = 'hunter2-and-more';
let folder = '';
let broker: Mosquitto;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kuiper-acl-'));
  const passwords = path.join(folder, 'passwords');
  const acl = path.join(folder, 'acl');
  writeFileSync(passwords, '');
  execFileSync('mosquitto_passwd', ['-b', passwords, 'sensor', SECRET], { stdio: 'pipe' });
  writeFileSync(acl, 'user sensor\ntopic read open/#\ntopic write out/#\n');
  for (const f of [passwords, acl]) chmodSync(f, 0o600);
  broker = await startMosquitto(`password_file ${passwords}\nacl_file ${acl}`);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(haveMosquitto)('MQTT access rules', () => {
  for (const protocolVersion of ['3.1.1', '5'])
    it(`says that user name or password is refused, without telling the password (MQTT ${protocolVersion})`, async () => {
      const props = { server: broker.url, protocolVersion, username: 'sensor', password: `${SECRET}x` };
      const error = await mqttConnector.connection!.test(props, AbortSignal.timeout(4000)).catch((e: Error) => e);
      expect((error as Error).message).toMatch(/check user name, password and access rules|refuses user name or password/);
      expect((error as Error).message).not.toContain(SECRET);
      await mqttConnector.connection!.test({ ...props, password: SECRET }, AbortSignal.timeout(4000));
    });

  it('takes user name and password out of the address too, and shows neither', async () => {
    const at = (login: string) => ({ server: broker.url.replace('tcp://', `tcp://${login}@`) });
    await mqttConnector.connection!.test(at(`sensor:${SECRET}`), AbortSignal.timeout(4000));
    await mqttConnector.connection!.test({ ...at(`sensor:${SECRET}`), username: 'other', password: 'x' }, AbortSignal.timeout(4000));
    const refused = await mqttConnector.connection!.test(at(`sensor:${SECRET}x`), AbortSignal.timeout(4000)).catch((e: Error) => e);
    expect((refused as Error).message).toContain('does not allow this client');
    expect((refused as Error).message).not.toContain(SECRET);
    for (const server of [`ftp://u:${SECRET}@h`, `tcp://u:${SECRET}@h:port`])
      await expect(async () => createMqttSource().configure!('t', { server })).rejects.not.toThrow(SECRET);
  });

  it('tells no secret while subscribing to what is not allowed', async () => {
    const ctx = createTestContext();
    const source = createMqttSource();
    await source.configure!('closed/#', { server: broker.url, username: 'sensor', password: SECRET });
    await source.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    closers.push(() => source.close(ctx, 'stopped'));
    // mosquitto grants filters and keeps messages back unless it is told to check subscriptions; a refusal shows in either way
    await until(() => ctx.states.some((s) => s.state === 'connected' || /refuses the subscription/.test(s.message ?? '')), 'an answer');
    expect(JSON.stringify([ctx.states, ctx.lines])).not.toContain(SECRET);
  });

  it('a publication that is refused is an error of that item that says so (MQTT 5, QoS 1)', async () => {
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, username: 'sensor', password: SECRET, topic: 'forbidden/x', qos: 1, protocolVersion: '5' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const error = await Promise.resolve(sink.collect(ctx, 'x')).catch((e: Error) => e);
    expect(error).toMatchObject({ message: expect.stringMatching(/"forbidden\/x".*access rules/) });
    // trying again cannot help
    expect((error as { retriable?: boolean }).retriable).not.toBe(true);
  });
});
