// A source that is lost, bounded, polled, down-sampled, shared.
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createDownsampler } from '../../src/runtime/source/downsample.ts';
import { createFieldMerger } from '../../src/runtime/source/merge-field.ts';
import { createPuller } from '../../src/runtime/source/puller.ts';
import { filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

describe('source', () => {
  it('is opened again with backoff for ever, and status tells the truth', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    for (let i = 0; i < 5; i++) {
      const n = h.sources.length;
      h.sources.at(-1)!.fail(new Error('connection lost'));
      expect(rule.status()).toMatchObject({
        status: 'running',
        source_s_0_connection_status: 0,
        source_s_0_connection_last_disconnected_message: 'connection lost',
      });
      expect(rule.health()).toMatchObject({ ok: false, sources: [{ connection: 'disconnected', reconnects: i + 1 }] });
      await h.settle(() => h.sources.length === n + 1, 50);
      expect(h.sources.at(-2)!.closedBy).toBe('reopen');
    }
    expect(rule.status()['source_s_0_connection_status']).toBe(1);
    h.sources.at(-1)!.emit(Buffer.from('{"a":1}'));
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
  });

  it('that connects again by itself counts it, and one that flaps has a word', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    const { ctx } = h.sources[0]!;
    const flap = async () => {
      ctx.status('disconnected', 'thrown out');
      ctx.status('disconnected', 'thrown out');
      await h.clock.advance(2000);
      ctx.status('connecting');
      ctx.status('connected');
    };
    await flap();
    expect(rule.health()).toMatchObject({ ok: true, sources: [{ connection: 'connected', reconnects: 1, recentLosses: 1 }] });
    for (let i = 0; i < 4; i++) await flap();
    expect(rule.health()).toMatchObject({ ok: false, sources: [{ connection: 'connected', reconnects: 5, recentLosses: 5 }] });
    expect(rule.health().problems).toEqual(['Source s lost its connection 5 times in the last minute: thrown out.']);
    expect(h.runtime.metricsText()).toContain('kuiper_source_reconnects_total{rule="r",op="s"} 5');
    await h.clock.advance(60_000);
    expect(rule.health()).toMatchObject({ ok: true, problems: [], sources: [{ reconnects: 5, recentLosses: 0 }] });
  });

  it('that is opened again counts each loss once, however many tries it takes', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    h.sources[0]!.fail(new Error('lost'));
    await h.settle(() => h.sources.length === 2, 200);
    h.sources[1]!.ctx.status('disconnected', 'lost');
    h.sources[1]!.fail(new Error('lost'));
    await h.settle(() => h.sources.length === 3, 200);
    expect(rule.health().sources[0]).toMatchObject({ connection: 'connected', reconnects: 2 });
  });

  it('ignores what an earlier opening still sends', async () => {
    await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
    const old = h.sources[0]!;
    old.fail(new Error('lost'));
    await h.settle(() => h.sources.length === 2, 200);
    old.emit(Buffer.from('{"a":1}'));
    old.fail(new Error('again'));
    expect(h.sink.rows()).toEqual([]);
    expect(h.sources).toHaveLength(2);
  });

  it('is one for all rules that read the same, and ends with the last', async () => {
    const rules = Array.from({ length: 5 }, (_, i) => h.runtime.createRule(h.define(`r${i}`, filterProgram(i % 2 ? 'a' : 'b'))));
    for (const r of rules) await r.start();
    expect(h.sources).toHaveLength(1);
    h.sources[0]!.emit(Buffer.from('{"a":1,"b":2}'));
    expect(h.sink.rows()).toHaveLength(5);
    for (const r of rules.slice(1)) await r.stop();
    expect(h.sources[0]!.closedBy).toBeUndefined();
    await rules[0]!.stop();
    expect(h.sources[0]!.closedBy).toBe('stopped');
  });

  it('counts what its connector drops, with the reason', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    h.sources[0]!.ctx.dropped(3, 'overload');
    expect(rule.health()).toMatchObject({ ok: false, sources: [{ dropped: 3, dropReasons: { overload: 3 } }] });
    expect(h.runtime.metricsText()).toContain('kuiper_source_dropped_total{rule="r",op="s"} 3');
  });

  it('decodes lists of rows and takes rows as they are', async () => {
    await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
    const confirmed: number[] = [];
    h.sources[0]!.emit('[{"a":1},{"a":2}]', undefined, () => void confirmed.push(1));
    h.sources[0]!.emit([{ a: 3 }, { a: 4 }]);
    expect(h.sink.rows()).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }]);
    expect(confirmed).toEqual([1]);
  });
});

describe('at the start of the gateway', () => {
  const setUp = async () => {
    await h.end();
    h = harness({ settings: { holdSourcesAtStart: true } });
  };

  it('sources are opened when all saved rules have joined them, so that none misses what the broker repeats', async () => {
    await setUp();
    let release = () => undefined as void;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = h.runtime.createRule(h.define('first', filterProgram('a')));
    const last = h.runtime.createRule(h.define('last', () => slow.then(() => filterProgram('a'))));
    void first.start();
    void last.start();
    h.runtime.rulesLoaded();
    await h.clock.advance(1000);
    expect(h.sources).toHaveLength(0);
    release();
    await h.settle(() => first.state === 'running' && last.state === 'running');
    h.sources[0]!.emit('{"a":1}');
    expect(h.sink.rows()).toHaveLength(2);
    const later = h.runtime.createRule({
      ...h.define('later', filterProgram('a')),
      sources: (name) => ({ ...h.spec(name), datasource: 'other' }),
    });
    await later.start();
    expect(later.state).toBe('running');
  });

  it('a rule that hangs in its start does not keep the others from their data', async () => {
    await setUp();
    const good = h.runtime.createRule(h.define('good', filterProgram('a')));
    void good.start();
    void h.runtime.createRule(h.define('hangs', () => new Promise(() => undefined))).start();
    h.runtime.rulesLoaded();
    await h.settle(() => h.sources.length === 1, 5000);
    expect(good.state).toBe('running');
  });
});

