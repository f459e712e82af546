// Rows that a sink does not take: when they go aside, where they lie, what a full lot does, and how they are tried again.
import { describe, expect, it } from 'vitest';
import { ioError } from '../../../src/base/errors/gateway-error.ts';
import { countFault, verdictOf } from '../../../src/runtime/sink/verdict.ts';
import { numbers, sinkBench } from './bench.ts';

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('the verdict on an error', () => {
  it('is away for retriable errors, fault when the peer answered, final for all others', () => {
    expect(verdictOf(ioError('gone'))).toBe('away');
    expect(verdictOf(Object.assign(ioError('500'), { answered: true }))).toBe('fault');
    expect(verdictOf({ retriable: true, answered: false })).toBe('away');
    expect(verdictOf(new Error('400'))).toBe('final');
    expect(verdictOf({ answered: true })).toBe('final');
    expect(verdictOf('text')).toBe('final');
  });

  it('counts faults of a row, which is not taken at the last one if others were taken since the first', () => {
    const row = { faults: 0, faultsSince: 0 };
    expect(countFault(row, 7, 3)).toBe(false);
    expect(row).toEqual({ faults: 1, faultsSince: 7 });
    expect(countFault(row, 8, 3)).toBe(false);
    expect(countFault(row, 8, 3)).toBe(true);
    const alone = { faults: 0, faultsSince: 0 };
    expect([1, 2, 3, 4].map(() => countFault(alone, 7, 3))).toEqual([false, false, false, false]);
    expect(countFault(alone, 8, 3)).toBe(true);
    const never = { faults: 99, faultsSince: 0 };
    expect(countFault(never, 8, 0)).toBe(false);
  });
});

