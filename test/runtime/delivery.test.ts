// Who confirms when (design §4): each line of the table, on the virtual clock.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countWindowProgram, filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

/** Publishes {a: n} with a confirmation. */
function publish(n: number, confirmed: number[], source = 0) {
  return h.sources[source]!.emit(Buffer.from(JSON.stringify({ a: n })), { topic: 't' }, () => void confirmed.push(n));
}

describe('confirmation', () => {
  it('comes at once when every sink delivered', async () => {
    await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    expect(confirmed).toEqual([1]);
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
  });

  it('comes for rows that no rule keeps', async () => {
    await h.runtime
      .createRule(
        h.define(
          'r',
          filterProgram('a', () => false),
        ),
      )
      .start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    expect(confirmed).toEqual([1]);
    expect(h.sink.rows()).toEqual([]);
  });

  it('waits for a sink that has not answered', async () => {
    h.sink.behaviour = 'hold';
    await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    await h.settle();
    expect(confirmed).toEqual([]);
    h.sink.holding[0]!.resolve();
    await h.settle();
    expect(confirmed).toEqual([1]);
  });

  it('waits for the slowest of all rules', async () => {
    h.sinkNamed('slow').behaviour = 'hold';
    await h.runtime.createRule(h.define('fast', filterProgram('a'))).start();
    await h.runtime.createRule(h.define('slow', filterProgram('a'), { actions: [{ as: 'slow' }] })).start();
    expect(h.sources).toHaveLength(1);
    const confirmed: number[] = [];
    publish(1, confirmed);
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
    await h.settle();
    expect(confirmed).toEqual([]);
    h.sinkNamed('slow').holding[0]!.resolve();
    await h.settle();
    expect(confirmed).toEqual([1]);
  });

  it('is given for what can never succeed: undecodable, refused by the sink, failing expression', async () => {
    h.sinkNamed('no').behaviour = 'refuse';
    const bad = (): boolean => {
      throw new Error('divided by zero');
    };
    const rule = h.runtime.createRule(h.define('r', filterProgram('a', bad)));
    await rule.start();
    await h.runtime.createRule(h.define('r2', filterProgram('a'), { actions: [{ as: 'no' }] })).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    h.sources[0]!.emit(Buffer.from('{oops'), undefined, () => void confirmed.push(2));
    await h.settle(() => confirmed.length === 2);
    expect([...confirmed].sort()).toEqual([1, 2]);
    const status = rule.status();
    expect(status['op_2_filter_0_exceptions_total']).toBe(1);
    expect(status['op_2_filter_0_last_exception']).toBe('divided by zero');
    expect(status['source_s_0_exceptions_total']).toBe(1);
    expect(String(status['source_s_0_last_exception'])).toContain('invalid JSON');
    expect(h.runtime.rule('r2')!.status()['sink_fake_0_0_last_exception']).toBe('bad request');
    expect(rule.health().sources[0]!.undecodable).toBe(1);
  });

  it('is the share of a rule that stops', async () => {
    h.sink.behaviour = 'hold';
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 10)));
    await rule.start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    await h.settle();
    expect(confirmed).toEqual([]);
    void rule.stop();
    await h.settle(() => rule.state === 'stopped', 200);
    expect(confirmed).toEqual([1]);
  });

  it('with ackPolicy early does not wait for anything', async () => {
    h.sink.behaviour = 'hold';
    await h.runtime.createRule(h.define('r', filterProgram('a'), { options: { ackPolicy: 'early' } })).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    expect(confirmed).toEqual([1]);
  });
});

