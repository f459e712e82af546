// What arrives while a rule is replaced or restarted: nothing is lost, confirmed too early, or given twice; other rules read on meanwhile.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleProgram } from '../../src/exec/operator.ts';
import { countWindowProgram, filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
let confirmed: number[];
beforeEach(() => {
  h = harness();
  confirmed = [];
});
afterEach(() => h.end());

const publish = (n: number, source = h.sources.length - 1) =>
  h.sources[source]!.emit(Buffer.from(JSON.stringify({ a: n, b: n })), { topic: 't' }, () => void confirmed.push(n));

/** A program whose making waits until the test says so. */
function slow(program: RuleProgram): { make: () => Promise<RuleProgram>; go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { make: () => promise.then(() => program), go: resolve };
}

describe('a rule that is replaced while another one reads the same', () => {
  const both = async () => {
    const other = h.runtime.createRule(h.define('other', filterProgram('a'), { actions: [{ as: 'other' }] }));
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await other.start();
    await rule.start();
    publish(1);
    return rule;
  };

  it('gets what came between its runs, in order, counted, and confirmed only then', async () => {
    const rule = await both();
    const next = slow(filterProgram('b'));
    const done = rule.update(h.define('r', next.make));
    await h.settle(() => rule.state === 'starting');
    for (const n of [2, 3, 4]) publish(n);
    expect(
      h
        .sinkNamed('other')
        .rows()
        .map((r) => r['a']),
    ).toEqual([1, 2, 3, 4]);
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
    expect(confirmed).toEqual([1]);
    next.go();
    await h.settle(() => rule.state === 'running');
    await done;
    publish(5);
    expect(h.sink.rows()).toEqual([{ a: 1 }, { b: 2 }, { b: 3 }, { b: 4 }, { b: 5 }]);
    expect(confirmed).toEqual([1, 2, 3, 4, 5]);
    expect(h.sinkNamed('other').rows()).toHaveLength(5);
    expect(rule.status()).toMatchObject({ source_s_0_records_in_total: 4, source_s_0_records_out_total: 4 });
  });

  it('and when it is restarted', async () => {
    const rule = await both();
    h.sink.behaviour = 'hold';
    publish(2);
    const done = rule.restart();
    publish(3);
    h.sink.behaviour = 'ok';
    h.sink.holding[0]!.resolve();
    await h.settle(() => rule.state === 'running');
    await done;
    expect(h.sink.rows().map((r) => r['a'])).toEqual([1, 2, 3]);
    expect(confirmed).toEqual([1, 2, 3]);
  });

  it('counts what it cannot decode', async () => {
    const rule = await both();
    const next = slow(filterProgram('a'));
    const done = rule.update(h.define('r', next.make));
    await h.settle(() => rule.state === 'starting');
    h.sources[0]!.emit(Buffer.from('{oops'), undefined, () => void confirmed.push(2));
    publish(3);
    next.go();
    await done;
    expect(confirmed).toEqual([1, 2, 3]);
    expect(h.sink.rows().map((r) => r['a'])).toEqual([1, 3]);
  });

  it.each([
    ['is not to run', () => h.define('r', filterProgram('a'), { triggered: false }), 'stopped'],
    [
      'cannot start',
      () =>
        h.define('r', () => {
          throw new Error('no such column');
        }),
      'stopped by error',
    ],
    [
      'reads something else',
      () =>
        h.define(
          'r',
          filterProgram('a', () => true, [], 'elsewhere'),
        ),
      'running',
    ],
  ])('that %s keeps nothing back', async (_what, definition, status) => {
    const rule = await both();
    h.sink.behaviour = 'hold';
    publish(2);
    const done = rule.update(definition());
    publish(3, 0);
    expect(confirmed).toEqual([1]);
    h.sink.holding[0]!.resolve();
    await h.settle(() => rule.brief().status === status);
    await done;
    expect(confirmed).toEqual([1, 2, 3]);
    publish(4, 0);
    expect(confirmed).toEqual([1, 2, 3, 4]);
  });

  it('has a source wait that gives more than fits', async () => {
    const rule = await both();
    const next = slow(filterProgram('a'));
    const done = rule.update(h.define('r', next.make));
    await h.settle(() => rule.state === 'starting');
    let waits: void | Promise<void>;
    let n = 2;
    for (; n < 20_000; n++) if ((waits = publish(n)) !== undefined) break;
    expect(n).toBe(10_001);
    next.go();
    await done;
    await waits!;
    expect(publish(++n)).toBeUndefined();
    expect(h.sink.got).toHaveLength(n);
  });
});

describe('state of a rule that is replaced', () => {
  it('is on disk before its messages are confirmed: a kill right after loses nothing', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 4)));
    await rule.start();
    for (const n of [1, 2, 3]) publish(n);
    await rule.update(h.define('r', countWindowProgram('a', 4)));
    const before = confirmed.slice();
    // killed: a new gateway on the same folder, the old one is not closed before
    const after = harness({ dataDir: h.dataDir });
    const again = after.runtime.createRule(after.define('r', countWindowProgram('a', 4)));
    await again.start();
    for (const n of [1, 2, 3, 4].filter((m) => !before.includes(m)))
      after.sources[0]!.emit(Buffer.from(JSON.stringify({ a: n })), { topic: 't' }, () => undefined);
    await after.settle(() => after.sink.got.length > 0);
    expect(after.sink.rows()).toEqual([{ values: [1, 2, 3, 4] }]);
    await after.close();
  });

  it('stays unconfirmed when the disk does not take it, until a checkpoint of the next run does', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 4)));
    await rule.start();
    for (const n of [1, 2, 3]) publish(n);
    const { save } = h.store.checkpoints;
    Object.assign(h.store.checkpoints, { save: () => Promise.reject(new Error('disk is full')) });
    await rule.update(h.define('r', countWindowProgram('a', 4)));
    expect(confirmed).toEqual([]);
    Object.assign(h.store.checkpoints, { save });
    await h.settle(() => confirmed.length === 3, 16_000);
    publish(4);
    expect(h.sink.rows()).toEqual([{ values: [1, 2, 3, 4] }]);
  });
});