describe('a row that the sink does not take', () => {
  // @covers issue:14#7 finding:ease#B2
  it('is parked at once when the error is final, confirmed when it is on disk, and the rows behind it go on in order', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.refused.add(3);
    b.disk.state = 'slow';
    b.put(...numbers(1, 5));
    expect(b.peer.rows).toEqual([1, 2, 4, 5]);
    expect(b.confirmed).toEqual([1, 2, 4, 5]);
    await b.clock.advance(1499);
    expect(b.confirmed).toEqual([1, 2, 4, 5]);
    await b.clock.advance(1);
    expect(b.confirmed).toEqual([1, 2, 4, 5, 3]);
    expect(b.disk.parked).toEqual([3]);
    expect(b.peer.calls).toEqual([1, 2, 3, 4, 5]);
    expect(b.node.health()).toMatchObject({
      mode: 'up',
      parked: 1,
      parkedReason: 'row 3 is refused',
      parkError: '',
      refused: 0,
      dropped: 0,
      waiting: 0,
    });
    expect(b.node.health().parkedOldestAtMs).toBeGreaterThan(0);
  });

  // @covers issue:14#7
  it.each([1, 4, 100])(
    'on which the peer fails is parked within a minute, and the rows behind it arrive in order and once (%i in flight)',
    async (maxInFlight) => {
      const b = sinkBench({ maxInFlight });
      await b.node.open();
      b.peer.mode = 'later';
      b.peer.bad.add(3);
      b.put(...numbers(1, 8));
      await b.until(() => b.node.health().parked === 1, 60_000);
      await b.until(() => b.peer.rows.length === 7);
      expect(b.peer.rows).toEqual([1, 2, 4, 5, 6, 7, 8]);
      expect(b.disk.parked).toEqual([3]);
      expect(b.peer.faults.get(3)).toBeGreaterThanOrEqual(5);
      expect(b.peer.faults.get(3)).toBeLessThan(15);
      await b.until(() => b.confirmed.length === 8);
      await b.until(() => b.node.health().mode === 'up');
      expect(b.disk.stored).toEqual([]);
    },
  );

  it('holds up no line although several rows side by side fail, on one page and over pages', async () => {
    for (const pageRows of [2, 256]) {
      const b = sinkBench({ maxInFlight: 1, props: { bufferPageSize: pageRows } });
      await b.node.open();
      b.peer.mode = 'later';
      for (const n of [2, 3, 4, 5]) b.peer.bad.add(n);
      b.put(...numbers(1, 9));
      await b.until(() => b.node.health().parked === 4, 300_000);
      await b.until(() => b.peer.rows.length === 5, 60_000);
      expect(b.peer.rows).toEqual([1, 6, 7, 8, 9]);
      expect(b.disk.parked).toEqual([2, 3, 4, 5]);
    }
  });

  // @covers issue:14#7
  it('is none when the peer fails on every row: all wait in order, for hours, and nothing is parked', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.put(1);
    b.peer.mode = 'broken';
    b.put(...numbers(2, 12));
    await b.clock.advance(3 * 3_600_000);
    expect(b.node.health()).toMatchObject({ mode: 'spilling', parked: 0, queueRows: 11 });
    b.peer.mode = 'later';
    await b.until(() => b.peer.rows.length === 12, 60_000);
    expect(b.peer.rows).toEqual(numbers(1, 12));
    expect(b.node.health().parked).toBe(0);
  });

  it('is none when the peer is away, however often it is tried', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 4));
    await b.clock.advance(600_000);
    expect(b.node.health()).toMatchObject({ parked: 0, queueRows: 4 });
    b.peer.mode = 'ok';
    await b.until(() => b.peer.rows.length === 4, 20_000);
    expect(b.peer.rows).toEqual(numbers(1, 4));
  });

  it('is tried for ever with parkAfter 0', async () => {
    const b = sinkBench({ maxInFlight: 4, props: { parkAfter: 0 } });
    await b.node.open();
    b.peer.mode = 'later';
    b.peer.bad.add(2);
    b.put(...numbers(1, 4));
    await b.clock.advance(600_000);
    expect(b.node.health()).toMatchObject({ parked: 0, mode: 'spilling' });
    b.peer.bad.clear();
    await b.until(() => b.node.health().mode === 'up', 60_000);
    expect(new Set(b.peer.rows)).toEqual(new Set([1, 2, 3, 4]));
    expect(b.peer.rows).toHaveLength(4);
  });

  it('leaves rows alone that were delivered beside it: none is sent again', async () => {
    const b = sinkBench({ maxInFlight: 16 });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 6));
    await b.until(() => b.node.health().queueRows === 6, 3000);
    b.peer.bad.add(3);
    b.peer.mode = 'later';
    await b.until(() => b.peer.rows.length === 5, 20_000);
    expect(b.disk.stored).toEqual([3]);
    // nothing else tells whether the peer takes anything now
    await b.clock.advance(60_000);
    expect(b.disk.parked).toEqual([]);
    b.put(7);
    await b.until(() => b.node.health().parked === 1, 60_000);
    await b.until(() => b.node.health().mode === 'up', 60_000);
    expect(b.peer.rows).toEqual([1, 2, 4, 5, 6, 7]);
  });

  it('goes to the dead letter action and is not parked where there is one', async () => {
    const b = sinkBench({ deadLetters: true });
    await b.node.open();
    b.peer.refused.add(2);
    b.put(1, 2, 3);
    expect(b.letters.map((l) => l.letter)).toEqual([
      { op: 'fake_0', kind: 'sink', reason: 'row 2 is refused', data: '2', target: undefined },
    ]);
    expect(b.confirmed).toEqual([1, 3]);
    b.letters[0]!.release();
    expect(b.confirmed).toEqual([1, 3, 2]);
    expect(b.node.health()).toMatchObject({ refused: 1, parked: 0 });
    expect(b.disk.writes).toBe(0);
  });

  it('waits at the head of the line when the lot is full, shown, and goes into it when there is room', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { maxParkedRows: 2 } });
    await b.node.open();
    for (const n of [1, 2, 3]) b.peer.refused.add(n);
    b.put(1, 2);
    await b.until(() => b.node.health().parked === 2);
    b.put(3, 4);
    await b.clock.advance(10_000);
    expect(b.peer.rows).toEqual([]);
    expect(b.disk.parked).toEqual([1, 2]);
    expect(b.node.health()).toMatchObject({ parked: 2, parkError: 'the parking lot is full', queueRows: 2, mode: 'spilling' });
    expect(await b.line.parts.lot.remove(1)).toBe(true);
    expect(await b.line.parts.lot.remove(1)).toBe(false);
    await b.until(() => b.peer.rows.length === 1, 30_000);
    expect(b.peer.rows).toEqual([4]);
    expect(b.disk.parked).toEqual([2, 3]);
    expect(b.node.health()).toMatchObject({ parked: 2, parkError: '', mode: 'up' });
  });

  it('waits in the line, unconfirmed, as long as no disk takes it', async () => {
    const b = sinkBench();
    await b.node.open();
    b.disk.state = 'failing';
    b.peer.refused.add(1);
    b.put(1, 2);
    await b.clock.advance(5000);
    expect(b.confirmed).not.toContain(1);
    expect(b.node.health()).toMatchObject({ parked: 0, parkError: 'disk is full' });
    b.disk.state = 'ok';
    await b.until(() => b.confirmed.includes(1), 30_000);
    expect(b.disk.parked).toEqual([1]);
    await b.until(() => b.confirmed.includes(2), 30_000);
    expect(b.peer.rows).toEqual([2]);
  });

  it('is found again by the next run, with its reason, and numbers go on', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.refused.add(1);
    b.peer.refused.add(2);
    b.put(1);
    await b.until(() => b.disk.parked.length === 1);
    const closing = b.node.close(100, true);
    await b.clock.advance(1000);
    await closing;
    b.again();
    await b.node.open();
    expect(b.node.health()).toMatchObject({ parked: 1, parkedReason: 'row 1 is refused' });
    b.put(2);
    await b.until(() => b.disk.parked.length === 2);
    expect(b.line.parts.lot.list().map((e) => [e.id, e.reason, e.rows, e.tries])).toEqual([
      [1, 'row 1 is refused', 1, 0],
      [2, 'row 2 is refused', 1, 0],
    ]);
    const ending = b.node.close(0, false);
    await b.clock.advance(1000);
    await ending;
    expect(await b.disk.queues()).toEqual([]);
  });
});

