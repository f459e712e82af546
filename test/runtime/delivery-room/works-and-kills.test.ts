// Rows that an asynchronous work has (a lookup) while checkpoints are made, rules are replaced and the gateway ends: none is lost by a kill at any moment.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Value } from '../../../src/data/value.ts';
import type { Debt, ProgramHost, RuleProgram } from '../../../src/exec/operator.ts';
import { unpackSnapshot } from '../../../src/runtime/checkpoint/rule-state.ts';
import { countWindowProgram, filterProgram, type Harness, harness } from '../harness.ts';

let h: Harness;
let confirmed: number[];
/** Ends the oldest work. */
let answers: (() => void)[];
beforeEach(() => {
  h = harness({ settings: { checkpointIntervalMs: 1000, spillAfterMs: 60_000 } });
  confirmed = [];
  answers = [];
});
afterEach(() => h.end());

const publish = (n: number) => h.sources.at(-1)!.emit(Buffer.from(`{"a":${n}}`), { topic: 't' }, () => void confirmed.push(n));
const stored = async (rule = 'r') => {
  const record = await h.store.checkpoints.load(rule);
  return record && unpackSnapshot(record.state).operators['2_window'];
};

/** Collects two values, then has their result looked up: `before` the window, or after it. */
function lookingUp(where: 'before' | 'after'): RuleProgram {
  return {
    inputs: [{ source: 's', emitter: 's', kind: 'stream', columns: ['a'], all: false }],
    lookups: [],
    stateful: true,
    eventTime: false,
    index: [],
    operators: ['2_window'],
    fingerprints: { '2_window': 'w' },
    start(host: ProgramHost, slotOf) {
      const slot = slotOf(0, 'a');
      let kept: Value[] = [];
      const work = (then: () => void) => {
        const debt: Debt = host.begin();
        answers.push(() => {
          host.resume(debt);
          then();
          host.end(debt);
        });
      };
      const give = (values: Value[]) => host.emit({ rows: [{ values }], acks: [], meta: undefined, tsMs: 0 });
      const add = (v: Value) => {
        kept.push(v);
        host.touch();
        if (kept.length < 2) return;
        const values = kept.splice(0);
        if (where === 'after') work(() => give(values));
        else give(values);
      };
      return {
        push(_input, t) {
          host.touch();
          const v = t.cols[slot];
          if (where === 'before') work(() => add(v));
          else add(v);
        },
        save: () => ({ '2_window': { kept: [...kept] } }),
        load(state) {
          kept = (state['2_window'] as { kept: Value[] } | undefined)?.kept ?? [];
        },
        begin: () => undefined,
        end: () => undefined,
        close: () => undefined,
      };
    },
  };
}

// @covers finding:house#R1
it('a message whose row is still being looked up is confirmed by no checkpoint without the row', async () => {
  await h.runtime.createRule(h.define('r', lookingUp('before'))).start();
  publish(1);
  await h.settle(() => true, 3000);
  expect([await stored(), confirmed]).toEqual([undefined, []]);
  answers.shift()!();
  await h.settle(() => true, 100);
  await expect.poll(() => stored()).toEqual({ kept: [] });
  expect(confirmed).toEqual([]);
  await h.settle(() => confirmed.length > 0, 2000);
  expect([await stored(), confirmed]).toEqual([{ kept: [1] }, [1]]);
});

// @covers finding:house#R1
it('a window whose result is still being looked up stays in the stored state until its result is delivered', async () => {
  await h.runtime.createRule(h.define('r', lookingUp('after'))).start();
  publish(1);
  await h.settle(() => confirmed.length > 0, 2000);
  expect([await stored(), confirmed]).toEqual([{ kept: [1] }, [1]]);
  h.sink.behaviour = 'hold';
  publish(2);
  await h.settle(() => true, 3000);
  expect([await stored(), confirmed]).toEqual([{ kept: [1] }, [1]]);
  answers.shift()!();
  await h.settle(() => h.sink.holding.length > 0);
  await h.settle(() => true, 3000);
  expect([await stored(), confirmed]).toEqual([{ kept: [1] }, [1]]);
  h.sink.holding[0]!.resolve();
  await h.settle(() => confirmed.length > 1, 2000);
  expect([await stored(), confirmed]).toEqual([{ kept: [] }, [1, 2]]);
});

