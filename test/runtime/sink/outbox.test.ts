// The table of a sink's outbox: what each event changes and asks for; and that no event in no state leaves a gap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlive, isBehind, type Load, newOutbox, type Outbox, type OutboxEvent, step } from '../../../src/runtime/sink/outbox.ts';

const empty: Load = { waiting: 0, flying: 0, copies: 0, buffered: 0, pages: 0 };
const open: Outbox = { ...newOutbox, link: 'open' };

/** state, event, load → changes of the state, effects */
const rows: [string, Partial<Outbox>, OutboxEvent, Partial<Load>, Partial<Outbox>, string][] = [
  ['the link opens and rows wait', { link: 'down', watch: 'armed' }, 'linkUp', { waiting: 2 }, { link: 'open' }, 'pump'],
  [
    'the link opens while retrying',
    { link: 'down', mode: 'retrying', watch: 'armed' },
    'linkUp',
    { waiting: 1 },
    { link: 'open', mode: 'up' },
    'pump',
  ],
  [
    'the link opens and a backlog is there',
    { link: 'down', mode: 'spilling' },
    'linkUp',
    { pages: 1 },
    { link: 'open', drain: 'running', guard: 'armed' },
    'drain armGuard',
  ],
  [
    'the link opens and live data goes first',
    { link: 'down', watch: 'armed' },
    'linkUp',
    { pages: 1, waiting: 1 },
    { link: 'open', drain: 'running', guard: 'armed' },
    'drain armGuard pump',
  ],
  [
    'the link is lost while a drain runs',
    { mode: 'spilling', drain: 'running', guard: 'armed' },
    'linkDown',
    { pages: 1 },
    { link: 'down', drain: 'idle', guard: 'idle' },
    'stopDrain clearGuard',
  ],
  [
    'the link is lost while a retry is armed',
    { mode: 'retrying', retry: 'armed', watch: 'armed' },
    'linkDown',
    { waiting: 1 },
    { link: 'down', retry: 'idle' },
    'clearRetry',
  ],
  ['the peer is back by itself', { mode: 'retrying', retry: 'armed', watch: 'armed' }, 'woken', { waiting: 1 }, {}, 'clearRetry armRetry'],
  ['a first item waits', {}, 'added', { waiting: 1 }, { watch: 'armed' }, 'armWatch pump'],
  ['a first item flies', {}, 'added', { flying: 1 }, { watch: 'armed' }, 'armWatch'],
  ['an item comes into the buffer', { mode: 'spilling', retry: 'armed' }, 'added', { buffered: 1 }, { flush: 'armed' }, 'armFlush'],
  ['an item failed', { watch: 'armed' }, 'failed', { waiting: 1 }, { mode: 'retrying', retry: 'armed' }, 'armRetry'],
  ['an item failed while others fly', { watch: 'armed' }, 'failed', { flying: 1 }, { mode: 'retrying' }, ''],
  ['the last of them is answered', { mode: 'retrying', watch: 'armed' }, 'answered', { waiting: 1 }, { retry: 'armed' }, 'armRetry'],
  ['an item failed while the link is down', { link: 'down', watch: 'armed' }, 'failed', { waiting: 1 }, { mode: 'retrying' }, ''],
  [
    'nothing moves',
    { watch: 'armed' },
    'stuck',
    { waiting: 3, flying: 1 },
    { mode: 'spilling', watch: 'idle', flush: 'armed', retry: 'armed' },
    'spill armFlush armRetry clearWatch',
  ],
  [
    'nothing moves and all fly',
    { watch: 'armed' },
    'stuck',
    { flying: 2 },
    { mode: 'spilling', watch: 'idle', flush: 'armed', retry: 'armed' },
    'spill armFlush armRetry clearWatch',
  ],
  ['nothing moves and it is spilling already', { mode: 'spilling', retry: 'armed' }, 'stuck', { pages: 1 }, {}, ''],
  [
    'copies of items fly',
    { mode: 'spilling' },
    'added',
    { flying: 1, copies: 1, buffered: 1 },
    { flush: 'armed', guard: 'armed' },
    'armFlush armGuard',
  ],
  [
    'copies of items fly, and the retry is due',
    { mode: 'spilling', retry: 'armed', guard: 'armed' },
    'retryDue',
    { flying: 1, copies: 1, pages: 1 },
    { retry: 'idle' },
    '',
  ],
  [
    'the retry is due',
    { mode: 'retrying', retry: 'armed', watch: 'armed' },
    'retryDue',
    { waiting: 1 },
    { mode: 'up', retry: 'idle' },
    'pump',
  ],
  [
    'the retry is due and items fly',
    { mode: 'retrying', retry: 'armed', watch: 'armed' },
    'retryDue',
    { flying: 1 },
    { retry: 'idle' },
    '',
  ],
  [
    'the retry is due and a backlog is there',
    { mode: 'spilling', retry: 'armed' },
    'retryDue',
    { pages: 2 },
    { retry: 'idle', drain: 'running', guard: 'armed' },
    'drain armGuard',
  ],
  ['the watch looked and something waits', { watch: 'armed' }, 'watchDue', { flying: 1 }, {}, 'rearmWatch'],
  ['the watch looked and nothing waits', { watch: 'armed' }, 'watchDue', {}, { watch: 'idle' }, ''],
  ['the guard looked and a drain runs', { mode: 'spilling', drain: 'running', guard: 'armed' }, 'guardDue', { pages: 1 }, {}, 'armGuard'],
  ['the flush is due', { mode: 'spilling', flush: 'armed', retry: 'armed' }, 'flushDue', { buffered: 1 }, { flush: 'writing' }, 'flush'],
  [
    'it is written',
    { mode: 'spilling', flush: 'writing', retry: 'armed', disk: 'failing' },
    'written',
    { pages: 1 },
    { flush: 'idle', disk: 'ok' },
    '',
  ],
  [
    'more came meanwhile',
    { mode: 'spilling', flush: 'writing', retry: 'armed' },
    'written',
    { pages: 1, buffered: 2 },
    { flush: 'armed' },
    'armFlush',
  ],
  [
    'the disk takes nothing',
    { mode: 'spilling', flush: 'writing', retry: 'armed' },
    'writeFailed',
    { buffered: 2 },
    { flush: 'armed', disk: 'failing' },
    'armFlush',
  ],
  [
    'the backlog is sent',
    { mode: 'spilling', drain: 'running', guard: 'armed' },
    'drained',
    {},
    { mode: 'up', drain: 'idle', guard: 'idle' },
    'unspill clearGuard',
  ],
  [
    'the backlog is sent and the disk took not all',
    { mode: 'spilling', drain: 'running', guard: 'armed', flush: 'armed', disk: 'failing' },
    'drained',
    { buffered: 2 },
    { mode: 'up', drain: 'idle', guard: 'idle', flush: 'idle', watch: 'armed' },
    'clearFlush unspill armWatch clearGuard pump',
  ],
  [
    'the backlog met a failure',
    { mode: 'spilling', drain: 'running', guard: 'armed' },
    'drainFailed',
    { pages: 1 },
    { drain: 'idle', guard: 'idle', retry: 'armed' },
    'armRetry clearGuard',
  ],
  [
    'a row is taken from memory, and nothing needs the disk',
    { disk: 'failing', watch: 'armed' },
    'delivered',
    { waiting: 1 },
    { disk: 'ok' },
    'pump',
  ],
  ['a row is taken, and others need the disk', { disk: 'failing', flush: 'armed', watch: 'armed' }, 'delivered', { buffered: 1 }, {}, ''],
  ['nothing is left that could need the disk', { disk: 'failing', watch: 'armed' }, 'answered', {}, { disk: 'ok' }, ''],
  [
    'it ends',
    { mode: 'spilling', retry: 'armed', flush: 'armed', guard: 'armed', drain: 'running' },
    'end',
    { pages: 1, buffered: 1 },
    { retry: 'idle', flush: 'idle', guard: 'idle', drain: 'idle', ended: true },
    'clearRetry clearGuard clearFlush stopDrain',
  ],
  [
    'it ends while it watches and writes',
    { watch: 'armed', flush: 'writing' },
    'end',
    { buffered: 1 },
    { watch: 'idle', ended: true },
    'clearWatch',
  ],
  ['something happens after its end', { ended: true, link: 'down', mode: 'spilling' }, 'linkUp', { pages: 1, waiting: 1 }, {}, ''],
];

