// A change of the network is in effect and confirmed, or it is as it was: after time, failures, and cuts at every single step.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import {
  createNetworkKeeper,
  type NetworkDisk,
  type NetworkKeeper,
  type NetworkPort,
  TRIAL_MS,
} from '../../../src/system/network/keeper.ts';
import { type NetworkEvent, type NetworkState, type Snapshot, step } from '../../../src/system/network/machine.ts';

const file = (text: string) => ({ base64: Buffer.from(text).toString('base64'), mode: 0o644 });
const OLD: Record<string, Snapshot[string]> = { '/n/a': file('a1'), '/n/b': null, '/n/c': file('c1') };
const NEW: Snapshot = { '/n/a': file('a2'), '/n/b': file('b2'), '/n/c': null };

class Cut extends Error {}

/** A machine: what is on its disk outlives a cut; every write may be the last one. */
function machine() {
  const clock = createVirtualClock();
  const m = {
    clock,
    files: structuredClone(OLD),
    /** What the network does. */
    inEffect: structuredClone(OLD),
    state: { phase: 'steady' } as NetworkState,
    /** Writes until the power goes; infinite: it stays. */
    left: Number.POSITIVE_INFINITY,
    writes: 0,
    failReload: 0,
    failPut: 0,
    keeper: undefined as unknown as NetworkKeeper,
    boot() {
      m.left = Number.POSITIVE_INFINITY;
      m.keeper = createNetworkKeeper(disk, port, clock);
      return m.keeper.start();
    },
  };
  const count = () => {
    if (m.left <= 0) throw new Cut('power is off');
    m.left--;
    m.writes++;
  };
  const disk: NetworkDisk = {
    read: () => structuredClone(m.state),
    write(state) {
      count();
      m.state = structuredClone(state);
    },
  };
  const port: NetworkPort = {
    capture: async (paths) => Object.fromEntries(paths.map((p) => [p, m.files[p] ?? null])),
    async put(files) {
      for (const [path, content] of Object.entries(files)) {
        if (m.failPut > 0) {
          m.failPut--;
          throw new Error('no space');
        }
        count();
        m.files[path] = content;
      }
    },
    async reload() {
      if (m.failReload > 0) {
        m.failReload--;
        throw new Error('networkd refused');
      }
      count();
      m.inEffect = structuredClone(m.files);
    },
  };
  return m;
}
const CHANGE = { id: 'c1', by: 'ann', what: 'wired address', files: NEW };

