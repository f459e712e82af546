// What can never succeed goes to the actions with `deadLetter`, with where and why, and is confirmed when it is safe there.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Props } from '../../src/contract/props.ts';
import { filterProgram, type Harness, harness } from './harness.ts';

let h: Harness;
let confirmed: number[];
beforeEach(() => {
  h = harness();
  confirmed = [];
});
afterEach(() => h.end());

const publish = (n: number | string) =>
  h.sources.at(-1)!.emit(Buffer.from(typeof n === 'string' ? n : `{"a":${n}}`), undefined, () => void confirmed.push(n as number));
const dead = () => h.sinkNamed('dead').rows();
const start = async (props: Props = {}, program = filterProgram('a')) => {
  const rule = h.runtime.createRule(h.define('r', program, { actions: [props, { as: 'dead', deadLetter: true, bufferLength: 5 }] }));
  await rule.start();
  return rule;
};

describe('dead letter action', () => {
  it('takes what a sink refuses, with the reason, and no results', async () => {
    const rule = await start();
    publish(1);
    h.sink.behaviour = 'refuse';
    publish(2);
    expect(dead()).toEqual([{ rule: 'r', kind: 'sink', op: 'fake_0', reason: 'bad request', atMs: h.clock.now(), data: '[{"a":2}]' }]);
    expect(confirmed).toEqual([1, 2]);
    expect(rule.health()).toMatchObject({ ok: false, deadLetters: 1, sinks: [{ refused: 1 }, { refused: 0 }] });
    expect(rule.health().problems.join()).toContain('refused 1 row; they went to the dead letter action: bad request');
    expect(h.runtime.metricsText()).toContain('kuiper_sink_refused_total{rule="r",op="fake_0"} 1');
  });

  it('holds the confirmation until the letter is delivered', async () => {
    h.sink.behaviour = 'refuse';
    h.sinkNamed('dead').behaviour = 'hold';
    await start();
    publish(1);
    expect(confirmed).toEqual([]);
    h.sinkNamed('dead').holding[0]!.resolve();
    await h.settle();
    expect(confirmed).toEqual([1]);
  });

  it('takes what cannot be decoded, as text or base64', async () => {
    await start();
    publish('{oops');
    h.sources[0]!.emit(new Uint8Array([0xff, 0xfe]), undefined, undefined);
    expect(dead()).toMatchObject([
      { kind: 'source', op: 's', data: '{oops' },
      { kind: 'source', op: 's', data: '//4=', encoding: 'base64' },
    ]);
    expect(confirmed).toEqual(['{oops']);
  });

  it('takes rows on which an expression fails', async () => {
    await start(
      {},
      filterProgram('a', () => {
        throw new Error('cannot compare');
      }),
    );
    publish(7);
    expect(dead()).toMatchObject([{ kind: 'operator', op: '2_filter', reason: 'cannot compare', data: { a: 7 } }]);
    expect(confirmed).toEqual([7]);
  });

  it('takes rows that a template cannot render', async () => {
    await start({ dataTemplate: '{{ index . 5 }}' });
    publish(1);
    expect(dead()).toMatchObject([{ kind: 'sink', op: 'fake_0', data: [{ a: 1 }] }]);
    expect(confirmed).toEqual([1]);
  });

  it('with maxRetries takes what was tried so often, and lets the next ones pass', async () => {
    h.sink.behaviour = 'away';
    const rule = await start({ maxRetries: 2 });
    publish(1);
    await h.settle(() => dead().length === 1, 100);
    expect(dead()).toMatchObject([{ reason: 'the peer is away', data: '[{"a":1}]' }]);
    expect(confirmed).toEqual([1]);
    h.sink.behaviour = 'ok';
    publish(2);
    await h.settle(() => confirmed.length === 2);
    expect(h.sink.rows()).toEqual([{ a: 2 }]);
    expect(rule.health().sinks[0]).toMatchObject({ refused: 1 });
  });

  it('with maxRetries takes what lies on disk as well, and it leaves the disk only then', async () => {
    h.sink.behaviour = 'away';
    const rule = await start({ maxRetries: 15, resendInterval: 100 });
    for (const n of [1, 2, 3]) publish(n);
    await h.settle(() => rule.health().sinks[0]!.queueRows === 3, 1100);
    h.sinkNamed('dead').behaviour = 'hold';
    await h.settle(() => h.sinkNamed('dead').holding.length === 1, 100);
    let turns = 0;
    await h.settle(() => ++turns > 20);
    expect(rule.health().sinks[0]).toMatchObject({ queueRows: 3, refused: 1 });
    h.sinkNamed('dead').behaviour = 'ok';
    h.sink.behaviour = 'ok';
    h.sinkNamed('dead').holding[0]!.resolve();
    await h.settle(() => h.sink.got.length === 2, 100);
    expect(dead()).toMatchObject([{ data: '[{"a":1}]' }]);
    expect(h.sink.rows()).toEqual([{ a: 2 }, { a: 3 }]);
  });

  it('parks what its dead letter action refuses itself, and does not feed that with its own', async () => {
    h.sink.behaviour = 'refuse';
    h.sinkNamed('dead').behaviour = 'refuse';
    const rule = await start();
    publish(1);
    await h.settle(() => confirmed.length === 1);
    expect(rule.health()).toMatchObject({
      deadLetters: 1,
      sinks: [
        { refused: 1, parked: 0 },
        { refused: 0, parked: 1 },
      ],
    });
    expect(confirmed).toEqual([1]);
  });

  it('gets what is refused while the rule ends', async () => {
    h.sink.behaviour = 'hold';
    const rule = await start();
    publish(1);
    const stopping = rule.stop();
    h.sink.holding[0]!.reject(new Error('bad request'));
    await h.settle(() => rule.state === 'stopped');
    await stopping;
    expect(dead()).toMatchObject([{ reason: 'bad request' }]);
  });

  it('cannot be the only one', async () => {
    const { actions, options } = h.define('r', filterProgram('a'), { actions: [{ deadLetter: true }] });
    await expect(h.runtime.validateRule({ id: 'r', actions, options, sources: h.spec, streams: [] })).rejects.toThrow(
      'no action that takes its results',
    );
  });
});

it('a batch that is not delivered keeps checkpoints after it from confirming its rows', async () => {
  await h.end();
  h = harness({ settings: { checkpointIntervalMs: 200, spillAfterMs: 60_000 } });
  h.sink.behaviour = 'hold';
  await start({ batchSize: 2 });
  for (const n of [1, 2]) publish(n);
  let turns = 0;
  await h.settle(() => ++turns > 30, 1000);
  expect(h.sink.holding).toHaveLength(1);
  expect(confirmed).toEqual([]);
  h.sink.holding[0]!.resolve();
  await h.settle(() => confirmed.length === 2, 1000);
});