describe('the outbox', () => {
  it.each(rows)('when %s', (_what, state, event, load, changes, effects) => {
    const before = { ...open, ...state };
    const [after, todo] = step(before, event, { ...empty, ...load });
    expect(after).toEqual({ ...before, ...changes });
    expect(todo.join(' ')).toBe(effects);
    expect(before).toEqual({ ...open, ...state });
  });

  // @covers issue:14#2
  it('leaves no gap: with an open link and something to send, something is armed or under way after any event in any state', () => {
    const pick = <T>(...values: T[]) => fc.constantFrom(...values);
    const states: fc.Arbitrary<Outbox> = fc.record({
      mode: pick('up', 'retrying', 'spilling'),
      link: pick('down', 'open'),
      disk: pick('ok', 'failing'),
      drain: pick('idle', 'running'),
      flush: pick('idle', 'armed', 'writing'),
      retry: pick('idle', 'armed'),
      watch: pick('idle', 'armed'),
      guard: pick('idle', 'armed'),
      ended: fc.constant(false),
    });
    const loads = fc
      .record({ waiting: fc.nat(3), flying: fc.nat(3), copies: fc.nat(3), buffered: fc.nat(3), pages: fc.nat(3) })
      .map((l) => ({ ...l, copies: Math.min(l.copies, l.flying) }));
    const events = pick<OutboxEvent>(
      'linkUp', 'linkDown', 'woken', 'added', 'answered', 'delivered', 'failed', 'stuck', 'retryDue', 'watchDue', 'guardDue', 'flushDue', 'written', 'writeFailed', 'drained', 'drainFailed',
    ); // biome-ignore format: one list
    fc.assert(
      fc.property(states, events, loads, (state, event, load) => {
        // a drain belongs to an open link, and drained means that nothing is on disk
        if (state.link === 'down' && state.drain === 'running') return;
        if (event === 'drained' && load.pages > 0) return;
        const [after, effects] = step(state, event, load);
        const has = (e: string) => effects.includes(e as never);
        // what the effects move
        const waiting = has('spill') ? 0 : load.waiting + (has('unspill') ? load.buffered : 0);
        const then: Load = {
          ...load,
          waiting: has('pump') ? 0 : waiting,
          buffered: has('unspill') ? 0 : load.buffered + (has('spill') ? load.waiting + load.flying - load.copies : 0),
        };
        expect(isAlive(after, then), JSON.stringify([after, then, effects])).toBe(true);
        // who waits or flies is watched, unless everything goes to disk
        if (after.mode !== 'spilling' && waiting + load.flying > 0) expect(after.watch).toBe('armed');
        // whoever may never answer is guarded
        if (after.link === 'open' && (after.drain === 'running' || (after.mode === 'spilling' && load.copies > 0)))
          expect(after.guard).toBe('armed');
        // copies of what flies are not sent
        if (has('drain')) expect(load.copies).toBe(0);
        // nothing is sent into a link that is not open
        if (after.link === 'down') expect([has('pump'), has('drain'), after.drain, after.retry]).toEqual([false, false, 'idle', 'idle']);
        // a timer that is armed was armed by an effect
        for (const t of ['retry', 'watch', 'guard'] as const) {
          const Name = t[0]!.toUpperCase() + t.slice(1);
          if (after[t] === 'armed' && state[t] === 'idle') expect(has(`arm${Name}`) || has(`rearm${Name}`)).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('says when the sources are to wait, with a distance between yes and no', () => {
    const limits = { waiting: 10, buffered: 100 };
    const at = (before: boolean, s: Partial<Outbox>, waiting: number, buffered: number) =>
      isBehind(before, { ...open, ...s }, waiting, buffered, limits);
    expect([9, 10, 11].map((n) => at(false, {}, n, 0))).toEqual([false, true, true]);
    expect([10, 6, 5, 4].map((n) => at(true, {}, n, 0))).toEqual([true, true, false, false]);
    expect([99, 100].map((n) => at(false, { mode: 'spilling' }, 0, n))).toEqual([false, true]);
    expect([99, 50, 49].map((n) => at(true, { mode: 'spilling' }, 0, n))).toEqual([true, true, false]);
    expect(at(true, { mode: 'spilling' }, 10, 0)).toBe(false);
    expect([0, 1].map((n) => at(false, { mode: 'spilling', disk: 'failing' }, 0, n))).toEqual([false, true]);
    expect([0, 1].map((n) => at(false, { disk: 'failing' }, 0, n))).toEqual([false, true]);
  });
});