describe('a parked row', () => {
  const parked = async (options = {}) => {
    const b = sinkBench({ replaces: () => (data) => [`key ${Number(data) % 10}`], ...options });
    await b.node.open();
    b.peer.refused.add(1);
    b.put(1);
    await b.until(() => b.disk.parked.length === 1);
    return b;
  };

  it('is delivered by a retry, before all that wait, and is parked no longer', async () => {
    const b = await parked({ maxInFlight: 1 });
    b.peer.refused.clear();
    b.peer.mode = 'hold';
    b.put(2, 3, 4);
    const retry = b.line.aside.retry(1, false);
    await b.clock.advance(0);
    for (let i = 0; i < 4; i++) {
      b.peer.answer(1);
      await b.clock.advance(0);
    }
    await retry;
    expect(b.peer.rows).toEqual([2, 1, 3, 4]);
    expect(b.disk.parked).toEqual([]);
    expect(b.node.health()).toMatchObject({ parked: 0, parkedReason: '', parkedOldestAtMs: 0, waiting: 0 });
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_NOT_FOUND');
  });

  it('stays parked, with the new reason and the count of tries, when it is still not taken', async () => {
    const b = await parked();
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_AGAIN');
    b.peer.mode = 'away';
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_AGAIN');
    expect(b.line.parts.lot.list()).toMatchObject([{ id: 1, tries: 2, reason: 'the peer is away' }]);
    expect(b.disk.parked).toEqual([1]);
    expect(b.node.health()).toMatchObject({ mode: 'up', waiting: 0, queueRows: 0 });
  });

  it('is not tried while the sink takes nothing, and not twice at a time', async () => {
    const b = await parked();
    b.peer.refused.clear();
    b.peer.mode = 'hold';
    const first = code(b.line.aside.retry(1, false));
    await b.clock.advance(0);
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_NOT_NOW');
    b.peer.answer();
    expect(await first).toBe('done');
    const c = await parked();
    c.peer.mode = 'away';
    c.put(2);
    expect(await code(c.line.aside.retry(1, false))).toBe('PARKED_NOT_NOW');
  });

  it('whose try is not answered stays parked, and is taken off when the answer comes late', async () => {
    const b = await parked();
    b.peer.refused.clear();
    b.peer.mode = 'hold';
    const retry = code(b.line.aside.retry(1, false));
    await b.clock.advance(3000);
    expect(await retry).toBe('PARKED_AGAIN');
    expect(b.disk.parked).toEqual([1]);
    expect(b.disk.stored).toEqual([]);
    b.peer.answer();
    await b.clock.advance(5000);
    expect(b.peer.rows).toEqual([1]);
    expect(b.disk.parked).toEqual([]);
    b.peer.mode = 'ok';
    await b.until(() => b.node.health().mode === 'up', 20_000);
  });

  it('whose connection is lost during the try stays parked and does not come into the line', async () => {
    const b = await parked();
    b.peer.refused.clear();
    b.peer.mode = 'hold';
    const retry = code(b.line.aside.retry(1, false));
    await b.clock.advance(0);
    b.peer.held = [];
    b.peer.fail!(new Error('lost'));
    expect(await retry).toBe('PARKED_AGAIN');
    b.peer.mode = 'ok';
    await b.clock.advance(10_000);
    expect(b.peer.rows).toEqual([]);
    expect(b.disk.parked).toEqual([1]);
  });

  // @covers issue:14#7
  it('does not overwrite a newer row of its key, also after a restart, unless it is forced to', async () => {
    const b = await parked();
    b.peer.refused.clear();
    b.put(22);
    await b.clock.advance(0);
    expect(b.line.parts.lot.list()).toMatchObject([{ keys: ['key 1'], overtaken: false }]);
    b.put(31);
    await b.clock.advance(10);
    expect(b.line.parts.lot.list()).toMatchObject([{ keys: ['key 1'], overtaken: true }]);
    const closing = b.node.close(100, true);
    await b.clock.advance(1000);
    await closing;
    b.again();
    await b.node.open();
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_OVERTAKEN');
    expect(b.peer.rows).toEqual([22, 31]);
    expect(await code(b.line.aside.retry(1, true))).toBe('done');
    expect(b.peer.rows).toEqual([22, 31, 1]);
    expect(b.disk.parked).toEqual([]);
  });

  it('is not tried while a newer row of its key is on its way', async () => {
    const b = await parked();
    b.peer.refused.clear();
    b.peer.mode = 'hold';
    b.put(41);
    expect(await code(b.line.aside.retry(1, false))).toBe('PARKED_OVERTAKEN');
  });
});

it('a row that can be neither delivered nor parked stands in its line once, however often it comes back', async () => {
  const b = sinkBench();
  await b.node.open();
  b.disk.state = 'failing';
  b.peer.mode = 'hold';
  b.put(...numbers(1, 4));
  // row 3 is refused while its neighbours are on their way: it comes back into their row
  b.peer.held[2]!.reject(new Error('row 3 is refused'));
  await b.clock.advance(50);
  b.peer.refused.add(3);
  b.peer.mode = 'ok';
  for (const h of b.peer.held) if (h.row !== 3) h.resolve();
  await b.clock.advance(0);
  b.peer.calls.length = 0;
  await b.clock.advance(150);
  expect(b.peer.calls).toEqual([3]);
  b.disk.state = 'ok';
  await b.clock.advance(60_000);
  expect(b.node.health()).toMatchObject({ mode: 'up', waiting: 0, parked: 1, queueRows: 0 });
  expect(b.peer.rows).toEqual([1, 2, 4]);
});
