// Parked rows as those see them who look after a rule: list, show, retry and drop, also while the rule does not run and after a restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

const publish = (n: number) => h.sources.at(-1)!.emit(Buffer.from(JSON.stringify({ a: n })), undefined, () => undefined);
const create = () =>
  h.runtime.createRule(h.define('r', filterProgram('a'), { actions: [{}, { as: 'other', topic: 't/{{.a}}', sendSingle: true }] }));
const start = async () => {
  const rule = create();
  await rule.start();
  return rule;
};
const park = async (...rows: number[]) => {
  const rule = await start();
  h.sink.behaviour = 'refuse';
  for (const n of rows) publish(n);
  await h.settle(() => rule.health().sinks[0]!.parked === rows.length);
  h.sink.behaviour = 'ok';
  return rule;
};
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );

// @covers issue:14#7
describe('parked rows of a rule', () => {
  it('are listed by sink with number and reason, and shown with their data', async () => {
    const rule = await park(1, 2);
    h.sinkNamed('other').behaviour = 'refuse';
    publish(3);
    await h.settle(() => rule.health().sinks[1]!.parked === 1);
    const list = await rule.parkedRows().list();
    expect(list.map((p) => [p.sink, p.id, p.rows, p.tries, p.reason, p.overtaken])).toEqual([
      ['fake_0', 1, 1, 0, 'bad request', false],
      ['fake_0', 2, 1, 0, 'bad request', false],
      ['fake_1', 1, 1, 0, 'bad request', false],
    ]);
    expect(list[0]!.parkedAtMs).toBeGreaterThanOrEqual(list[0]!.atMs);
    expect(await rule.parkedRows().show('fake_0', 2)).toEqual({ ...list[1], data: '[{"a":2}]' });
    expect(await rule.parkedRows().show('fake_1', 1)).toEqual({ ...list[2], data: '{"a":3}', target: { topic: 't/3' } });
    expect(rule.health().problems.join()).toContain('Sink fake_0 does not take 2 rows; they have been parked since');
    expect(h.runtime.metricsText()).toContain('kuiper_sink_parked_rows{rule="r",op="fake_0"} 2');
  });

  it('are tried again one by one or all, and what is delivered is gone from the disk', async () => {
    const rule = await park(1, 2, 3);
    await rule.parkedRows().retry('fake_0', 2, false);
    expect(h.sink.rows()).toEqual([{ a: 2 }]);
    const { collect } = h.sink;
    h.sink.collect = function (data, dynamic) {
      if (String(data).includes('1')) throw new Error('still bad');
      return collect.call(this, data, dynamic);
    };
    expect(await rule.parkedRows().retryAll(false)).toEqual({
      delivered: 1,
      failed: [{ sink: 'fake_0', id: 1, reason: 'sink fake_0 still does not take parked row 1: still bad' }],
    });
    expect(h.sink.rows()).toEqual([{ a: 2 }, { a: 3 }]);
    expect((await rule.parkedRows().list()).map((p) => [p.id, p.tries, p.reason])).toEqual([[1, 1, 'still bad']]);
  });

  it('are dropped one by one or all', async () => {
    const rule = await park(1, 2, 3);
    await rule.parkedRows().drop('fake_0', 2);
    expect((await rule.parkedRows().list()).map((p) => p.id)).toEqual([1, 3]);
    expect(await code(rule.parkedRows().drop('fake_0', 2))).toBe('PARKED_NOT_FOUND: sink fake_0 has no parked row 2');
    expect(await rule.parkedRows().dropAll()).toBe(2);
    expect(await h.store.sinkQueues.queues()).toEqual([]);
    expect(rule.health().sinks[0]).toMatchObject({ parked: 0, parkedReason: '' });
  });

  it('are there while the rule does not run and after a restart, but are not tried then', async () => {
    const first = await park(1);
    await first.stop();
    expect(await first.parkedRows().list()).toHaveLength(1);
    expect(await code(first.parkedRows().retry('fake_0', 1, false))).toBe(
      'PARKED_NOT_NOW: parked row 1 of sink fake_0 cannot be tried now: rule r does not run',
    );
    await h.close();
    h = harness({ dataDir: h.dataDir });
    const rule = create();
    expect(await rule.parkedRows().show('fake_0', 1)).toMatchObject({ reason: 'bad request', data: '[{"a":1}]' });
    expect(await code(rule.parkedRows().show('fake_0', 2))).toContain('PARKED_NOT_FOUND');
    expect(await code(rule.parkedRows().retry('mqtt_0', 1, false))).toBe(
      'PARKED_NO_SINK: rule r has no sink mqtt_0; its sinks are fake_0, fake_1',
    );
    await rule.start();
    expect(rule.health().sinks[0]).toMatchObject({ parked: 1, parkedReason: 'bad request' });
    await rule.parkedRows().retry('fake_0', 1, false);
    expect(h.sink.rows()).toEqual([{ a: 1 }]);
  });

  it('go with the rule, or with their sink when a new definition has it no longer', async () => {
    const rule = await park(1);
    await rule.update(h.define('r', filterProgram('a'), { actions: [{}] }));
    await h.settle(() => rule.state === 'running');
    expect(await rule.parkedRows().list()).toHaveLength(1);
    await rule.delete();
    expect(await h.store.sinkQueues.queues()).toEqual([]);
  });
});
