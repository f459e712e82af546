// Life of a rule: states, messages, queued commands, restart strategy, schedules, and what it leaves behind.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EndOfInput } from '../../src/contract/source.ts';
import { stateTexts } from '../../src/runtime/index.ts';
import { stateTable } from '../../src/runtime/rule/state-table.ts';
import { countWindowProgram, filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

const publish = (n: number) => h.sources.at(-1)!.emit(Buffer.from(JSON.stringify({ a: n })));

describe('rule', () => {
  it('starts, runs, stops with eKuiper texts and times', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    expect(rule.status()).toMatchObject({
      status: 'stopped',
      message: '',
      lastStartTimestamp: 0,
      lastStopTimestamp: 0,
      nextStartTimestamp: 0,
    });
    await rule.start();
    expect(rule.status()).toMatchObject({ status: 'running', message: '', lastStartTimestamp: h.clock.now() });
    publish(1);
    await rule.stop();
    expect(rule.status()).toMatchObject({
      status: 'stopped',
      message: 'canceled manually',
      source_s_0_records_in_total: 1,
      sink_fake_0_0_records_out_total: 1,
    });
    expect(h.sources[0]!.closedBy).toBe('stopped');
    await rule.start();
    expect(rule.status()).toMatchObject({ status: 'running', message: '', source_s_0_records_in_total: 0 });
  });

  it('ignores start while running and stop while stopped', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.stop();
    expect(rule.brief()).toEqual({ status: 'stopped', message: '' });
    await rule.start();
    await rule.start();
    expect(h.sources).toHaveLength(1);
  });

  it('carries the last of several commands out that come during a transition', async () => {
    let release = () => undefined as void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const rule = h.runtime.createRule(h.define('r', () => gate.then(() => filterProgram('a'))));
    void rule.start();
    expect(rule.state).toBe('starting');
    const commands = [rule.stop(), rule.start(), rule.stop()];
    release();
    await Promise.all(commands);
    expect(rule.state).toBe('stopped');
    expect(h.sources.every((s) => s.closedBy === 'stopped')).toBe(true);
  });

  it('that cannot start says why, and leaves nothing open', async () => {
    const rule = h.runtime.createRule({
      ...h.define('r', filterProgram('a')),
      sources: (name) => ({ ...h.spec(name), datasource: 'bad' }),
    });
    await rule.start();
    expect(rule.brief()).toEqual({ status: 'stopped by error', message: 'bad datasource' });
    const other = h.runtime.createRule(h.define('r2', filterProgram('a'), { actions: [{ format: 'nope' }] }));
    await other.start();
    expect(other.brief().message).toContain('format type nope not supported');
    await rule.stop();
    expect(rule.state).toBe('stopped');
  });

  it('that throws stops alone, and the restart strategy brings it back with growing pauses', async () => {
    const bad = filterProgram('a');
    const start = bad.start.bind(bad);
    bad.start = (host, slotOf) => ({
      ...start(host, slotOf),
      push: () => {
        throw new Error('broken invariant');
      },
    });
    const restart = { attempts: 3, delayMs: 1000, maxDelayMs: 4000, multiplier: 2, jitterFactor: 0 };
    const rule = h.runtime.createRule(h.define('bad', bad, { options: { restart } }));
    const good = h.runtime.createRule(h.define('good', filterProgram('a')));
    await rule.start();
    await good.start();
    for (const pauseMs of [1000, 2000, 4000, 4000]) {
      publish(1);
      await h.settle(() => rule.state === 'stoppedByError');
      expect(rule.brief().message).toBe('broken invariant');
      await h.clock.advance(pauseMs - 400);
      expect(rule.state).toBe('stoppedByError');
      await h.settle(() => rule.state === 'running', 400);
    }
    expect(good.state).toBe('running');
    expect(good.status()['source_s_0_records_in_total']).toBe(4);
  });

  it('that the user starts before its recovery keeps nothing of that one: after the next error it pauses in full', async () => {
    const bad = filterProgram('a');
    const start = bad.start.bind(bad);
    bad.start = (host, slotOf) => ({
      ...start(host, slotOf),
      push: () => {
        throw new Error('broken invariant');
      },
    });
    const restart = { attempts: 9, delayMs: 10_000, maxDelayMs: 10_000, multiplier: 1, jitterFactor: 0 };
    const rule = h.runtime.createRule(h.define('r', bad, { options: { restart } }));
    const fail = async () => {
      publish(1);
      await h.settle(() => rule.state === 'stoppedByError');
    };
    await rule.start();
    await fail();
    await h.clock.advance(6000);
    await rule.start();
    expect(rule.state).toBe('running');
    await fail();
    // the first recovery would have been due now
    await h.clock.advance(6000);
    expect(rule.state).toBe('stoppedByError');
    await h.settle(() => rule.state === 'running', 4000);
  });

  it('ends with a bounded source, and says so to be stored', async () => {
    const triggered: boolean[] = [];
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    rule.onTriggeredChange = (t) => triggered.push(t);
    await rule.start();
    publish(1);
    h.sources[0]!.fail(new EndOfInput('all read'));
    await h.settle(() => rule.state === 'stopped');
    expect(rule.brief().message).toBe('done: all read');
    expect(triggered).toEqual([false]);
  });

  it('with a schedule waits for the patrol', async () => {
    const begin = h.clock.now() + 30_000;
    const rule = h.runtime.createRule(
      h.define('r', filterProgram('a'), { options: { cronDatetimeRange: [{ beginMs: begin, endMs: begin + 60_000 }] } }),
    );
    await rule.start();
    expect(rule.status()).toMatchObject({ status: stateTexts.waiting, nextStartTimestamp: begin });
    await h.settle(() => rule.state === 'running', 40_000);
    await h.settle(() => rule.state === 'waiting', 60_000);
    expect(rule.brief().message).toBe('schedule terminated');
    await rule.stop();
    expect(rule.state).toBe('stopped');
  });

  it('with a duration runs once for that long', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a'), { options: { durationMs: 15_000 } }));
    await rule.start();
    await h.settle(() => rule.state === 'stopped', 25_000);
    expect(rule.brief().message).toBe('duration terminated');
  });

  it('keeps the subscription and what arrives over a restart', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    await rule.start();
    const again = rule.restart();
    publish(1);
    await again;
    await h.settle(() => h.sink.rows().length === 1);
    expect(h.sources).toHaveLength(1);
    expect(h.sources[0]!.closedBy).toBeUndefined();
  });

  it('that is deleted leaves no queue, no state and no series', async () => {
    h.sink.behaviour = 'away';
    const rule = h.runtime.createRule(h.define('gone', countWindowProgram('a', 2)));
    await rule.start();
    publish(1);
    publish(2);
    publish(3);
    await h.settle(() => rule.health().sinks[0]!.queueRows === 1, 1500);
    await h.settle(() => rule.health().checkpoint.lastAtMs > 0, 16_000);
    expect(h.runtime.metricsText()).toContain('kuiper_sink_queue_rows{rule="gone",op="fake_0"} 1');
    await rule.delete();
    expect(h.runtime.rule('gone')).toBeUndefined();
    expect(await h.store.sinkQueues.queues()).toEqual([]);
    expect(await h.store.checkpoints.rules()).toEqual([]);
    expect(h.runtime.metricsText()).not.toContain('gone');
  });

  it('that is deleted takes no more commands', async () => {
    const rule = h.runtime.createRule(h.define('gone', filterProgram('a')));
    await rule.start();
    await rule.delete();
    await expect(rule.start()).rejects.toMatchObject({ code: 'RUNTIME_RULE_CLOSED' });
    expect(() => h.runtime.createRule(h.define('gone', filterProgram('a')))).not.toThrow();
    expect(() => h.runtime.createRule(h.define('gone', filterProgram('a')))).toThrow(/already exists/);
  });

  it('tells options that it does not take as written, in its log and its health', async () => {
    const rule = h.runtime.createRule(
      h.define('r', filterProgram('a'), { options: { concurrency: 4 }, actions: [{}, { Concurrency: 2 }, { concurrency: 1 }] }),
    );
    await rule.start();
    const notes = [
      'Option concurrency 4 is taken as 1: the rows of a rule are evaluated one by one, so that they keep their order.',
      'Property concurrency 2 of sink fake_1 is taken as 1: its rows keep their order, with several on their way at a time.',
    ];
    expect(rule.health()).toMatchObject({ ok: true, problems: [], notes });
    expect(h.lines.filter((l) => l['level'] === 'warn').map((l) => l['notes'])).toEqual([notes]);
    await rule.update(h.define('r', filterProgram('a')));
    expect(rule.health().notes).toEqual([]);
  });

  // @covers finding:field#2.6
  it('what a peer does not give or take is a note in health, and no problem', async () => {
    const own = harness({ sourceNotes: ['gives QoS 1 instead of 2.'] });
    own.sink.notes = ['takes QoS 1 at most.'];
    const rule = own.runtime.createRule(own.define('r', filterProgram('a')));
    await rule.start();
    const { ok, problems, notes, sources, sinks } = rule.health();
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
    expect(notes).toEqual([`Source ${sources[0]!.stream}: gives QoS 1 instead of 2.`, 'Sink fake_0: takes QoS 1 at most.']);
    expect([sources[0]!.notes, sinks[0]!.notes]).toEqual([['gives QoS 1 instead of 2.'], ['takes QoS 1 at most.']]);
    await own.end();
  });

  it('says that a stream was replaced or dropped since it started', async () => {
    let statement: string | undefined = 'CREATE STREAM s () WITH (DATASOURCE="a")';
    const rule = h.runtime.createRule({ ...h.define('r', filterProgram('a')), statementOf: () => statement });
    await rule.start();
    expect(rule.health()).toMatchObject({ ok: true, problems: [] });
    statement = 'CREATE STREAM s () WITH (DATASOURCE="b")';
    expect(rule.health()).toMatchObject({
      ok: false,
      problems: ['s was replaced since the rule started; restart the rule to have it read the new definition.'],
    });
    await rule.restart();
    expect(rule.health()).toMatchObject({ ok: true, problems: [] });
    statement = undefined;
    expect(rule.health().problems.join()).toContain('s was dropped after the rule started');
    await rule.stop();
    expect(rule.health().problems).toEqual([]);
  });

  it('shows its graph', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    expect(rule.topo()).toEqual({
      sources: ['source_s'],
      edges: { source_s: ['op_2_filter'], op_2_filter: ['op_3_project'], op_3_project: ['sink_fake_0'] },
    });
  });

  // @covers finding:parity#12
  it('shows the decoder, the transform and the encoding as nodes, under the name of the connection when there is one', async () => {
    const rule = h.runtime.createRule({
      ...h.define('r', filterProgram('a')),
      sources: (name) => ({ ...h.spec(name), nodeName: 'con1/topic' }),
    });
    await rule.start();
    publish(1);
    publish(0);
    h.sources[0]!.emit(Buffer.from('{'));
    expect(rule.topo().sources).toEqual(['source_con1/topic']);
    const status = rule.status();
    expect(status['source_s_0_records_in_total']).toBeUndefined();
    expect(status).toMatchObject({
      'source_con1/topic_0_records_in_total': 3,
      'source_con1/topic_0_connection_status': 1,
      op_2_decoder_0_records_in_total: 3,
      op_2_decoder_0_records_out_total: 2,
      op_2_decoder_0_exceptions_total: 1,
      op_fake_0_0_transform_0_records_in_total: h.sink.got.length,
      op_fake_0_0_transform_0_records_out_total: h.sink.got.length,
      op_fake_0_1_encode_0_records_in_total: h.sink.got.length,
      op_fake_0_1_encode_0_records_out_total: h.sink.got.length,
    });
    expect(h.sink.got.length).toBeGreaterThan(0);
    expect(h.runtime.metricsText()).toContain('kuiper_source_records_in_total{rule="r",type="source",op="con1/topic",op_instance="0"} 3');
    expect(h.runtime.metricsText()).toContain('kuiper_op_records_out_total{rule="r",type="op",op="2_decoder",op_instance="0"} 2');
    // health and diag go on to speak of the stream
    expect(rule.health().sources.map((s) => s.stream)).toEqual(['s']);
  });

  it('counts rows that the index keeps away from it', async () => {
    const rule = h.runtime.createRule(
      h.define(
        'r',
        filterProgram('a', (v) => v === 7, [{ input: 0, column: 'a', op: '=', value: 7 }]),
      ),
    );
    await rule.start();
    for (let n = 0; n < 10; n++) publish(n);
    expect(h.sink.rows()).toEqual([{ a: 7 }]);
    expect(rule.status()).toMatchObject({
      source_s_0_records_in_total: 10,
      source_s_0_records_out_total: 10,
      op_2_filter_0_records_in_total: 1,
    });
  });

  it('survives a storm of commands without leaving anything open', async () => {
    const rule = h.runtime.createRule(h.define('r', filterProgram('a')));
    for (let i = 0; i < 200; i++) void (i % 3 === 0 ? rule.start() : i % 3 === 1 ? rule.stop() : rule.restart());
    await h.settle(() => rule.state === 'running' || rule.state === 'stopped', 100);
    await rule.stop();
    expect(h.sources.every((s) => s.closedBy !== undefined)).toBe(true);
    expect(h.clock.pending).toBeLessThanOrEqual(1);
  });

  it('has a move for every command in every state', () => {
    for (const [state, moves] of Object.entries(stateTable))
      for (const [action, move] of Object.entries(moves)) expect(move.effect, `${state} ${action}`).toBeTruthy();
  });
});