describe('a change of the network', () => {
  // @covers issue:17#6
  test('that is confirmed in time stays', async () => {
    const m = machine();
    await m.boot();
    expect(await m.keeper.change(CHANGE)).toBe('');
    expect(m.inEffect).toEqual(NEW);
    expect(m.keeper.state.phase).toBe('trial');
    await m.clock.advance(TRIAL_MS - 1);
    expect(m.keeper.state.phase).toBe('trial');
    expect(await m.keeper.confirm('other')).toBe('the change on trial is c1');
    expect(await m.keeper.confirm('c1')).toBe('');
    await m.clock.advance(10 * TRIAL_MS);
    expect(m.inEffect).toEqual(NEW);
    expect(m.keeper.state).toMatchObject({ phase: 'steady', last: { id: 'c1', by: 'ann', result: 'confirmed' } });
    await m.boot();
    expect(m.files).toEqual(NEW);
  });

  test('that nobody confirms is taken back after five minutes, not before', async () => {
    const m = machine();
    await m.boot();
    await m.keeper.change(CHANGE);
    const settled = m.keeper.settled();
    await m.clock.advance(300_000 - 1);
    expect(m.inEffect).toEqual(NEW);
    await m.clock.advance(1);
    await settled;
    expect(m.files).toEqual(OLD);
    expect(m.inEffect).toEqual(OLD);
    expect(m.keeper.state).toMatchObject({ phase: 'steady', last: { result: 'reverted', reason: 'nobody confirmed it in time' } });
    expect(await m.keeper.confirm('c1')).toBe('nothing is on trial');
  });

  test('that is taken back by hand is as it was, and the next one may come', async () => {
    const m = machine();
    await m.boot();
    await m.keeper.change(CHANGE);
    expect(await m.keeper.change({ ...CHANGE, id: 'c2' })).toContain('another change is under way (wired address)');
    expect(await m.keeper.revert('c1')).toBe('');
    expect(m.inEffect).toEqual(OLD);
    expect(await m.keeper.change({ ...CHANGE, id: 'c2' })).toBe('');
    expect(await m.keeper.confirm('c2')).toBe('');
    expect(m.inEffect).toEqual(NEW);
  });

  test('that cannot be applied is taken back at once, with the reason', async () => {
    const m = machine();
    await m.boot();
    m.failReload = 1;
    expect(await m.keeper.change(CHANGE)).toBe('');
    expect(m.files).toEqual(OLD);
    expect(m.keeper.state).toMatchObject({
      phase: 'steady',
      last: { result: 'reverted', reason: 'it could not be applied: networkd refused' },
    });
  });

  test('whose way back fails is tried again until it works', async () => {
    const m = machine();
    await m.boot();
    await m.keeper.change(CHANGE);
    m.failPut = 3;
    await m.keeper.revert('c1');
    expect(m.keeper.state.phase).toBe('reverting');
    await m.clock.advance(5_000);
    expect(m.keeper.state.phase).toBe('reverting');
    await m.clock.advance(20_000);
    expect(m.keeper.state).toMatchObject({ phase: 'steady', last: { result: 'reverted', reason: 'it was taken back by hand' } });
    expect(m.inEffect).toEqual(OLD);
  });

  // @covers issue:17#6
  test('is whole or gone after a power cut at each of its writes', async () => {
    const whole = machine();
    await whole.boot();
    await whole.keeper.change(CHANGE);
    await whole.keeper.confirm('c1');
    // state, three files, reload, state, state
    expect(whole.writes).toBe(7);
    const results: string[] = [];
    for (let cut = 0; cut <= whole.writes; cut++) {
      const m = machine();
      await m.boot();
      m.left = cut;
      await m.keeper.change(CHANGE).catch(ignoreCut);
      await m.keeper.confirm('c1').catch(ignoreCut);
      await m.boot();
      expect(m.keeper.state.phase, `cut after ${cut}`).toBe('steady');
      const confirmed = cut >= whole.writes;
      expect(m.files, `cut after ${cut}`).toEqual(confirmed ? NEW : OLD);
      results.push(m.keeper.state.phase === 'steady' ? (m.keeper.state.last?.result ?? 'none') : '');
    }
    expect(results).toEqual(['none', 'reverted', 'reverted', 'reverted', 'reverted', 'reverted', 'reverted', 'confirmed']);
  });

  test('is whole or gone when the way back is cut as well, again and again', async () => {
    for (let first = 1; first <= 7; first++)
      for (let second = 0; second <= 6; second++) {
        const m = machine();
        await m.boot();
        m.left = first;
        await m.keeper.change(CHANGE).catch(ignoreCut);
        // the next start is cut, too
        const keeper = m.boot();
        m.left = second;
        await keeper.catch(ignoreCut);
        await m.boot();
        await m.clock.advance(60_000);
        expect(m.keeper.state.phase).toBe('steady');
        expect(m.files, `${first}, ${second}`).toEqual(OLD);
      }
  });

  test('in any order of events ends as it was, unless the change on trial itself was confirmed', async () => {
    const action = fc.oneof(
      fc.constantFrom('change', 'confirm', 'confirm wrong', 'revert', 'wait', 'expire', 'boot', 'fail reload', 'fail put'),
      fc.integer({ min: 0, max: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (actions) => {
        const m = machine();
        await m.boot();
        let good: Record<string, Snapshot[string]> = structuredClone(OLD);
        let n = 0;
        let wanted: Record<string, Snapshot[string]> | undefined;
        for (const a of actions) {
          if (typeof a === 'number') m.left = a;
          else if (a === 'change') {
            const files = { '/n/a': file(`a${++n}`), '/n/b': n % 2 ? file('b') : null, '/n/c': null };
            const free = m.keeper.state.phase === 'steady';
            await m.keeper.change({ ...CHANGE, id: `c${n}`, files }).catch(ignoreCut);
            if (free) wanted = files;
          } else if (a === 'confirm') {
            const { state } = m.keeper;
            const id = state.phase === 'steady' ? 'none' : state.id;
            if ((await m.keeper.confirm(id).catch(() => 'cut')) === '') good = structuredClone(wanted!);
          } else if (a === 'confirm wrong') await m.keeper.confirm('c0').catch(ignoreCut);
          else if (a === 'revert') await m.keeper.revert(`c${n}`).catch(ignoreCut);
          else if (a === 'wait') await m.clock.advance(1_000);
          else if (a === 'expire') await m.clock.advance(TRIAL_MS);
          else if (a === 'boot') await m.boot();
          else if (a === 'fail reload') m.failReload = 1;
          else m.failPut = 1;
        }
        m.failPut = 0;
        m.failReload = 0;
        await m.boot();
        await m.clock.advance(60_000);
        expect(m.keeper.state.phase).toBe('steady');
        expect(m.files).toEqual(good);
      }),
      { numRuns: 150, seed: 176 },
    );
  }, 60_000);
});

describe('the machine', () => {
  const trial = { phase: 'trial', id: 'c1', by: 'x', what: 'w', before: {}, after: {}, reason: '' } as const;
  test.each<[NetworkState['phase'], NetworkEvent['type']]>([
    ['steady', 'applied'],
    ['steady', 'expired'],
    ['steady', 'failed'],
    ['steady', 'reverted'],
    ['trial', 'applied'],
    ['trial', 'failed'],
    ['trial', 'reverted'],
    ['reverting', 'expired'],
    ['changing', 'expired'],
  ])('in phase %s refuses %s and stays', (phase, type) => {
    const state: NetworkState = phase === 'steady' ? { phase } : { ...trial, phase };
    const result = step(state, { type, reason: '', atMs: 0 } as NetworkEvent);
    expect(result.state).toBe(state);
    expect(result.actions).toEqual([]);
    expect(result.refused).toBeTruthy();
  });
});

function ignoreCut(error: unknown): string {
  if (!(error instanceof Cut)) throw error;
  return 'cut';
}
