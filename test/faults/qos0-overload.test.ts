// QoS 0 at more than the gateway takes, with a real broker: what the broker drops is told, so that sent = processed + told. The consumer is
// blocked by hand instead of being outrun, so that nothing depends on the speed of the machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import { connectors } from '../../src/connectors/index.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import { createRuntime, defaultRuleOptions } from '../../src/runtime/index.ts';
import { openStore } from '../../src/store/index.ts';
import { haveMosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';
import { filterProgram } from '../runtime/harness.ts';

const SENT = 20_000;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A sink that takes nothing until the test lets it go. */
function blockedSink() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const got = new Set<number>();
  const entry: ConnectorEntry = {
    name: 'blocked',
    offers: ['sink'],
    load: async () => ({
      name: 'blocked',
      sink: {
        kind: 'sink',
        name: 'blocked',
        payload: 'rows',
        maxInFlight: 1,
        patient: true,
        options: [],
        doc: '',
        create: () => ({
          open: () => undefined,
          collect: (_ctx, data) => promise.then(() => void got.add((data as { n: number }[])[0]!.n)),
          close: () => undefined,
        }),
      },
    }),
  };
  return { entry, got, go: resolve };
}

it.runIf(haveMosquitto)(
  'every message of an overload at QoS 0 is processed or told as dropped, and health says so',
  { timeout: 60_000 },
  async () => {
    const broker = await startMosquitto('allow_anonymous true\nsys_interval 1\nmax_queued_messages 100');
    closers.push(() => broker.remove());
    const dataDir = mkdtempSync(join(tmpdir(), 'kuiper-qos0-'));
    closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const clock = createRealClock();
    const { log } = createMemoryLog('error');
    const store = openStore({ dataDir, clock, log });
    closers.push(() => store.close());
    const sink = blockedSink();
    const runtime = createRuntime({
      clock,
      log,
      store,
      connectors: (name) => (name === 'blocked' ? sink.entry : connectors.find((c) => c.name === name)),
      codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
      rootPath: dataDir,
      dataDir,
      settings: { stopTimeoutMs: 100 },
    });
    closers.push(() => runtime.close());
    const rule = runtime.createRule({
      id: 'r',
      program: filterProgram('n'),
      actions: [{ type: 'blocked', props: {}, index: 0 }],
      options: { ...defaultRuleOptions(), bufferLength: 10 },
      triggered: true,
      sources: (name) => ({
        name,
        kind: 'stream',
        type: 'mqtt',
        datasource: 'load',
        props: { server: broker.url, qos: 0 },
        format: 'json',
      }),
    });
    await rule.start();
    await until(() => rule.health().sources[0]?.connection === 'connected', 'connected');
    const health = () => rule.health().sources[0]!;

    const publisher = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => publisher.endAsync(true));
    // larger than what the sockets of both sides hold
    const filler = 'x'.repeat(1500);
    for (let n = 0; n < SENT; n++) {
      publisher.publish('load', JSON.stringify({ n, filler }));
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // the broker has taken all of them when it confirms one behind them
    await publisher.publishAsync('other', '', { qos: 1 });

    await until(() => health().peerDropped > 0 && health().waitingMs > 2000, 'health tells of the overload', 5000);
    expect(rule.health()).toMatchObject({ ok: false });
    expect(rule.health().problems.join(' ')).toMatch(/dropped \d+ messages itself.*has been waiting .* for the sinks/s);
    expect(rule.status()['status']).toBe('running');

    sink.go();
    await until(() => sink.got.size + health().peerDropped + health().dropped === SENT, 'all are accounted for', 20_000);
    expect(rule.status()['source_s_0_records_in_total']).toBe(sink.got.size);
    expect(sink.got.size).toBeGreaterThan(100);
    expect(runtime.metricsText()).toContain(`kuiper_source_peer_dropped_total{rule="r",op="s"} ${health().peerDropped}`);
  },
);
