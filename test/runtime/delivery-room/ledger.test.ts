// The ledger of a rule against a model: which messages are in which state, and what must be done before a state may be stored.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageAck } from '../../../src/runtime/delivery/ack.ts';
import { type Debt, Ledger } from '../../../src/runtime/delivery/ledger.ts';

const message = (identity = 0) => {
  const m = { confirmed: 0, ack: undefined as unknown as MessageAck };
  m.ack = new MessageAck(() => m.confirmed++);
  m.ack.identity = identity;
  return m;
};
const stateful = () => {
  const ledger = new Ledger();
  ledger.keepsState = true;
  return ledger;
};
const isSettled = async (promise: Promise<void>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await Promise.resolve();
  await Promise.resolve();
  return done;
};
const seal = (ledger: Ledger) => ledger.seal({ nowMs: 0, window: undefined });

describe('the ledger', () => {
  it('releases a held message at the commit and not at the seal', async () => {
    const ledger = stateful();
    const m = message();
    expect(ledger.take(m.ack, 1)).toBe(true);
    m.ack.release();
    await seal(ledger);
    expect([m.confirmed, ledger.heldCount]).toEqual([0, 0]);
    ledger.commit();
    expect(m.confirmed).toBe(1);
  });

  // @covers finding:house#R1
  it('carries messages over a seal that was made while a work was under way', async () => {
    const ledger = stateful();
    const m = message();
    const debt = ledger.begin();
    ledger.take(m.ack, 1);
    m.ack.release();
    const settled = seal(ledger);
    ledger.resume(debt);
    ledger.end(debt);
    await settled;
    ledger.commit();
    expect([m.confirmed, ledger.heldCount, ledger.works]).toEqual([0, 1, 0]);
    await seal(ledger);
    ledger.commit();
    expect([m.confirmed, ledger.heldCount]).toEqual([1, 0]);
  });

  // @covers finding:house#R1
  it('lets no state be stored while a work that began before it is open, nor the results of that work', async () => {
    const ledger = stateful();
    const debt = ledger.begin();
    const settled = seal(ledger);
    expect(await isSettled(settled)).toBe(false);
    ledger.resume(debt);
    const result = ledger.owe([]);
    for (const ack of result) ack.retain();
    ledger.end(debt);
    expect(await isSettled(settled)).toBe(false);
    for (const ack of result) ack.release();
    expect(await isSettled(settled)).toBe(true);
  });

  it('owes a result of an old work to the epoch of now as well, and results beside it only to that', async () => {
    const ledger = stateful();
    const debt = ledger.begin();
    const first = seal(ledger);
    const beside = ledger.owe([]);
    ledger.resume(debt);
    const late = ledger.owe([]);
    expect(late).toHaveLength(2);
    expect(beside).toHaveLength(1);
    expect(late).toContain(beside[0]);
    for (const ack of late) ack.retain();
    ledger.end(debt);
    expect(ledger.owed).toHaveLength(1);
    for (const ack of late) ack.release();
    await first;
    ledger.abandon();
    const second = seal(ledger);
    expect(await isSettled(second)).toBe(true);
  });

  // @covers finding:house#R4
  it('lets no state be stored while a result before it is neither delivered nor stored', async () => {
    const ledger = stateful();
    const m = message();
    const [owed, own] = [ledger.owe([]), ledger.owe([m.ack])];
    expect(own).toEqual([m.ack, ...owed]);
    for (const ack of owed) ack.retain();
    const settled = seal(ledger);
    expect(await isSettled(settled)).toBe(false);
    for (const ack of owed) ack.release();
    expect(await isSettled(settled)).toBe(true);
  });

  // @covers finding:house#R2
  it('is dirty after a store that failed, with and without held messages', async () => {
    const ledger = stateful();
    ledger.touch();
    await seal(ledger);
    expect(ledger.dirty).toBe(false);
    ledger.abandon();
    expect(ledger.dirty).toBe(true);
    const m = message();
    ledger.take(m.ack, 5);
    await seal(ledger);
    ledger.abandon();
    expect([ledger.dirty, ledger.heldCount, ledger.spanAt(7)]).toEqual([true, 1, 3]);
  });

  it('puts messages back before those that came meanwhile, and counts the span from the oldest', async () => {
    const ledger = stateful();
    const [a, b] = [message(), message()];
    ledger.take(a.ack, 3);
    await seal(ledger);
    expect(ledger.take(b.ack, 8)).toBe(true);
    expect(ledger.spanAt(9)).toBe(2);
    ledger.abandon();
    expect(ledger.spanAt(9)).toBe(7);
    expect(ledger.giveBack()).toEqual([a.ack, b.ack]);
    expect(ledger.heldCount).toBe(0);
  });

  it('touch says only once between two seals that the state changed', async () => {
    const ledger = stateful();
    expect([ledger.touch(), ledger.touch()]).toEqual([true, false]);
    await seal(ledger);
    expect(ledger.touch()).toBe(true);
  });

  // @covers finding:house#R5
  it('knows a message again after its checkpoint, unless it was told not to remember it', async () => {
    const ledger = stateful();
    ledger.take(message(7).ack, 1);
    ledger.take(message(8).ack, 2, false);
    expect([ledger.knows(7), ledger.knows(8), ledger.knows(0)]).toEqual([true, false, false]);
    expect([...ledger.saveSeen()]).toEqual([7]);
    await seal(ledger);
    ledger.commit();
    expect(ledger.knows(7)).toBe(true);
    const next = stateful();
    next.loadSeen(ledger.saveSeen(), 0);
    expect([next.knows(7), next.knows(8)]).toEqual([true, false]);
  });

  it('forgets messages that are two checkpoints and 20 s old, or beyond four windows of the peer', async () => {
    const at = async (ledger: Ledger, nowMs: number, window?: number) => {
      await ledger.seal({ nowMs, window });
      ledger.commit();
    };
    const byTime = stateful();
    for (const [id, nowMs] of [
      [1, 0],
      [2, 10_000],
      [3, 20_000],
    ] as const) {
      byTime.take(message(id).ack, id);
      await at(byTime, nowMs);
    }
    expect(byTime.knows(1)).toBe(true);
    byTime.take(message(4).ack, 4);
    await at(byTime, 20_001);
    expect([1, 2, 3, 4].map((id) => byTime.knows(id))).toEqual([false, true, true, true]);
    const young = stateful();
    for (const [id, nowMs] of [
      [1, 0],
      [2, 1],
      [3, 30_000],
    ] as const) {
      young.take(message(id).ack, id);
      await at(young, nowMs);
    }
    expect([1, 2, 3].map((id) => young.knows(id))).toEqual([false, true, true]);
    const byWindow = stateful();
    for (let id = 1; id <= 12; id++) {
      byWindow.take(message(id).ack, id);
      await at(byWindow, 0, 2);
    }
    expect([1, 4, 5, 12].map((id) => byWindow.knows(id))).toEqual([false, false, true, true]);
  });

  it('of a run before is confirmed by the first checkpoint; without state, or confirmed early, at once', async () => {
    const [a, b, c, d] = [message(), message(), message(), message()];
    const ledger = stateful();
    ledger.adopt([a.ack, b.ack], 10);
    expect([ledger.heldCount, ledger.spanAt(10)]).toEqual([2, 2]);
    await seal(ledger);
    ledger.commit();
    expect([a.confirmed, b.confirmed]).toEqual([1, 1]);
    new Ledger().adopt([c.ack], 1);
    const early = new Ledger(true);
    early.keepsState = true;
    early.adopt([d.ack], 1);
    expect([c.confirmed, d.confirmed, early.heldCount]).toEqual([1, 1, 0]);
  });

  it('holds and owes nothing when messages are confirmed early', () => {
    const ledger = new Ledger(true);
    ledger.keepsState = true;
    const m = message();
    expect(ledger.take(m.ack, 1)).toBe(false);
    m.ack.release();
    expect([m.confirmed, ledger.heldCount, ledger.dirty]).toEqual([1, 0, false]);
    expect([ledger.owed, ledger.owe([m.ack]), ledger.begin()]).toEqual([[], [], []]);
  });

  it('owes nothing but the messages themselves while the rule keeps no state', () => {
    const ledger = new Ledger();
    const m = message();
    expect(ledger.owe([m.ack])).toEqual([m.ack]);
    expect(ledger.owe([])).toEqual([]);
  });

  it('has no use for a handle that is done', () => {
    const m = message();
    m.ack.release();
    expect(() => m.ack.retain()).toThrow('after the last release');
    expect(() => m.ack.release()).toThrow('more often than retain');
    expect(m.confirmed).toBe(1);
  });

  it('refuses a seal within a seal, and a commit without one', async () => {
    const ledger = stateful();
    expect(() => ledger.commit()).toThrow('nothing is sealed');
    await seal(ledger);
    expect(() => seal(ledger)).toThrow('within a seal');
  });
});

