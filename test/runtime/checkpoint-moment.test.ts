// A checkpoint holds the state of the moment at which it was taken, also when results before it are delivered only later and rows come
// meanwhile: their messages are not confirmed by it, so they must not be in it (they would count twice after a restart).
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProgramHost, RuleProgram } from '../../src/exec/operator.ts';
import { unpackSnapshot } from '../../src/runtime/checkpoint/rule-state.ts';
import { type Harness, harness } from './harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness({ settings: { checkpointIntervalMs: 1000, spillAfterMs: 60_000 } });
});
afterEach(() => h.end());

/** Counts rows; gives its live state out, as many operators do. */
const counting: RuleProgram = {
  inputs: [{ source: 's', emitter: 's', kind: 'stream', columns: ['a'], all: false }],
  lookups: [],
  stateful: true,
  eventTime: false,
  index: [],
  operators: ['2_count'],
  fingerprints: { '2_count': 'c' },
  start(host: ProgramHost) {
    const state = { rows: 0 };
    return {
      push(_input, t) {
        host.touch();
        host.emit({ rows: [{ n: ++state.rows }], acks: [], meta: undefined, tsMs: t.tsMs });
      },
      save: () => ({ '2_count': state }),
      load: () => undefined,
      begin: () => undefined,
      end: () => undefined,
      close: () => undefined,
    };
  },
};

it('rows that come while results are delivered are not in the checkpoint', async () => {
  h.sink.behaviour = 'hold';
  await h.runtime.createRule(h.define('r', counting)).start();
  const confirmed: number[] = [];
  const publish = (n: number) => h.sources[0]!.emit(Buffer.from(`{"a":${n}}`), undefined, () => confirmed.push(n));
  publish(1);
  // the checkpoint is taken and waits for the result of the first row
  await h.settle(() => true, 2000);
  expect(await h.store.checkpoints.rules()).toEqual([]);
  publish(2);
  h.sink.holding[0]!.resolve();
  await h.settle(() => confirmed.length > 0);
  expect(confirmed).toEqual([1]);
  const { state } = (await h.store.checkpoints.load('r'))!;
  expect(unpackSnapshot(state).operators['2_count']).toEqual({ rows: 1 });
});
