// Settings of a sink's line and the names that several places must agree on.
import { describe, expect, it } from 'vitest';
import type { SinkDefinition } from '../../../src/contract/sink.ts';
import { parseCacheProps } from '../../../src/runtime/sink/cache-props.ts';
import { isDeadLetter } from '../../../src/runtime/sink/dead-letter.ts';
import { parkedName, queueName, sinkName } from '../../../src/runtime/sink/names.ts';
import { markLate, redirect } from '../../../src/runtime/sink/resend.ts';
import { numbers, sinkBench } from './bench.ts';

describe('the properties of a sink', () => {
  it('have a pace for stored rows only when new ones go beside them', () => {
    expect(() => parseCacheProps({ resendRate: 5 }, {})).toThrow('resendRate needs resendAlterQueue: true');
    expect(() => parseCacheProps({ resendRate: -1 }, {})).toThrow('resendRate must not be negative');
    expect(parseCacheProps({ resendRate: 5, resendAlterQueue: true }, {})).toMatchObject({ resendRate: 5, alterQueue: true });
  });

  it('have these defaults', () => {
    expect(parseCacheProps({}, {})).toEqual({
      enableCache: false,
      memoryRows: 1024,
      maxDiskRows: 1_024_000,
      pageRows: 256,
      resendIntervalMs: 0,
      cleanAtStop: false,
      alterQueue: false,
      priority: 0,
      indicatorField: '',
      destination: '',
      maxRetries: 0,
      resendRate: 0,
      parkAfter: 5,
      maxParkedRows: 1000,
      maxAgeMs: 0,
    });
  });

  it('come from the action before the settings, by any case of their names', () => {
    const p = parseCacheProps(
      { PARKAFTER: 3, maxRetries: '7', resendInterval: '2s', maxCacheAge: '1h' },
      { parkAfter: 9, maxParkedRows: 8, maxRetries: 1 },
    );
    expect(p).toMatchObject({ parkAfter: 3, maxParkedRows: 8, maxRetries: 7, resendIntervalMs: 2000, maxAgeMs: 3_600_000 });
  });

  it('are refused by name when they are not numbers that make sense', () => {
    expect(() => parseCacheProps({ parkAfter: -1, maxParkedRows: 1.5, maxRetries: 'x' }, {})).toThrow(
      'invalid cache properties: maxRetries:maxRetries must not be negative\nparkAfter:parkAfter must not be negative\nmaxParkedRows:maxParkedRows must not be negative',
    );
    expect(parseCacheProps({ parkAfter: 0, maxParkedRows: 0 }, {})).toMatchObject({ parkAfter: 0, maxParkedRows: 0 });
    expect(() => parseCacheProps({ resendPriority: 2 }, {})).toThrow('resendPriority must be -1, 0 or 1');
    expect(() => parseCacheProps({ resendInterval: -1 }, {})).toThrow('resendInterval must be positive');
  });

  it('say how many items wait in memory: bufferLength of the action, of the rule, or memoryCacheThreshold', async () => {
    const limit = (props: object, bufferLength = 11) =>
      sinkBench({ props: props as never, rule: { bufferLength } }).line.parts.waitingLimit;
    expect(limit({})).toBe(11);
    expect(limit({ bufferLength: 3 })).toBe(3);
    expect(limit({ bufferLength: 0 })).toBe(1);
    expect(limit({ bufferLength: 3, enableCache: true, memoryCacheThreshold: 512 })).toBe(512);
  });

  it('bound the queue on disk: the oldest pages go, counted, or the sources wait, or the rule stops', async () => {
    const fill = async (cacheFullPolicy: 'dropOldest' | 'wait' | 'stop') => {
      const b = sinkBench({
        props: { maxDiskCache: 8, bufferPageSize: 4, memoryCacheThreshold: 4, enableCache: true },
        rule: { cacheFullPolicy },
      });
      await b.node.open();
      b.peer.mode = 'away';
      b.put(...numbers(1, 16));
      await b.clock.advance(3000);
      return b;
    };
    const drops = await fill('dropOldest');
    expect(drops.disk.stored).toEqual(numbers(9, 16));
    expect(drops.node.health()).toMatchObject({ dropped: 8, queueRows: 8, spilled: 16, storeError: '' });
    expect(drops.confirmed).toHaveLength(16);
    const waits = await fill('wait');
    expect(waits.disk.stored).toEqual(numbers(1, 8));
    expect(waits.node.health()).toMatchObject({ dropped: 0, queueRows: 8, storeError: 'the queue is at its bound' });
    expect(waits.confirmed).toEqual(numbers(1, 8));
    expect(waits.behind).toBe(true);
    expect(waits.crashes).toEqual([]);
    waits.peer.mode = 'ok';
    await waits.until(() => waits.confirmed.length === 16, 30_000);
    expect(waits.peer.rows).toEqual(numbers(1, 16));
    const stops = await fill('stop');
    expect(stops.crashes[0]).toMatchObject({ code: 'RUNTIME_QUEUE_FULL', params: { sink: 'fake_0', rows: 8 } });
    expect(stops.disk.stored).toEqual(numbers(1, 8));
  });

  it('bound the queue on disk to the row', async () => {
    const b = sinkBench({ props: { maxDiskCache: 3, bufferPageSize: 1, memoryCacheThreshold: 1, enableCache: true } });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 3));
    await b.clock.advance(3000);
    expect([b.disk.stored, b.node.health().dropped]).toEqual([[1, 2, 3], 0]);
    b.put(4);
    await b.clock.advance(200);
    expect([b.disk.stored, b.node.health().dropped]).toEqual([[2, 3, 4], 1]);
  });

  it('of a dead letter action are found by any case and as a text', () => {
    expect(
      [{ deadLetter: true }, { DEADLETTER: 'true' }, { deadLetter: false }, { deadLetter: 'yes' }, {}].map((props) =>
        isDeadLetter({ props }),
      ),
    ).toEqual([true, true, false, false, false]);
  });

  it('mark and redirect what comes late, as far as it can be', () => {
    const cache = parseCacheProps({ resendIndicatorField: 'late', resendAlterQueue: true, resendDestination: 'there' }, {});
    expect(markLate(cache, { a: 1 })).toEqual({ a: 1, late: true });
    expect(markLate(cache, [{ a: 1 }, { a: 2 }])).toEqual([
      { a: 1, late: true },
      { a: 2, late: true },
    ]);
    expect(markLate(cache, 'text')).toBe('text');
    expect(markLate(parseCacheProps({}, {}), { a: 1 })).toEqual({ a: 1 });
    const sink = { resendProperty: 'topic' } as SinkDefinition;
    expect(redirect(cache, sink, { topic: 'here', x: 1 })).toEqual({ topic: 'there', x: 1, resendDestination: 'there' });
    expect(redirect(cache, {} as SinkDefinition, { topic: 'here' })).toEqual({ topic: 'here' });
    expect(redirect(parseCacheProps({ resendDestination: 'there' }, {}), sink, { topic: 'here' })).toEqual({ topic: 'here' });
  });
});

