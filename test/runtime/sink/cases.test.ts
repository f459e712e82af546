// Single histories of a sink that a random one meets too seldom: the stall, peers that never answer, late answers, the end.
import { describe, expect, it } from 'vitest';
import { ioError } from '../../../src/base/errors/gateway-error.ts';
import { ANSWER_LIMIT_MS } from '../../../src/runtime/sink/pacing.ts';
import { numbers, sinkBench } from './bench.ts';

describe('a sink', () => {
  // @covers finding:house#D0
  it('that hangs, whose rows are on their way to a slow disk, and that then loses its connection, comes back and delivers everything', async () => {
    const b = sinkBench({ maxInFlight: 4 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.disk.state = 'slow';
    b.put(1, 2, 3);
    await b.clock.advance(1600);
    expect(b.node.health()).toMatchObject({ mode: 'spilling', queueRows: 0 });
    b.peer.rejectAll();
    b.peer.fail!(new Error('connection lost'));
    b.peer.mode = 'ok';
    await b.until(() => b.node.health().mode === 'up', 20_000);
    b.put(4);
    await b.clock.advance(100);
    expect(b.peer.rows).toEqual([1, 2, 3, 4]);
    expect([...b.confirmed].sort()).toEqual([1, 2, 3, 4]);
    expect(b.node.health()).toMatchObject({ queueRows: 0, waiting: 0 });
  });

  // @covers finding:house#D0
  it('that loses its connection while its drain waits for the disk is drained by the next connection', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1, 2, 3);
    await b.until(() => b.node.health().queueRows === 3, 3000);
    b.disk.state = 'slow';
    b.disk.slowMs = 5000;
    b.peer.mode = 'ok';
    // the rows are delivered, and the write that removes them is under way
    await b.until(() => b.peer.rows.length === 3, 20_000);
    expect(b.disk.busy).toBe(1);
    b.peer.fail!(new Error('connection lost'));
    await b.clock.advance(1000);
    expect(b.node.health().connection).toBe('connected');
    // the next round waits for that write
    expect(b.disk.busy).toBe(1);
    b.put(4, 5);
    b.disk.state = 'ok';
    await b.until(() => b.node.health().mode === 'up', 20_000);
    expect(b.peer.rows).toEqual([1, 2, 3, 4, 5]);
  });

  it('whose peer never answers is connected anew after a minute, and its rows are sent again', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2, 3);
    await b.clock.advance(ANSWER_LIMIT_MS);
    expect(b.peer.opens).toBe(1);
    expect(b.peer.calls).toEqual([1, 2]);
    b.peer.mode = 'ok';
    await b.clock.advance(2500);
    expect(b.peer.opens).toBe(2);
    expect(b.node.health().lastLoss).toBe('the sink answered nothing for 60 s');
    expect(b.peer.calls).toEqual([1, 2, 1, 2, 3]);
    expect(b.confirmed).toEqual([1, 2, 3]);
  });

  it('whose peer stops answering in the middle of its backlog is connected anew as well', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 4));
    await b.until(() => b.node.health().queueRows === 4, 3000);
    b.peer.mode = 'hold';
    await b.until(() => b.peer.held.length === 2, 20_000);
    await b.clock.advance(ANSWER_LIMIT_MS / 2);
    b.peer.answer(1);
    await b.clock.advance(ANSWER_LIMIT_MS - 1000);
    // an answer came meanwhile: not yet
    expect(b.peer.opens).toBe(1);
    await b.clock.advance(ANSWER_LIMIT_MS / 2 + 3000);
    expect(b.peer.opens).toBe(2);
    b.peer.held = [];
    b.peer.mode = 'ok';
    await b.until(() => b.node.health().mode === 'up', 90_000);
    expect(new Set(b.peer.rows)).toEqual(new Set([1, 2, 3, 4]));
    expect(b.peer.rows.filter((r) => r === 1)).toHaveLength(1);
  });

  it('sends nothing of its backlog into a connection that was lost', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 6));
    await b.until(() => b.node.health().queueRows === 6, 3000);
    b.peer.mode = 'hold';
    await b.until(() => b.peer.held.length === 2, 20_000);
    const sent = b.peer.calls.length;
    b.peer.openError = new Error('no route');
    b.peer.fail!(new Error('lost'));
    b.peer.mode = 'ok';
    await b.clock.advance(30_000);
    expect(b.peer.calls).toHaveLength(sent);
    expect(b.node.health()).toMatchObject({ mode: 'spilling', queueRows: 6, connection: 'disconnected' });
    // what was in the air is answered after all: it is not sent again
    b.peer.answer();
    b.peer.openError = undefined;
    await b.until(() => b.node.health().mode === 'up', 30_000);
    expect(b.peer.rows).toEqual(numbers(1, 6));
  });

  it('sends no further page into a connection that was lost while the disk was busy with the page before', async () => {
    const b = sinkBench({ maxInFlight: 4, props: { bufferPageSize: 2 } });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1, 2, 3, 4);
    await b.until(() => b.node.health().queueRows === 4, 3000);
    b.peer.mode = 'ok';
    b.disk.state = 'slow';
    await b.until(() => b.peer.rows.length === 2, 20_000);
    b.peer.openError = new Error('no route');
    b.peer.fail!(new Error('lost'));
    await b.clock.advance(10_000);
    expect(b.peer.rows).toEqual([1, 2]);
    expect(b.disk.stored).toEqual([3, 4]);
    b.peer.openError = undefined;
    b.disk.state = 'ok';
    await b.until(() => b.node.health().mode === 'up', 30_000);
    expect(b.peer.rows).toEqual([1, 2, 3, 4]);
  });

  it('that waits for other rules is left half an hour', async () => {
    const b = sinkBench({ patient: true });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1);
    await b.clock.advance(29 * ANSWER_LIMIT_MS);
    expect(b.peer.opens).toBe(1);
    await b.clock.advance(2 * ANSWER_LIMIT_MS);
    expect(b.peer.opens).toBe(2);
  });

  it('does not write what was answered while it lay in the buffer', async () => {
    const b = sinkBench({ maxInFlight: 4 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2, 3);
    await b.clock.advance(1050);
    expect(b.node.health().mode).toBe('spilling');
    expect(b.disk.writes).toBe(0);
    b.peer.answer();
    await b.clock.advance(3000);
    expect(b.disk.writes).toBe(0);
    expect(b.node.health()).toMatchObject({ mode: 'up', spilled: 0 });
    expect(b.peer.rows).toEqual([1, 2, 3]);
  });

  it('writes nothing to disk when its peer is only slow now and then, also after long pauses', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    for (let i = 1; i <= 20; i++) {
      b.peer.mode = 'hold';
      b.put(i);
      await b.clock.advance(700);
      b.peer.answer();
      await b.clock.advance(10_000);
    }
    expect(b.disk.writes).toBe(0);
    expect(b.peer.rows).toEqual(numbers(1, 20));
  });

  it('does not send a copy of a row that still flies', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    await b.clock.advance(20_000);
    expect(b.peer.calls).toEqual([1, 2]);
    b.peer.answer();
    await b.until(() => b.node.health().mode === 'up');
    expect(b.peer.calls).toEqual([1, 2]);
    expect(b.disk.stored).toEqual([]);
  });

  it('does not send the copy of a row that is refused late, and parks it once', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.peer.held.shift()!.reject(new Error('bad request'));
    b.peer.answer();
    await b.until(() => b.node.health().mode === 'up');
    expect(b.peer.calls).toEqual([1, 2]);
    expect(b.peer.rows).toEqual([2]);
    expect(b.disk.parked).toEqual([1]);
  });

  it('forgets answered rows while others still fly', async () => {
    const b = sinkBench({ maxInFlight: 1000 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(...numbers(1, 200));
    const slow = b.peer.held.shift()!;
    b.peer.answer();
    await b.clock.advance(0);
    expect(b.line.flight.count).toBe(1);
    expect(b.line.flight.size).toBeLessThanOrEqual(64);
    slow.resolve();
    await b.clock.advance(0);
    expect(b.line.flight.size).toBe(0);
  });

  it('waits for all answers before failed rows go back, and keeps their order', async () => {
    const b = sinkBench({ maxInFlight: 3 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2, 3, 4);
    const [one, two, three] = b.peer.held.splice(0);
    b.peer.mode = 'ok';
    two!.reject(ioError('gone'));
    await b.clock.advance(500);
    expect(b.peer.calls).toEqual([1, 2, 3]);
    one!.reject(ioError('gone'));
    three!.reject(ioError('gone'));
    await b.clock.advance(200);
    expect(b.peer.rows).toEqual([1, 2, 3, 4]);
  });

  it('collects rows for 100 ms before it writes them, and writes 64 at once', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1);
    await b.until(() => b.node.health().mode === 'spilling', 3000);
    await b.until(() => b.disk.writes === 1);
    b.put(...numbers(2, 64));
    await b.clock.advance(99);
    expect(b.disk.writes).toBe(1);
    await b.clock.advance(1);
    expect(b.disk.writes).toBe(2);
    b.put(...numbers(65, 127));
    await b.clock.advance(10);
    expect(b.disk.writes).toBe(2);
    b.put(128);
    await b.clock.advance(1);
    expect(b.disk.writes).toBe(3);
    expect(b.disk.stored).toEqual(numbers(1, 128));
  });

  it('leaves a disk alone that takes nothing, for up to five seconds at a time, asks its sources to wait meanwhile, and goes on', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.disk.state = 'failing';
    b.put(1, 2);
    await b.clock.advance(1200);
    expect(b.node.health().storeError).toBe('disk is full');
    expect(b.behind).toBe(true);
    const before = b.disk.writes;
    await b.clock.advance(30_000);
    expect(b.disk.writes - before).toBeLessThanOrEqual(13);
    expect(b.disk.writes - before).toBeGreaterThanOrEqual(6);
    b.disk.state = 'ok';
    await b.clock.advance(5100);
    expect(b.node.health().storeError).toBe('');
    expect(b.disk.stored).toEqual([1, 2]);
    expect(b.behind).toBe(false);
  });

  it('looks at a disk that takes nothing soon at first, and not at each try of its peer', async () => {
    const b = sinkBench({ maxInFlight: 1, props: { resendInterval: 50 } });
    await b.node.open();
    b.peer.mode = 'away';
    b.disk.state = 'failing';
    b.put(1, 2);
    await b.until(() => b.disk.writes > 0, 3000);
    await b.clock.advance(3000);
    expect(b.disk.writes).toBeGreaterThanOrEqual(3);
    expect(b.disk.writes).toBeLessThanOrEqual(6);
    await b.clock.advance(27_000);
    expect(b.disk.writes).toBeGreaterThanOrEqual(7);
    expect(b.disk.writes).toBeLessThanOrEqual(14);
    expect(b.confirmed).toEqual([]);
  });

  it('whose disk cannot be read for a while tries again, and sends what lies there', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.disk.readFails = true;
    b.peer.mode = 'ok';
    await b.clock.advance(15_000);
    expect(b.peer.rows).toEqual([]);
    expect(b.node.health().lastError).toBe('disk cannot be read');
    b.disk.readFails = false;
    await b.until(() => b.node.health().mode === 'up', 15_000);
    expect(b.peer.rows).toEqual([1, 2]);
  });

  it('counts each row once as it is delivered, from memory, late and from disk', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.put(1);
    b.peer.mode = 'later';
    b.put(2);
    await b.clock.advance(0);
    b.peer.mode = 'away';
    b.put(3, 4);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.peer.mode = 'later';
    await b.until(() => b.node.health().mode === 'up', 20_000);
    expect(b.node.stats).toMatchObject({ recordsIn: 4, recordsOut: 4, processed: 4 });
    expect(b.line.deliveries).toBe(4);
  });

  it('puts a row that could not be set aside before those that came later', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.disk.state = 'failing';
    b.put(1, 2, 3);
    await b.clock.advance(1200);
    expect(b.line.load).toMatchObject({ buffered: 3, pages: 0 });
    b.peer.held[0]!.reject(new Error('bad request'));
    b.peer.held[1]!.resolve();
    b.peer.held = [];
    await b.clock.advance(10);
    b.peer.mode = 'ok';
    await b.until(() => b.confirmed.length === 3, 30_000);
    expect(b.peer.rows).toEqual([2, 1, 3]);
  });

  it('puts a row that could not be set aside before those that went to the buffer meanwhile', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.peer.refused.add(1);
    b.disk.state = 'slow';
    b.put(1);
    b.peer.mode = 'hold';
    b.put(2, 3);
    await b.clock.advance(1400);
    expect(b.line.load).toMatchObject({ buffered: 2, pages: 0 });
    b.disk.state = 'failing';
    await b.clock.advance(200);
    expect(b.node.health().parkError).toBe('disk is full');
    b.peer.refused.clear();
    b.peer.answer();
    b.peer.mode = 'ok';
    await b.until(() => b.confirmed.length === 3, 30_000);
    expect(b.peer.rows).toEqual([2, 1, 3]);
    expect(b.peer.calls).toEqual([1, 2, 1, 3]);
  });

  it('does not send a row twice that could not be set aside and has a copy on disk', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.disk.state = 'failing';
    b.peer.held[0]!.reject(new Error('bad request'));
    b.peer.held[1]!.resolve();
    b.peer.held = [];
    await b.clock.advance(10);
    expect(b.node.health()).toMatchObject({ parked: 0, parkError: 'disk is full' });
    b.disk.state = 'ok';
    b.peer.mode = 'ok';
    await b.until(() => b.node.health().mode === 'up', 30_000);
    expect(b.peer.rows).toEqual([2, 1]);
    expect(b.disk.stored).toEqual([]);
  });

  it('tries a row on which the peer fails again soon, also after the peer was away for long', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1, 2);
    await b.clock.advance(120_000);
    b.peer.bad.add(1);
    b.peer.mode = 'later';
    await b.until(() => b.peer.faults.get(1) === 1, 20_000);
    const beganMs = b.clock.monotonic();
    await b.until(() => b.node.health().parked === 1, 60_000);
    expect(b.clock.monotonic() - beganMs).toBeLessThanOrEqual(2000);
    expect(b.peer.faults.get(1)).toBe(5);
  });

  it('lets one row through behind one that fails, and sets that one aside at once then', async () => {
    const b = sinkBench({ maxInFlight: 4 });
    await b.node.open();
    b.peer.mode = 'away';
    b.put(...numbers(1, 12));
    await b.until(() => b.node.health().queueRows === 12, 3000);
    b.peer.calls.length = 0;
    b.peer.bad.add(1);
    b.peer.mode = 'later';
    await b.until(() => b.peer.calls.length > 0, 20_000);
    const beganMs = b.clock.monotonic();
    await b.until(() => b.peer.rows.includes(5), 20_000);
    expect(b.peer.calls.slice(0, 9)).toEqual([1, 2, 3, 4, 1, 1, 1, 5, 1]);
    expect(b.node.health().parked).toBe(1);
    // the pauses stay short while the peer answers
    expect(b.clock.monotonic() - beganMs).toBeLessThanOrEqual(1200);
    await b.until(() => b.peer.rows.length === 11);
    expect(b.peer.rows).toEqual(numbers(2, 12));
  });

  it('takes a late answer of a row that waits behind one that was let through', async () => {
    const b = sinkBench({ maxInFlight: 4, props: { bufferPageSize: 2 } });
    await b.node.open();
    b.peer.mode = 'hold';
    b.peer.bad.add(1);
    b.peer.bad.add(2);
    b.put(1, 2, 3, 4);
    const [, four] = b.peer.held.splice(0);
    b.peer.openError = new Error('no route');
    b.peer.fail!(new Error('lost'));
    await b.until(() => b.node.health().queueRows === 4, 3000);
    b.peer.openError = undefined;
    b.peer.mode = 'later';
    await b.until(() => b.peer.rows.includes(3), 60_000);
    four!.resolve();
    await b.until(() => b.node.health().parked === 2, 60_000);
    await b.until(() => b.node.health().mode === 'up', 60_000);
    expect(b.peer.calls.filter((row) => row === 4)).toHaveLength(1);
    expect(b.peer.rows.filter((row) => row === 4)).toHaveLength(1);
  });

  it('ignores the answer of an earlier connection to a row that was sent again', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    const [old] = b.peer.held.splice(0);
    b.peer.fail!(new Error('lost'));
    await b.clock.advance(100);
    expect(b.peer.calls).toEqual([1, 1]);
    old!.reject(ioError('gone'));
    await b.clock.advance(400);
    expect(b.peer.calls).toEqual([1, 1]);
    expect(b.line.flight.count).toBe(1);
    expect(b.node.health().mode).toBe('up');
    b.peer.answer();
    await b.clock.advance(0);
    b.peer.answer();
    await b.clock.advance(0);
    expect(b.peer.rows).toEqual([1, 2]);
    expect(b.confirmed).toEqual([1, 2]);
  });

  it('takes an answer that comes after its connection was given up, when the row was not sent again', async () => {
    const b = sinkBench({ maxInFlight: 1 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    const late = b.peer.held.shift()!;
    b.peer.openError = new Error('no route');
    b.peer.fail!(new Error('lost'));
    late.resolve();
    await b.clock.advance(300);
    expect(b.confirmed).toEqual([1]);
    b.peer.mode = 'ok';
    b.peer.openError = undefined;
    await b.until(() => b.confirmed.length === 2, 20_000);
    expect(b.peer.calls).toEqual([1, 2]);
  });

  it('ends within its time: what the sink does not take goes to disk in order, and what is deleted is confirmed', async () => {
    const b = sinkBench({ maxInFlight: 2 });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2, 3, 4);
    let closed: boolean | undefined;
    void b.node.close(300, true).then((safe) => {
      closed = safe;
    });
    await b.clock.advance(100);
    b.peer.answer(1);
    await b.clock.advance(100);
    expect(closed).toBeUndefined();
    await b.clock.advance(200);
    expect(closed).toBe(true);
    expect(b.disk.stored).toEqual([2, 3, 4]);
    expect(b.confirmed).toEqual([1, 2, 3, 4]);
    expect(b.peer.closes).toBe(1);
    expect(b.clock.pending).toBe(0);
  });

  it('that ends while rows are on their way to disk stores them, behind those that lie there', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.mode = 'away';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.put(3, 4);
    expect(b.line.load).toMatchObject({ buffered: 2, pages: 1 });
    expect(b.confirmed).toEqual([1, 2]);
    const closing = b.node.close(0, true);
    await b.clock.advance(10);
    expect(await closing).toBe(true);
    expect(b.disk.stored).toEqual([1, 2, 3, 4]);
    expect(b.confirmed).toEqual([1, 2, 3, 4]);
    expect(b.node.health().spilled).toBe(4);
  });

  it('whose rule is deleted leaves nothing on disk, and confirms everything', async () => {
    const b = sinkBench();
    await b.node.open();
    b.peer.refused.add(9);
    b.put(9);
    await b.until(() => b.disk.parked.length === 1);
    b.peer.mode = 'away';
    b.put(1, 2);
    await b.until(() => b.node.health().queueRows === 2, 3000);
    b.put(3);
    const closing = b.node.close(0, false);
    await b.clock.advance(10);
    expect(await closing).toBe(true);
    expect(await b.disk.queues()).toEqual([]);
    expect([...b.confirmed].sort()).toEqual([1, 2, 3, 9]);
    expect(b.node.health().dropped).toBe(0);
  });

  it('whose rows no disk takes at its end counts them as lost, and confirms them only if they do not come again', async () => {
    for (const again of [true, false]) {
      const b = sinkBench();
      await b.node.open();
      b.peer.mode = 'away';
      b.disk.state = 'failing';
      b.put(1, 2);
      const closing = b.node.close(0, true, again);
      await b.clock.advance(10);
      expect(await closing).toBe(false);
      expect(b.confirmed).toEqual(again ? [] : [1, 2]);
      expect(b.node.health().dropped).toBe(2);
      expect(b.lines.filter((l) => l['code'] === 'STORE_FAILED')).toHaveLength(1);
    }
  });
});