describe('decompression', () => {
  it('unpacks payloads before they are decoded; what is not packed is an error of that message', async () => {
    const rule = h.runtime.createRule({
      ...h.define('r', filterProgram('a')),
      sources: (name) => ({ ...h.spec(name), props: { decompression: 'gzip' } }),
    });
    await rule.start();
    h.sources[0]!.emit(gzipSync('{"a":1}'));
    h.sources[0]!.emit(Buffer.from('{"a":2}'));
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
    expect(String(rule.status()['source_s_0_last_exception'])).toContain('decompression gzip failed');
  });
});

describe('merging', () => {
  const read = async (props: Record<string, unknown>) => {
    await h.end();
    // a built-in connector, whose interval is the runtime's
    h = harness({ sourceOptions: [{ name: 'qos', type: 'int', default: 0, doc: '' }] });
    const definition = h.define('r', filterProgram('*'));
    await h.runtime.createRule({ ...definition, sources: (name) => ({ ...h.spec(name), props }) }).start();
    return (text: string, confirmed?: () => void) => h.sources[0]!.emit(Buffer.from(text), undefined, confirmed);
  };

  it('by mergeField gives the last message of each value, merged, per interval, and confirms all of them then', async () => {
    const emit = await read({ interval: '1s', mergeField: 'id', useInt64ForWholeNumber: true });
    const confirmed: number[] = [];
    emit('{"id":1,"a":1,"big":9007199254740993}', () => void confirmed.push(1));
    emit('{"id":2,"b":2}', () => void confirmed.push(2));
    emit('{"id":1,"a":3,"big":9007199254740995}', () => void confirmed.push(3));
    expect(confirmed).toEqual([1]);
    expect(h.sink.got).toEqual([]);
    await h.clock.advance(1000);
    expect(String(h.sink.got[0])).toBe('[{"*":{"a":3,"b":2,"big":9007199254740995,"id":1}}]');
    expect(confirmed).toEqual([1, 2, 3]);
    await h.clock.advance(5000);
    expect(h.sink.got).toHaveLength(1);
  });

  it('by mergeField counts what is not an object at once', async () => {
    const emit = await read({ interval: '1s', mergeField: 'id' });
    const confirmed: number[] = [];
    emit('{oops', () => void confirmed.push(1));
    expect(confirmed).toEqual([1]);
    expect(h.runtime.rule('r')!.health().sources[0]).toMatchObject({ undecodable: 1 });
  });

  it.each([
    [{ interval: '1s', mergeField: 'a', merger: 'b' }, 'mergeField and merger cannot set together'],
    [{ merger: 'b' }, 'merger is set but rate limit is not required'],
    [{ interval: '1s', merger: 'b' }, 'merger b not found'],
    [{ interval: '1s', mergeField: 'a', payloadFormat: 'json', payloadField: 'x' }, 'cannot be set together'],
  ])('refuses %j', async (props, text) => {
    await expect(h.runtime.validateSource({ ...h.spec('s'), props })).rejects.toThrow(text);
  });
});

describe('puller', () => {
  it('asks at once, then each interval, never two at a time; skipped ones are counted', async () => {
    const clock = createVirtualClock();
    const begun: number[] = [];
    let finish = () => undefined as void;
    let skipped = 0;
    const p = createPuller(
      clock,
      100,
      () => {
        begun.push(clock.monotonic());
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      { skipped: () => void skipped++, failed: () => undefined },
    );
    p.start();
    await clock.advance(350);
    expect(begun).toEqual([0]);
    expect(skipped).toBe(3);
    finish();
    await clock.advance(100);
    expect(begun).toEqual([0, 400]);
    p.stop();
    await clock.advance(1000);
    expect(begun).toHaveLength(2);
  });

  it('with interval 0 asks once', async () => {
    const clock = createVirtualClock();
    let n = 0;
    createPuller(clock, 0, () => void n++, { skipped: () => undefined, failed: () => undefined }).start();
    await clock.advance(10_000);
    expect(n).toBe(1);
  });
});

describe('down-sampling', () => {
  it('gives the last message of each interval on and confirms the others', async () => {
    const clock = createVirtualClock();
    const out: unknown[] = [];
    const confirmed: number[] = [];
    const d = createDownsampler(clock, 100, (data) => void out.push(data));
    for (let n = 1; n <= 3; n++) d.put(`${n}`, undefined, () => void confirmed.push(n));
    await clock.advance(100);
    expect(out).toEqual(['3']);
    expect(confirmed).toEqual([1, 2]);
    await clock.advance(500);
    d.put('4', undefined, undefined);
    await clock.advance(100);
    expect(out).toEqual(['3', '4']);
  });

  it.each([
    [true, [1, 2]],
    [false, []],
  ])('confirms what waits at the end when no rule reads any more (%s)', (release, wanted) => {
    const clock = createVirtualClock();
    const confirmed: number[] = [];
    const last = createDownsampler(clock, 100, () => undefined);
    last.put('{}', undefined, () => void confirmed.push(1));
    last.stop(release);
    const merged = createFieldMerger(clock, 100, 'id', () => undefined);
    merged.put('{"id":1}', undefined, () => void confirmed.push(2));
    merged.stop(release);
    expect(confirmed).toEqual(wanted);
  });
});