it('an orderly end while rows are looked up leaves their messages to the peer and the checkpoint before in place', async () => {
  await h.runtime.createRule(h.define('r', lookingUp('after'))).start();
  publish(1);
  await h.settle(() => confirmed.length > 0, 2000);
  publish(2);
  const load = h.store.checkpoints.load.bind(h.store.checkpoints);
  let last: unknown;
  const { close } = h.store;
  h.store.close = async () => {
    h.store.close = close;
    last = unpackSnapshot((await load('r'))!.state).operators['2_window'];
    await close();
  };
  await h.close();
  expect([last, confirmed]).toEqual([{ kept: [1] }, [1]]);
});

it('a rule that is replaced waits for what is being looked up, and loses none of it', async () => {
  const rule = h.runtime.createRule(h.define('r', lookingUp('after')));
  await rule.start();
  publish(1);
  publish(2);
  const updated = rule.update(h.define('r', lookingUp('after')));
  await h.settle(() => true, 5000);
  expect([rule.state, h.sink.rows()]).toEqual(['stopping', []]);
  answers.shift()!();
  await h.settle(() => rule.state === 'running');
  await updated;
  expect(h.sink.rows()).toEqual([{ values: [1, 2] }]);
  await h.settle(() => confirmed.length === 2, 2000);
});

// @covers finding:house#R2
it('a state that could not be stored is stored again, though nothing more comes and no message is held', async () => {
  const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 3)));
  await rule.start();
  const save = h.store.checkpoints.save.bind(h.store.checkpoints);
  let failures = 2;
  h.store.checkpoints.save = (record) => (failures-- > 0 ? Promise.reject(new Error('disk full')) : save(record));
  h.sources[0]!.emit(Buffer.from('{"a":1}'));
  await h.settle(() => failures === 1, 1100);
  await h.settle(() => rule.health().checkpoint.failures === 1);
  expect(rule.health().problems).toEqual(['State cannot be stored: disk full']);
  await h.settle(() => failures < 0, 3000);
  await h.settle(() => rule.health().checkpoint.lastError === '');
  expect([await stored(), rule.health().checkpoint.failures]).toEqual([{ kept: [1] }, 2]);
});

// @covers finding:house#R3
it('a run ends after the checkpoint that is being stored, so that an older state is never stored over a newer one', async () => {
  const rule = h.runtime.createRule(h.define('r', countWindowProgram('a', 3)));
  await rule.start();
  const save = h.store.checkpoints.save.bind(h.store.checkpoints);
  let finish: (() => void) | undefined;
  h.store.checkpoints.save = (record) => new Promise<void>((resolve) => (finish = () => resolve(save(record))));
  publish(1);
  await h.settle(() => finish !== undefined, 1100);
  publish(2);
  h.store.checkpoints.save = save;
  const updated = rule.update(h.define('r', countWindowProgram('a', 3)));
  await h.settle(() => true, 3000);
  expect([rule.state, confirmed]).toEqual(['stopping', []]);
  finish!();
  await h.settle(() => rule.state === 'running');
  await updated;
  await h.settle(() => confirmed.length === 2, 2000);
  expect(await stored()).toEqual({ kept: [1, 2] });
});

it('a batch that is not full goes on in the next run of a rule that is replaced, and no row of it is sent twice', async () => {
  const batching = () => h.define('r', filterProgram('a'), { actions: [{ batchSize: 3 }], options: { qos: 1 } });
  const rule = h.runtime.createRule(batching());
  await rule.start();
  publish(1);
  publish(2);
  const updated = rule.update(batching());
  await h.settle(() => rule.state === 'running');
  await updated;
  expect(h.sink.rows()).toEqual([]);
  publish(3);
  expect(h.sink.rows()).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  await h.settle(() => confirmed.length === 3, 2000);
});

it('a rule without state owes nothing to checkpoints', async () => {
  await h.runtime.createRule(h.define('r', filterProgram('a'))).start();
  publish(1);
  await h.settle(() => true, 2000);
  expect([confirmed, await stored()]).toEqual([[1], undefined]);
});
