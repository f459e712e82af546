// What the updater asks and tells on its device: REST of the gateway as it is looked at, the MQTT listener as it is told.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createAnnouncer, TOPIC } from '../../../src/system/update/announce.ts';
import type { UpdateStatus } from '../../../src/system/update/installer.ts';
import { probe } from '../../../src/system/update/probe.ts';
import { haveMosquitto, startMosquitto } from '../../helpers/mosquitto.ts';

describe('a look at the gateway', () => {
  let server: Server;
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const look = async (answers: Record<string, unknown>, service = 'service active') => {
    server = createServer((request, response) => {
      const body = answers[request.url!];
      response.writeHead(body === undefined ? 500 : 200).end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return probe({
      root: '/nowhere',
      url,
      service: () => service,
      routes: [],
      lostMark: '/nowhere/data-lost',
      tokenFile: '/nowhere/token',
    });
  };

  it('finds rules with their messages', async () => {
    const sample = await look({ '/': { version: '1' }, '/rules/status/all': { a: { status: 'running', source_s_0_records_in_total: 4 } } });
    expect(sample).toEqual({ rules: { a: { running: true, messages: 4 } }, network: false, dataLost: false });
  });

  it('finds safe mode', async () => {
    expect(await look({ '/': { safeMode: 'crashes' }, '/rules/status/all': {} })).toEqual({
      rules: {},
      network: false,
      dataLost: false,
      safeMode: 'crashes',
    });
  });

  it('of a gateway that answers with an error, or not at all, says what systemd says', async () => {
    expect(await look({ '/': {} }, 'service active, 3 restarts')).toMatchObject({
      rules: {},
      silent: 'REST answered 500 (service active, 3 restarts)',
    });
    const sample = await probe({
      root: '/nowhere',
      url: 'http://127.0.0.1:1',
      service: () => '',
      routes: [],
      lostMark: import.meta.filename,
    });
    expect(sample.silent).toMatch(/ECONNREFUSED/);
    expect(sample.dataLost).toBe(true);
  });
});

describe.runIf(haveMosquitto)('the status over MQTT', () => {
  const status = (more: Partial<UpdateStatus> = {}): UpdateStatus => ({
    booted: { slot: 'A', version: '1.0.0' },
    phase: 'idle',
    text: 'x',
    confirmed: 'A',
    canGoBack: false,
    problems: [],
    ...more,
  });

  // @covers issue:17#1
  it('is told as a retained message when something but the percentage changed, also by a broker that comes later', async () => {
    const broker = await startMosquitto();
    await broker.stop();
    const real = createRealClock();
    const clock = { ...real, sleep: () => real.sleep(20) };
    const { log } = createMemoryLog();
    const announcer = createAnnouncer({ clock, log, server: broker.url, tries: 1000 });
    const until = async (test: () => boolean) => {
      while (!test()) await real.sleep(10);
    };
    try {
      announcer.tell(status());
      expect(announcer.busy).toBe(true);
      await real.sleep(100);
      await broker.start();
      await until(() => !announcer.busy);
      const client = await connectAsync(broker.url);
      const seen: { text: string; retain: boolean }[] = [];
      client.on('message', (_topic, payload, { retain }) => void seen.push({ text: payload.toString(), retain }));
      await client.subscribeAsync(TOPIC);
      await until(() => seen.length === 1);
      expect(seen[0]!.retain).toBe(true);
      expect(JSON.parse(seen[0]!.text)).toEqual({
        booted: { slot: 'A', version: '1.0.0' },
        phase: 'idle',
        confirmed: 'A',
        canGoBack: false,
        problems: [],
      });
      announcer.tell(status({ percent: 7, text: 'y' }));
      expect(announcer.busy).toBe(false);
      announcer.tell(status({ phase: 'installing', percent: 8 }));
      announcer.tell(status({ phase: 'trial' }));
      await until(() => !announcer.busy && (JSON.parse(seen.at(-1)!.text) as UpdateStatus).phase === 'trial');
      expect(seen.length).toBeLessThanOrEqual(3);
      await client.endAsync();
    } finally {
      await broker.remove();
    }
  });

  it('is given up after its tries, with a line in the log', async () => {
    const real = createRealClock();
    const { log, lines } = createMemoryLog();
    const announcer = createAnnouncer({ clock: { ...real, sleep: () => real.sleep(1) }, log, server: 'mqtt://127.0.0.1:1', tries: 3 });
    announcer.tell(status());
    while (announcer.busy) await real.sleep(10);
    expect(lines.map((line) => line['msg'])).toEqual(['The status of updates could not be told over MQTT.']);
  });
});