describe('a rule that fails and waits for its restart', () => {
  const restart = { attempts: 3, delayMs: 1000, maxDelayMs: 4000, multiplier: 2, jitterFactor: 0 };
  /** Fails on these values, once each. */
  const fragile = (column: string, poison: Set<number>): RuleProgram => {
    const program = filterProgram(column);
    const start = program.start.bind(program);
    program.start = (host, slotOf) => {
      const slot = slotOf(0, column);
      const running = start(host, slotOf);
      return {
        ...running,
        push(input, t) {
          if (poison.delete(Number(t.cols[slot]))) throw new Error('broken invariant');
          running.push(input, t);
        },
      };
    };
    return program;
  };
  const failing = async (poison: number[], options = { restart }) => {
    const bad = new Set(poison);
    const rule = h.runtime.createRule(h.define('r', () => fragile('a', bad), { options }));
    await rule.start();
    return rule;
  };
  const beside = async () => {
    await h.runtime.createRule(h.define('other', filterProgram('a'), { actions: [{ as: 'other' }] })).start();
  };
  const got = (sink = h.sink) => sink.rows().map((r) => r['a']);
  const down = (rule: { state: string }) => h.settle(() => rule.state === 'stoppedByError');

  it('gets what came meanwhile, in order and counted; another rule reads on, and the source waits for neither', async () => {
    await beside();
    const rule = await failing([2]);
    publish(1);
    publish(2);
    publish(3);
    await down(rule);
    publish(4);
    expect(got(h.sinkNamed('other'))).toEqual([1, 2, 3, 4]);
    expect(confirmed).toEqual([1, 2, 3, 4]);
    await h.settle(() => rule.state === 'running', 1000);
    publish(5);
    expect(got()).toEqual([1, 3, 4, 5]);
    expect(rule.status()).toMatchObject({ source_s_0_records_in_total: 3 });
    publish(6);
    expect(got()).toEqual([1, 3, 4, 5, 6]);
  });

  it('alone keeps its subscription, and what came meanwhile is confirmed only when it is done', async () => {
    const rule = await failing([2]);
    for (const n of [1, 2, 3]) publish(n);
    await down(rule);
    publish(4);
    expect(h.sources[0]!.closedBy).toBeUndefined();
    expect(confirmed).toEqual([1, 2]);
    await h.settle(() => rule.state === 'running', 1000);
    expect(h.sources).toHaveLength(1);
    expect(got()).toEqual([1, 3, 4]);
    expect(confirmed).toEqual([1, 2, 3, 4]);
  });

  it.each([[true], [false]])('goes on behind each message that it fails on (others read: %s)', async (others) => {
    if (others) await beside();
    const rule = await failing([2, 4, 5]);
    for (let n = 1; n <= 6; n++) publish(n);
    await h.settle(() => got().length === 3, 10_000);
    expect(rule.state).toBe('running');
    publish(7);
    expect(got()).toEqual([1, 3, 6, 7]);
    expect([...confirmed].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await h.runtime.rule('other')?.stop();
    await rule.stop();
    expect(h.sources.map((s) => s.closedBy)).toEqual(['stopped']);
  });

  it('loses the oldest at the bound, counted, and holds the source up for nobody', async () => {
    await beside();
    const rule = await failing([1]);
    publish(1);
    await down(rule);
    for (let n = 2; n <= 10_011; n++) expect(publish(n)).toBeUndefined();
    expect(h.runtime.rule('other')!.health().sources[0]).toMatchObject({
      dropped: 10,
      dropReasons: { 'a rule that failed waits for its restart': 10 },
      unconfirmed: 0,
    });
    await h.settle(() => rule.state === 'running', 1000);
    expect(got().slice(0, 2)).toEqual([12, 13]);
    expect(got()).toHaveLength(10_000);
  });

  it.each([
    ['stopped', (rule: { stop(): Promise<void> }) => rule.stop(), 'stopped', 2],
    ['deleted', (rule: { delete(): Promise<void> }) => rule.delete(), 'stopped', 2],
    ['at the end of the gateway', () => h.close(), 'shutdown', 1],
  ])('and is %s lets its subscription go', async (_what, end, by, known) => {
    const rule = await failing([1]);
    publish(1);
    await down(rule);
    publish(2);
    await end(rule);
    await h.settle(() => confirmed.length === known);
    expect(h.sources[0]!.closedBy).toBe(by);
    if (by === 'shutdown') h = harness();
  });

  it('alone on a source with a position has it opened anew at that of its checkpoint', async () => {
    await h.end();
    const rewinds: unknown[] = [];
    h = harness({ rewinds });
    const rule = await failing([2]);
    publish(1);
    await h.settle(() => rule.health().checkpoint.lastAtMs > 0, 16_000);
    publish(2);
    await down(rule);
    await h.settle(() => rule.state === 'running', 1000);
    expect(h.sources.map((s) => s.closedBy)).toEqual(['stopped', undefined]);
    expect(rewinds).toEqual([7]);
  });

  it('and is replaced meanwhile gives what came to the new definition', async () => {
    await beside();
    const rule = await failing([1]);
    publish(1);
    await down(rule);
    publish(2);
    await rule.update(h.define('r', filterProgram('b')));
    publish(3);
    expect(h.sink.rows()).toEqual([{ b: 2 }, { b: 3 }]);
  });

  it('without a restart strategy keeps nothing', async () => {
    const rule = await failing([1], { restart: { ...restart, attempts: 0 } });
    publish(1);
    await down(rule);
    await h.settle(() => h.sources[0]!.closedBy === 'stopped');
  });
});

describe('a state that the disk does not take when its rule is replaced', () => {
  it('stays with a new definition that cannot start, is stored then, and is confirmed only then', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 3)));
    await rule.start();
    const save = h.store.checkpoints.save.bind(h.store.checkpoints);
    let failures = 0;
    h.store.checkpoints.save = () => {
      failures++;
      return Promise.reject(new Error('disk full'));
    };
    publish(1);
    publish(2);
    const { promise, reject } = Promise.withResolvers<RuleProgram>();
    const updated = rule.update(h.define('r', () => promise));
    await h.settle(() => rule.state === 'starting');
    expect(failures).toBeGreaterThan(0);
    expect(confirmed).toEqual([]);
    h.store.checkpoints.save = save;
    reject(new Error('no such column'));
    await h.settle(() => rule.state === 'stoppedByError');
    await updated;
    expect(confirmed).toEqual([1, 2]);
    expect(await h.store.checkpoints.rules()).toEqual(['r']);
    await rule.update(h.define('r', countWindowProgram('a', 3)));
    publish(3);
    await h.settle(() => h.sink.rows().length === 1);
    expect(h.sink.rows()).toEqual([{ values: [1, 2, 3] }]);
  });
});