describe('state', () => {
  it('confirms rows of a window when their checkpoint is stored', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 10)));
    await rule.start();
    const confirmed: number[] = [];
    for (let n = 1; n <= 3; n++) publish(n, confirmed);
    await h.settle(() => true, 10_000);
    expect(confirmed).toEqual([]);
    expect(rule.health().checkpoint.heldMessages).toBe(3);
    await h.settle(() => confirmed.length === 3, 6_000);
    expect(rule.health().checkpoint).toMatchObject({ heldMessages: 0, failures: 0 });
  });

  it('is committed only after the results before it are delivered', async () => {
    h.sink.behaviour = 'hold';
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 2))).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    publish(2, confirmed);
    await h.settle(() => true, 400);
    expect(h.sink.holding).toHaveLength(1);
    // nothing answers: the result goes to disk, and only then the checkpoint is stored
    await h.settle(() => confirmed.length === 2, 16_000);
    const rule = h.runtime.rule('r')!;
    expect(rule.health().sinks[0]!.spilled).toBe(1);
  });

  it('is not committed while a result before it is neither delivered nor stored', async () => {
    await h.end();
    h = harness({ settings: { spillAfterMs: 1_000_000 } });
    h.sink.behaviour = 'hold';
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 2)));
    await rule.start();
    const confirmed: number[] = [];
    for (const n of [1, 2, 3]) publish(n, confirmed);
    await h.settle(() => true, 40_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await h.settle(() => true, 1000);
    expect(confirmed).toEqual([]);
    expect(await h.store.checkpoints.rules()).toEqual([]);
    h.sink.holding[0]!.resolve();
    await h.settle(() => confirmed.length === 3, 100);
    expect(await h.store.checkpoints.rules()).toEqual(['r']);
  });

  it('never starves a peer that allows few unconfirmed messages', async () => {
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 10_000))).start();
    const window = 20;
    const confirmed: number[] = [];
    let sent = 0;
    // 100 messages a second, as far as the window allows
    for (let i = 0; i < 300; i++) {
      if (sent - confirmed.length < window) publish(++sent, confirmed);
      await h.clock.advance(10);
      // the store works in real time
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // 40 without a checkpoint before its time; more depends on how fast the disk of this machine is
    expect(sent).toBeGreaterThan(80);
    expect(confirmed.length).toBeGreaterThan(60);
  });

  it('nor one that wants its confirmations in order, when only few rows are kept', async () => {
    const program = countWindowProgram('a', 10_000);
    const start = program.start.bind(program);
    program.start = (host, slotOf) => {
      const inner = start(host, slotOf);
      // one row of ten goes into state
      return { ...inner, push: (input, t) => (Number(t.cols[0]) % 10 === 0 ? inner.push(input, t) : undefined) };
    };
    await h.runtime.createRule(h.define('r', program)).start();
    const confirmed = new Set<number>();
    let inOrder = 0;
    let sent = 0;
    for (let i = 0; i < 300; i++) {
      while (confirmed.has(inOrder + 1)) inOrder++;
      if (sent - inOrder < 20) {
        const n = ++sent;
        h.sources[0]!.emit(Buffer.from(JSON.stringify({ a: n })), undefined, () => void confirmed.add(n));
      }
      await h.clock.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(sent).toBeGreaterThan(80);
  });

  it('writes nothing for stateless rules with their sinks up', async () => {
    await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
    const confirmed: number[] = [];
    for (let n = 0; n < 100; n++) publish(n, confirmed);
    await h.settle(() => true, 60_000);
    expect(confirmed).toHaveLength(100);
    expect(await h.store.checkpoints.rules()).toEqual([]);
    expect(await h.store.sinkQueues.queues()).toEqual([]);
  });

  it('comes back after an orderly end, and rows are neither lost nor doubled', async () => {
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 4))).start();
    const confirmed: number[] = [];
    publish(1, confirmed);
    publish(2, confirmed);
    await h.close();
    expect(confirmed).toEqual([1, 2]);
    expect(h.sources[0]!.closedBy).toBe('shutdown');
    h = harness({ dataDir: h.dataDir });
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 4))).start();
    publish(3, confirmed);
    publish(4, confirmed);
    expect(h.sink.rows()).toEqual([{ values: [1, 2, 3, 4] }]);
  });

  it('is kept over an update where fingerprints match, and dropped with a word where not', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 3)));
    await rule.start();
    publish(1, []);
    publish(2, []);
    await rule.update(h.define('r', countWindowProgram('a', 3), { actions: [{ as: 'other' }] }));
    publish(3, []);
    expect(h.sinkNamed('other').rows()).toEqual([{ values: [1, 2, 3] }]);
    publish(4, []);
    await rule.update(h.define('r', countWindowProgram('a', 2, 'changed')));
    publish(5, []);
    publish(6, []);
    expect(h.sink.rows()).toEqual([{ values: [5, 6] }]);
    expect(h.lines.some((l) => String(l['msg']).includes('State of changed operators'))).toBe(true);
  });

  it('does not take a message in twice that the peer repeats, over a lost connection and over a kill', async () => {
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 4))).start();
    const confirmed: string[] = [];
    const send = (id: number, n: number, dup: boolean) =>
      h.sources
        .at(-1)!
        .emit(
          Buffer.from(JSON.stringify({ a: n })),
          { messageId: id, ...(dup && { dup }) },
          () => void confirmed.push(`${id}${dup ? ' again' : ''}`),
        );
    send(1, 10, false);
    send(2, 20, false);
    h.sources[0]!.fail(new Error('lost'));
    await h.settle(() => h.sources.length === 2, 200);
    send(1, 10, true);
    send(2, 20, true);
    expect(confirmed).toEqual([]);
    await h.settle(() => confirmed.length === 4, 16_000);
    // killed before the broker heard of it: the checkpoint knows what it holds
    await h.store.close();
    const { dataDir } = h;
    h = harness({ dataDir });
    await h.runtime.createRule(h.define('r', countWindowProgram('a', 4))).start();
    send(2, 20, true);
    // the same id, another content: a new message
    send(1, 30, true);
    send(3, 40, false);
    expect(h.sink.rows()).toEqual([{ values: [10, 20, 30, 40] }]);
  });

  it('is dropped by a restart of a rule with qos 0, as in eKuiper', async () => {
    const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 3)));
    await rule.start();
    publish(1, []);
    publish(2, []);
    await rule.restart();
    for (const n of [3, 4, 5]) publish(n, []);
    expect(h.sink.rows()).toEqual([{ values: [3, 4, 5] }]);
  });

  it('beyond its limit stops the rule, not the others', async () => {
    await h.end();
    h = harness({ settings: { maxStateBytes: 200 } });
    const big = h.runtime.createRule(h.define('big', countWindowProgram('a', 1000)));
    const other = h.runtime.createRule(h.define('other', filterProgram('a'), { actions: [{ as: 'other' }] }));
    await big.start();
    await other.start();
    for (let n = 0; n < 300; n++) publish(n, []);
    await h.settle(() => big.state === 'stoppedByError', 16_000);
    expect(big.brief().message).toContain('more than the limit of 200');
    publish(300, []);
    expect(h.sinkNamed('other').rows()).toHaveLength(301);
  });
});