// --------------------------------------------------------------------------------------------------------------------- model

interface ModelMessage {
  m: ReturnType<typeof message>;
  state: 'held' | 'sealed' | 'carried' | 'confirmed';
}

interface Model {
  messages: ModelMessage[];
  sealed: boolean;
  settled: { promise: Promise<void>; open: Set<object> } | undefined;
  works: { debt: Debt; epoch: number }[];
  results: { acks: readonly { release(): void }[]; epochs: number[] }[];
  epoch: number;
  received: number;
}

const check = async (model: Model, ledger: Ledger) => {
  for (const { m, state } of model.messages) expect(m.confirmed).toBe(state === 'confirmed' ? 1 : 0);
  expect(ledger.heldCount).toBe(model.messages.filter((x) => x.state === 'held').length);
  expect(ledger.works).toBe(model.works.length);
  if (!model.settled) return;
  const open = [...model.works.map((w) => [w.epoch]), ...model.results.map((r) => r.epochs)].some((e) => e.includes(model.epoch - 1));
  expect(await isSettled(model.settled.promise)).toBe(!open);
};

const command = (text: string, can: (m: Readonly<Model>) => boolean, go: (m: Model, l: Ledger) => void | Promise<void>) => ({
  check: can,
  async run(model: Model, ledger: Ledger) {
    await go(model, ledger);
    await check(model, ledger);
  },
  toString: () => text,
});

