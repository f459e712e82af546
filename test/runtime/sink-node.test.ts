// A sink that is slow, away or refuses: order, retry, spill to disk, drain, bounds, restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Props } from '../../src/contract/props.ts';
import { countWindowProgram, filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

const publish = (n: number, confirmed?: number[]) =>
  h.sources.at(-1)!.emit(Buffer.from(JSON.stringify({ a: n })), undefined, confirmed && (() => void confirmed.push(n)));
const start = async (props: Props = {}, options = {}) => {
  const rule = h.runtime.createRule(h.define('r', filterProgram('a'), { actions: [props], options }));
  await rule.start();
  return rule;
};
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const delivered = () => h.sink.rows().map((r) => r['a']);

describe('sink', () => {
  it('keeps the order while up to maxInFlight answers are outstanding', async () => {
    h.sink.behaviour = 'hold';
    await start();
    for (const n of numbers(1, 6)) publish(n);
    expect(h.sink.holding).toHaveLength(4);
    for (let i = 0; i < 6; i++) {
      h.sink.holding[i]!.resolve();
      await h.settle();
    }
    expect(delivered()).toEqual(numbers(1, 6));
  });

  it('tries again with growing pauses until the peer is back, in order', async () => {
    h.sink.behaviour = 'away';
    const rule = await start();
    const confirmed: number[] = [];
    for (const n of numbers(1, 5)) publish(n, confirmed);
    expect(rule.health().sinks[0]).toMatchObject({ mode: 'retrying', waiting: 5 });
    await h.settle(() => true, 300);
    h.sink.behaviour = 'ok';
    await h.settle(() => delivered().length === 5, 200);
    expect(delivered()).toEqual(numbers(1, 5));
    expect(confirmed).toEqual(numbers(1, 5));
    expect(rule.health().sinks[0]).toMatchObject({ mode: 'up', waiting: 0, spilled: 0 });
  });

  it('goes through the disk when away for long, confirms from there, and drains in order', async () => {
    h.sink.behaviour = 'away';
    const rule = await start();
    const confirmed: number[] = [];
    for (const n of numbers(1, 5)) publish(n, confirmed);
    await h.settle(() => confirmed.length === 5, 1500);
    expect(rule.health()).toMatchObject({ ok: false, sinks: [{ mode: 'spilling', queueRows: 5, spilled: 5 }] });
    for (const n of numbers(6, 10)) publish(n, confirmed);
    await h.settle(() => confirmed.length === 10, 200);
    h.sink.behaviour = 'ok';
    await h.settle(() => delivered().length === 10, 10_000);
    publish(11, confirmed);
    await h.settle(() => delivered().length === 11);
    expect(delivered()).toEqual(numbers(1, 11));
    await h.settle(() => rule.health().sinks[0]!.mode === 'up');
    expect(rule.health().sinks[0]).toMatchObject({ queueRows: 0, queueBytes: 0, queueOldestAtMs: 0 });
    expect(await h.store.sinkQueues.queues()).toEqual([]);
  });

  it('keeps its backlog over an end of the gateway', async () => {
    h.sink.behaviour = 'away';
    await start();
    for (const n of numbers(1, 5)) publish(n);
    await h.close();
    h = harness({ dataDir: h.dataDir });
    await start();
    publish(6);
    await h.settle(() => delivered().length === 6);
    expect(delivered()).toEqual(numbers(1, 6));
  });

  it('with cleanCacheAtStop forgets its backlog', async () => {
    h.sink.behaviour = 'away';
    await start({ cleanCacheAtStop: true });
    publish(1);
    await h.close();
    h = harness({ dataDir: h.dataDir });
    await start({ cleanCacheAtStop: true });
    publish(2);
    await h.settle(() => delivered().length === 1);
    expect(delivered()).toEqual([2]);
  });

  it('gives the oldest up at the bound of the disk, counted', async () => {
    h.sink.behaviour = 'away';
    const rule = await start({ maxDiskCache: 512, bufferPageSize: 64, memoryCacheThreshold: 64, enableCache: true });
    for (const n of numbers(1, 1000)) publish(n);
    await h.settle(() => rule.health().sinks[0]!.spilled === 1000, 2000);
    const health = rule.health().sinks[0]!;
    expect(health.queueRows).toBeLessThanOrEqual(512);
    expect(health.queueRows + health.dropped).toBe(1000);
    h.sink.behaviour = 'ok';
    await h.settle(() => delivered().length === 1000 - health.dropped, 10_000);
    expect(delivered()).toEqual(numbers(health.dropped + 1, 1000));
  });

  it('with cacheFullPolicy stop ends the rule at that bound', async () => {
    h.sink.behaviour = 'away';
    const rule = await start(
      { maxDiskCache: 128, bufferPageSize: 64, memoryCacheThreshold: 64, enableCache: true },
      { cacheFullPolicy: 'stop' },
    );
    for (const n of numbers(1, 400)) publish(n);
    await h.settle(() => rule.state === 'stoppedByError', 3000);
    expect(rule.brief().message).toContain('durable queue of sink fake_0 is full');
  });

  it('parks what it refuses, confirms it when it is on disk, and goes on', async () => {
    h.sink.behaviour = 'refuse';
    const rule = await start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    h.sink.behaviour = 'ok';
    publish(2, confirmed);
    expect(confirmed).toEqual([2]);
    await h.settle(() => confirmed.length === 2);
    expect(confirmed).toEqual([2, 1]);
    expect(delivered()).toEqual([2]);
    expect(rule.status()['sink_fake_0_0_exceptions_total']).toBe(1);
    expect(rule.health()).toMatchObject({ ok: false, sinks: [{ refused: 0, parked: 1, parkedReason: 'bad request', mode: 'up' }] });
    expect(rule.health().problems).toEqual([
      expect.stringMatching(/^Sink fake_0 does not take 1 row; they have been parked since 2026-01-01T00:00:00Z \(0 s\): bad request$/),
    ]);
  });

  it('with maxParkedRows 0 discards and counts what it refuses, confirms it at once, and goes on', async () => {
    h.sink.behaviour = 'refuse';
    const rule = await start({ maxParkedRows: 0 });
    const confirmed: number[] = [];
    publish(1, confirmed);
    h.sink.behaviour = 'ok';
    publish(2, confirmed);
    expect(confirmed).toEqual([1, 2]);
    expect(delivered()).toEqual([2]);
    expect(rule.status()['sink_fake_0_0_exceptions_total']).toBe(1);
    expect(rule.health()).toMatchObject({ ok: false, sinks: [{ refused: 1, parked: 0 }] });
    expect(rule.health().problems).toEqual(['Sink fake_0 refused 1 row: bad request']);
    expect(await h.store.sinkQueues.queues()).toEqual([]);
  });

  it('that loses its connection again and again says so, also when it is up at the moment', async () => {
    const rule = await start();
    for (let i = 0; i < 3; i++) {
      h.sink.ctx!.status('disconnected', 'thrown out');
      await h.clock.advance(1000);
      h.sink.ctx!.status('connected');
    }
    // and one that is opened again by the gateway, with some tries in vain
    h.sink.openError = new Error('refused');
    h.sink.fail!(new Error('hung up'));
    await h.settle(() => h.sink.opens === 4, 100);
    h.sink.openError = undefined;
    await h.settle(() => rule.health().sinks[0]!.connection === 'connected');
    expect(rule.health().sinks[0]).toMatchObject({ reconnects: 4, recentLosses: 4 });
    expect(rule.health().problems.join()).toContain('Sink fake_0 lost its connection 4 times in the last minute: refused');
    expect(h.runtime.metricsText()).toContain('kuiper_sink_reconnects_total{rule="r",op="fake_0"} 4');
    await h.clock.advance(60_000);
    expect(rule.health()).toMatchObject({ ok: true, sinks: [{ reconnects: 4, recentLosses: 0 }] });
  });

  it('asks the source to wait when it is behind, and lets it go on', async () => {
    h.sink.behaviour = 'hold';
    await start({}, { bufferLength: 10 });
    let waits = 0;
    for (const n of numbers(1, 14)) if (publish(n)) waits++;
    expect(waits).toBe(1);
    let resumed = false;
    void (publish(15) as Promise<void>).then(() => {
      resumed = true;
    });
    for (let i = 0; i < 12; i++) {
      h.sink.holding[i]!.resolve();
      await h.settle();
    }
    expect(resumed).toBe(true);
  });

  it('with bufferFullPolicy dropOldest drops as eKuiper does, counted', async () => {
    h.sink.behaviour = 'hold';
    const rule = await start({}, { bufferLength: 10, bufferFullPolicy: 'dropOldest' });
    for (const n of numbers(1, 30)) expect(publish(n)).toBeUndefined();
    expect(rule.health().sinks[0]!.dropped).toBe(16);
    expect(rule.status()['sink_fake_0_0_last_exception']).toContain('buffer full, drop message');
  });

  it('that blocks does not stall other rules', async () => {
    h.sinkNamed('blocked').behaviour = 'hold';
    await h.runtime.createRule(h.define('good', filterProgram('a'))).start();
    await h.runtime
      .createRule(h.define('blocked', filterProgram('a'), { actions: [{ as: 'blocked' }], options: { bufferLength: 10 } }))
      .start();
    const confirmed: number[] = [];
    let n = 0;
    for (let i = 0; i < 500; i++) {
      const wait = publish(++n, confirmed);
      if (wait) {
        let go = false;
        void wait.then(() => {
          go = true;
        });
        await h.settle(() => go);
      }
    }
    expect(delivered()).toEqual(numbers(1, 500));
    await h.settle(() => confirmed.length === 500, 1000);
  });

  it('with resendAlterQueue sends live data first and the backlog to resendDestination', async () => {
    h.sink.behaviour = 'away';
    const rule = await start({ resendAlterQueue: true, resendPriority: -1, resendDestination: 'late', enableCache: true });
    publish(1);
    publish(2);
    h.sink.behaviour = 'ok';
    publish(3);
    await h.settle(() => delivered().length === 3, 10_000);
    expect(delivered()).toEqual([3, 1, 2]);
    await h.settle(() => rule.health().sinks[0]!.queueRows === 0);
  });

  // @covers issue:22#5
  it.each([
    ['answers with errors', 'up'],
    ['cannot be reached', 'spilling'],
  ])(
    'after an outage in which its peer %s sends new rows at once and fills in the stored ones at the pace that is set, each with its own time',
    async (how, mode) => {
      if (mode === 'up') h.sink.behaviour = 'away';
      else h.sink.openError = new Error(how);
      const rule = await start({ resendAlterQueue: true, resendPriority: -1, resendRate: 20, timeField: 'ts', sendSingle: true });
      const began = h.clock.now();
      const confirmed: number[] = [];
      for (const n of numbers(1, 60)) {
        publish(n, confirmed);
        await h.settle(() => true, 50);
      }
      await h.settle(() => confirmed.length === 60, 3000);
      expect(rule.health().sinks[0]).toMatchObject({ mode, queueRows: 60, dropped: 0 });
      h.sink.behaviour = 'ok';
      h.sink.openError = undefined;
      await h.settle(() => delivered().length > 0);
      const back = h.clock.monotonic();
      const lives: number[] = [];
      // new rows do not stand behind the stored ones, at whatever pace those go
      for (let n = 101; n <= 110; n++) {
        publish(n, confirmed);
        const at = h.clock.monotonic();
        await h.settle(() => delivered().includes(n));
        lives.push(h.clock.monotonic() - at);
        await h.settle(() => true, 200);
        const stored = delivered().filter((x) => (x as number) <= 60).length;
        const seconds = (h.clock.monotonic() - back) / 1000;
        expect(stored).toBeLessThanOrEqual(Math.ceil(seconds * 20) + 4);
      }
      expect(Math.max(...lives)).toBeLessThan(100);
      await h.settle(() => delivered().length === 70, 5000);
      expect((h.clock.monotonic() - back) / 1000).toBeGreaterThan(2.5);
      expect(delivered().filter((x) => (x as number) <= 60)).toEqual(numbers(1, 60));
      expect(delivered().filter((x) => (x as number) > 60)).toEqual(numbers(101, 110));
      const times = h.sink.rows().filter((r) => (r['a'] as number) <= 60).map((r) => Number(r['ts'])); // biome-ignore format: one line
      expect(times[0]).toBe(began);
      expect(times.every((t, i) => i === 0 || t > times[i - 1]!)).toBe(true);
      expect(times.at(-1)! - times[0]!).toBeLessThan(60 * 60);
      await h.settle(() => rule.health().sinks[0]!.queueRows === 0);
      expect(rule.health().sinks[0]).toMatchObject({ mode: 'up', queueRows: 0, dropped: 0 });
    },
  );

  it('opens again with backoff when it could not open', async () => {
    h.sink.openError = new Error('no route');
    const rule = await start();
    publish(1);
    expect(rule.status()['sink_fake_0_0_connection_status']).toBe(-1);
    expect(rule.status()['sink_fake_0_0_connection_last_disconnected_message']).toBe('no route');
    h.sink.openError = undefined;
    await h.settle(() => delivered().length === 1, 500);
    expect(rule.status()['sink_fake_0_0_connection_status']).toBe(1);
  });
});

describe('a queue of rows', () => {
  it('goes on behind a row that is refused at once', async () => {
    h.sink.behaviour = 'away';
    await start();
    for (const n of numbers(1, 3)) publish(n);
    h.sink.collect = function (data, dynamic) {
      if (String(data).includes('1')) throw new Error('bad request');
      this.got.push(data);
      this.dynamics.push(dynamic);
    };
    await h.settle(() => delivered().length === 2, 200);
    expect(delivered()).toEqual([2, 3]);
  });

  it('gets to disk also when it is tried again faster than rows are written', async () => {
    h.sink.behaviour = 'away';
    const rule = await start({ resendInterval: 50 });
    const confirmed: number[] = [];
    for (const n of numbers(1, 3)) publish(n, confirmed);
    await h.settle(() => confirmed.length === 3, 2000);
    expect(rule.health().sinks[0]).toMatchObject({ mode: 'spilling', queueRows: 3 });
    h.sink.behaviour = 'ok';
    await h.settle(() => delivered().length === 3, 100);
    expect(delivered()).toEqual(numbers(1, 3));
  });

  it.each([
    ['without state', filterProgram('a')],
    ['with state', countWindowProgram('a', 1)],
  ])('%s that no disk takes at the end of the gateway stays unconfirmed', async (_what, program) => {
    h.sink.behaviour = 'away';
    const fails = { append: () => Promise.reject(new Error('disk is full')) };
    Object.assign(h.store.sinkQueues, fails);
    const rule = h.runtime.createRule(h.define('r', program));
    await rule.start();
    const confirmed: number[] = [];
    for (const n of numbers(1, 3)) publish(n, confirmed);
    await h.close();
    expect(h.sources[0]!.closedBy).toBe('shutdown');
    expect(confirmed).toEqual([]);
  });

  it('of a sink that waits for other rules stays in memory while that is slow, and goes to disk when it hangs', async () => {
    await h.end();
    h = harness({ patient: true });
    h.sink.behaviour = 'hold';
    const rule = await start({}, { bufferLength: 5 });
    const confirmed: number[] = [];
    for (const n of numbers(1, 12)) publish(n, confirmed);
    await h.settle(() => true, 20_000);
    expect(rule.health().sinks[0]).toMatchObject({ mode: 'up', waiting: 12 });
    // in a circle of rules nothing would ever move again
    await h.settle(() => confirmed.length === 12, 20_000);
    expect(rule.health().sinks[0]).toMatchObject({ spilled: 12 });
  });

  it('is sent when the sink is back, though the disk takes nothing', async () => {
    h.sink.behaviour = 'away';
    const { append } = h.store.sinkQueues;
    Object.assign(h.store.sinkQueues, { append: () => Promise.reject(new Error('disk is full')) });
    const rule = await start({ resendInterval: 50 });
    const confirmed: number[] = [];
    for (const n of numbers(1, 3)) publish(n, confirmed);
    await h.settle(() => rule.health().sinks[0]!.storeError !== '', 5000);
    expect(rule.health().problems.join(' ')).toContain('Rows of sink fake_0 cannot be stored: disk is full; its sources wait.');
    expect(confirmed).toEqual([]);
    h.sink.behaviour = 'ok';
    await h.settle(() => delivered().length === 3, 100);
    expect(delivered()).toEqual(numbers(1, 3));
    expect(confirmed).toEqual(numbers(1, 3));
    expect(rule.health()).toMatchObject({ ok: true, sinks: [{ storeError: '' }] });
    Object.assign(h.store.sinkQueues, { append });
  });
});