describe('the names of a sink', () => {
  // @covers finding:house#D3
  it('are its node name, its queue and its parked rows, and no two of them are equal', () => {
    const name = sinkName({ type: 'mqtt', index: 2 });
    expect([name, queueName('r', name), parkedName('r', name)]).toEqual(['mqtt_2', 'r/mqtt_2', 'r/mqtt_2#parked']);
  });
});

describe('a queue in memory', () => {
  it('that is full drops its oldest row with bufferFullPolicy dropOldest, counted and confirmed', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { bufferLength: 3 }, rule: { bufferFullPolicy: 'dropOldest' } });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(...numbers(1, 6));
    expect(b.node.health()).toMatchObject({ dropped: 2, waiting: 4, mode: 'up' });
    expect(b.confirmed).toEqual([2, 3]);
    expect(b.node.stats.lastException).toBe('buffer full, drop message from r to fake_0');
  });

  it('asks its sources to wait when it is full, and lets them go on at the half', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { bufferLength: 4 } });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(...numbers(1, 4));
    expect(b.behind).toBe(false);
    b.put(5);
    expect(b.behind).toBe(true);
    b.peer.answer(1);
    await b.clock.advance(0);
    expect(b.behind).toBe(true);
    b.peer.answer(1);
    await b.clock.advance(0);
    expect(b.behind).toBe(false);
  });

  it('goes to disk at four times its bound, without waiting for a second', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { bufferLength: 4 } });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(...numbers(1, 16));
    expect(b.node.health().mode).toBe('up');
    b.put(17);
    expect(b.node.health().mode).toBe('spilling');
    await b.clock.advance(150);
    expect(b.disk.stored).toEqual(numbers(1, 17));
  });

  it('that is full and did not move for 200 ms goes to disk with the next row', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { bufferLength: 4 } });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(...numbers(1, 5));
    await b.clock.advance(200);
    b.put(6);
    expect(b.node.health().mode).toBe('up');
    await b.clock.advance(1);
    b.put(7);
    expect(b.node.health().mode).toBe('spilling');
  });
});