const anyCommand = fc.oneof(
  fc.constant(
    command(
      'take',
      () => true,
      (model, ledger) => {
        const m = message();
        ledger.take(m.ack, ++model.received);
        m.ack.release();
        model.messages.push({ m, state: 'held' });
      },
    ),
  ),
  fc.constant(
    command(
      'result',
      () => true,
      (model, ledger) => {
        const acks = ledger.owe([]);
        for (const ack of acks) ack.retain();
        model.results.push({ acks, epochs: [model.epoch] });
      },
    ),
  ),
  fc.nat(20).map((i) =>
    command(
      `deliver ${i}`,
      (m) => m.results.length > 0,
      (model) => {
        const [r] = model.results.splice(i % model.results.length, 1);
        for (const ack of r!.acks) ack.release();
      },
    ),
  ),
  fc.constant(
    command(
      'begin',
      () => true,
      (model, ledger) => void model.works.push({ debt: ledger.begin(), epoch: model.epoch }),
    ),
  ),
  fc.tuple(fc.nat(20), fc.boolean()).map(([i, gives]) =>
    command(
      `end ${i} ${gives}`,
      (m) => m.works.length > 0,
      (model, ledger) => {
        const [work] = model.works.splice(i % model.works.length, 1);
        ledger.resume(work!.debt);
        if (gives) {
          const acks = ledger.owe([]);
          for (const ack of acks) ack.retain();
          model.results.push({ acks, epochs: [...new Set([work!.epoch, model.epoch])] });
        }
        ledger.end(work!.debt);
      },
    ),
  ),
  fc.constant(
    command(
      'seal',
      (m) => !m.sealed,
      (model, ledger) => {
        model.settled = { promise: seal(ledger), open: new Set() };
        model.sealed = true;
        for (const x of model.messages) if (x.state === 'held') x.state = model.works.length > 0 ? 'carried' : 'sealed';
        model.epoch++;
      },
    ),
  ),
  fc.boolean().map((stored) =>
    command(
      stored ? 'commit' : 'abandon',
      (m) => m.sealed && ![...m.works.map((w) => [w.epoch]), ...m.results.map((r) => r.epochs)].some((e) => e.includes(m.epoch - 1)),
      (model, ledger) => {
        if (stored) ledger.commit();
        else ledger.abandon();
        model.sealed = false;
        model.settled = undefined;
        for (const x of model.messages) {
          if (x.state === 'carried' || (x.state === 'sealed' && !stored)) x.state = 'held';
          else if (x.state === 'sealed') x.state = 'confirmed';
        }
        if (!stored) expect(ledger.dirty).toBe(true);
      },
    ),
  ),
);

// @covers issue:14#3
it('the ledger agrees with its model after every sequence of events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([anyCommand], { maxCommands: 60 }), async (commands) => {
      const model: Model = { messages: [], sealed: false, settled: undefined, works: [], results: [], epoch: 0, received: 0 };
      await fc.asyncModelRun(() => ({ model, real: stateful() }), commands);
    }),
    { numRuns: 400, seed: 14 },
  );
});
