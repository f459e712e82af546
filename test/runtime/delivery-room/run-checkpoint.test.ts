// Checkpoints of a run with a store and a clock that the test plays with: who is woken, what is stored at the end, who goes together.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createCheckpointer } from '../../../src/runtime/checkpoint/checkpointer.ts';
import { MessageAck } from '../../../src/runtime/delivery/ack.ts';
import { RunCheckpoint } from '../../../src/runtime/rule/run-checkpoint.ts';

function setUp() {
  const clock = createVirtualClock();
  const seen = { woken: 0, now: 0, saved: 0, confirmed: 0, fails: false, crashes: [] as unknown[] };
  const run = new RunCheckpoint({
    ruleId: 'r',
    clock,
    log: createMemoryLog().log,
    checkpointer: {
      add: () => undefined,
      remove: () => undefined,
      wake: () => seen.woken++,
      now: () => seen.now++,
      all: async () => undefined,
      close: () => undefined,
    },
    store: {
      save: async () => {
        if (seen.fails) throw new Error('disk full');
        seen.saved++;
      },
      load: async () => undefined,
      delete: async () => undefined,
      rules: async () => [],
    },
    intervalMs: 1000,
    maxStateBytes: 1e6,
    early: false,
    snapshot: () => ({ v: 1, fingerprints: {}, operators: {}, offsets: {}, sources: {}, sinks: {} }),
    received: () => 1,
    nodes: () => [],
    onStored: () => undefined,
    crash: (error) => void seen.crashes.push(error),
  });
  run.ledger.keepsState = true;
  const message = () => {
    const ack = new MessageAck(() => seen.confirmed++);
    run.hold(ack, true);
    ack.release();
  };
  return { run, seen, message, state: { v: 1 as const, fingerprints: {}, operators: {}, offsets: {}, sources: {}, sinks: {} } };
}

describe('the checkpoints of a run', () => {
  it('are asked for by the first message that is held, by the first change, and after one that left something waiting', async () => {
    const { run, seen, message } = setUp();
    message();
    message();
    expect(seen.woken).toBe(1);
    run.touch();
    run.touch();
    expect(seen.woken).toBe(2);
    seen.fails = true;
    await run.checkpoint();
    expect([seen.woken, run.waits, run.failures, run.error]).toEqual([3, true, 1, 'disk full']);
    seen.fails = false;
    await run.checkpoint();
    expect([seen.woken, run.waits, seen.confirmed, run.error, seen.crashes]).toEqual([3, false, 2, '', []]);
  });

  it('the last one is stored when the state changed or a message is held, and not otherwise', async () => {
    const nothing = setUp();
    expect([await nothing.run.last(nothing.state), nothing.seen.saved]).toEqual([[], 0]);
    const changed = setUp();
    changed.run.touch();
    expect([await changed.run.last(changed.state), changed.seen.saved]).toEqual([[], 1]);
    const held = setUp();
    held.message();
    expect([await held.run.last(held.state), held.seen.saved, held.seen.confirmed]).toEqual([[], 1, 1]);
    const dropped = setUp();
    dropped.message();
    expect([await dropped.run.last(undefined), dropped.seen.saved, dropped.seen.confirmed]).toEqual([[], 0, 1]);
    const failing = setUp();
    failing.message();
    failing.seen.fails = true;
    expect([(await failing.run.last(failing.state)).length, failing.seen.confirmed]).toEqual([1, 0]);
  });

  it('begin no more when the run is stopped', async () => {
    const { run, seen, message } = setUp();
    message();
    run.stop();
    await run.checkpoint();
    expect([seen.saved, seen.confirmed]).toEqual([0, 0]);
  });
});

it('rules that hold messages of one source are checkpointed together, others are not', async () => {
  const clock = createVirtualClock();
  const checkpointer = createCheckpointer(clock);
  const [shared, other] = [{}, {}];
  const made: string[] = [];
  const run = (name: string, nodes: object[], heldCount: number, due = false) => ({
    waits: true,
    heldCount,
    checkpointing: false,
    settled: async () => undefined,
    nodes,
    dueAt: () => due,
    checkpoint: async () => void made.push(name),
  });
  const first = run('first', [shared], 1);
  for (const r of [first, run('same source', [other, shared], 1), run('holds nothing', [shared], 0), run('other source', [other], 1)])
    checkpointer.add(r);
  checkpointer.now(first);
  expect(made).toEqual(['first', 'same source']);
  made.length = 0;
  checkpointer.add(run('due', [], 1, true));
  checkpointer.wake();
  await clock.advance(250);
  expect(made).toEqual(['due', 'due']);
});