// @covers issue:14#1
it('a sink of a rule that is replaced waits for a disk that takes nothing, and loses no row that its peer would not give again', async () => {
  const b = sinkBench();
  await b.node.open();
  b.peer.mode = 'away';
  b.disk.state = 'failing';
  b.put(...numbers(1, 3));
  let safe: boolean | undefined;
  void b.node.close(100, true, false, false, 10_000).then((yes) => (safe = yes));
  await b.clock.advance(5000);
  expect([safe, b.confirmed]).toEqual([undefined, []]);
  b.disk.state = 'ok';
  await b.clock.advance(600);
  expect([safe, b.confirmed, b.disk.stored, b.node.health().dropped]).toEqual([true, [1, 2, 3], [1, 2, 3], 0]);
});

describe('a sink that answers for many rows at once', () => {
  const gathering = async () => {
    const b = sinkBench({ maxInFlight: 100 });
    await b.node.open();
    let answer = Promise.withResolvers<void>();
    const given: number[] = [];
    b.peer.collect = (data) => {
      given.push(Number(data));
      return answer.promise;
    };
    return {
      b,
      given,
      end: (error?: Error) => {
        const { resolve, reject } = answer;
        answer = Promise.withResolvers<void>();
        if (error) reject(error);
        else resolve();
      },
    };
  };

  it('confirms them then, and none before', async () => {
    const { b, end } = await gathering();
    b.put(...numbers(1, 50));
    await b.clock.advance(500);
    expect(b.confirmed).toEqual([]);
    expect(b.line.flight.count).toBe(50);
    end();
    b.put(51);
    await b.clock.advance(1);
    expect(b.confirmed).toEqual(numbers(1, 50));
    expect([b.line.flight.count, b.line.flight.bytes]).toEqual([1, 2]);
    expect(b.line.deliveries).toBe(50);
  });

  it('is given all of them again, in order, when the answer is an error', async () => {
    const { b, given, end } = await gathering();
    b.put(1, 2, 3);
    end(ioError('the disk is full'));
    await b.clock.advance(1);
    expect(b.node.health()).toMatchObject({ mode: 'retrying', waiting: 3 });
    await b.until(() => given.length === 6);
    end();
    await b.clock.advance(1);
    expect(given).toEqual([1, 2, 3, 1, 2, 3]);
    expect(b.confirmed).toEqual([1, 2, 3]);
  });

  it('counts only for rows that were not sent again meanwhile, when its answer comes late', async () => {
    const { b, given, end } = await gathering();
    b.put(1, 2);
    b.peer.fail!(new Error('connection lost'));
    await b.until(() => given.length === 4);
    expect(b.line.flight.count).toBe(2);
    end();
    await b.clock.advance(1);
    expect(b.confirmed).toEqual([1, 2]);
    expect([b.line.flight.count, b.line.flight.bytes]).toEqual([0, 0]);
  });

  it.each([
    [1, 1000],
    [5, 5000],
  ])('with patience %i goes to disk when it answered nothing for %i ms', async (patience, afterMs) => {
    const b = sinkBench({ patience });
    await b.node.open();
    b.peer.mode = 'hold';
    b.put(1, 2);
    await b.clock.advance(afterMs - 1);
    expect(b.node.health().mode).toBe('up');
    await b.clock.advance(101);
    expect(b.node.health().mode).toBe('spilling');
  });

  it.each([
    [1, 200],
    [5, 1000],
  ])('with patience %i and a full queue goes to disk when nothing moved for %i ms', async (patience, afterMs) => {
    const b = sinkBench({ patience, maxInFlight: 1, props: { bufferLength: 2 } });
    await b.node.open();
    b.peer.mode = 'later';
    b.put(1);
    await b.clock.advance(1);
    b.peer.mode = 'hold';
    b.put(2, 3);
    await b.clock.advance(afterMs - 2);
    b.put(4);
    expect(b.node.health().mode).toBe('up');
    await b.clock.advance(3);
    b.put(5);
    expect(b.node.health().mode).toBe('spilling');
  });

  it('holds no more bytes of rows at once than the bound, whatever their number', async () => {
    const { b, given } = await gathering();
    const row = '7'.padStart(3 * 1024 * 1024, '0');
    for (let i = 0; i < 5; i++) b.line.item(row, undefined, 1, []);
    await b.clock.advance(1);
    expect(given.length).toBe(3);
    expect(b.line.waiting.size).toBe(2);
  });
});
