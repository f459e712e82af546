// The whole of updates with power cuts at every point: the updater's engine and machine, the boot record, and GRUB's choice (which choice.test.ts compares
// with GRUB itself).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBootMedium } from '../../../src/system/boot/medium.ts';
import { GOOD_STARTS, otherSlot, TRIAL_STARTS } from '../../../src/system/boot/record.ts';
import { NOTHING_KNOWN } from '../../../src/system/update/health.ts';
import { PowerCut } from '../boot/memory-blocks.ts';
import { type Behaviour, createWorld, type World } from './world.ts';

const BAD: readonly Behaviour[] = ['dead', 'mute', 'late', 'sick'];

/** Reasons that are right when so many cuts came on top. */
const REASONS: Record<string, RegExp> = {
  dead: /^Tried 3 times: the kernel or the first programs did not come up\.$/,
  mute: /^Tried 3 times: it came up, but the gateway was never READY/,
  late: /^Tried 3 times: it came up and the gateway was READY, but it was cut off/,
  sick: /^rule r does not run$/,
  good: /^as before$|^Confirmed before the last restart\.$/,
};

async function updateTo(behaviour: Behaviour, cuts: ReadonlySet<number>, torn?: number): Promise<World> {
  const world = createWorld({ cuts, ...(torn === undefined ? {} : { torn }) });
  await world.settle();
  await world.install({ version: '2.0.0', behaviour });
  await world.settle();
  return world;
}

/** What holds after every update, whatever happened meanwhile. */
function expectSound(world: World, behaviour: Behaviour, cuts: number, note: string) {
  const { state, booted, slots } = world;
  const record = createBootMedium(world.blocks).read();
  expect(slots[booted].behaviour, note).toBe('good');
  expect(record, note).toEqual({ seq: record?.seq, good: booted, otherIsGood: record?.otherIsGood });
  expect(state.phase, note).toBe('idle');
  expect(state.confirmed, note).toBe(booted);
  expect(slots.A.version, note).toBe('1.0.0');
  const { last } = state;
  expect(world.starts.filter(({ why }) => why === 'trial').length, note).toBeLessThanOrEqual(TRIAL_STARTS);
  if (booted === 'B') {
    expect([behaviour, last?.result, last?.version], note).toEqual(['good', 'confirmed', '2.0.0']);
    expect(record?.otherIsGood, note).toBe(true);
    expect(state.goBack, note).toBe('1.0.0');
  } else if (last?.result === 'rolled-back') {
    expect(slots.B.behaviour, note).toBe(behaviour);
    expect(record?.otherIsGood, note).toBe(false);
    if (cuts < TRIAL_STARTS) expect(behaviour, note).not.toBe('good');
    if (cuts === 0) expect(last.reason, note).toMatch(REASONS[behaviour]!);
    else if (last.code === 'UPDATE_NOT_HEALTHY') expect(last.reason, note).toMatch(REASONS['sick']!);
    else expect(last.reason, note).toMatch(/^Tried 3 times: /);
  } else {
    // It never came to a start of the new slot.
    expect(cuts, note).toBeGreaterThan(0);
    expect(last?.code, note).toBe(last ? 'UPDATE_STOPPED' : undefined);
    expect(
      world.starts.every(({ slot }) => slot === 'A'),
      note,
    ).toBe(true);
  }
}

describe('an update', () => {
  it('without a power cut is confirmed after one start of the new slot, and leaves the old one as the way back', async () => {
    const world = await updateTo('good', new Set());
    expectSound(world, 'good', 0, 'no cut');
    expect(world.booted).toBe('B');
    expect(world.starts).toEqual([
      { slot: 'A', why: 'good' },
      { slot: 'B', why: 'trial' },
    ]);
    expect(world.state.last).toMatchObject({ id: 'to 2.0.0', by: 'test', from: '1.0.0', result: 'confirmed', reason: 'as before' });
  });

  // @covers issue:17#1
  // @covers finding:appliance#4
  it.each(BAD)('that is %s ends in the old slot with its reason', async (behaviour) => {
    const world = await updateTo(behaviour, new Set());
    expectSound(world, behaviour, 0, behaviour);
    expect(world.state.last?.result).toBe('rolled-back');
    expect(world.starts.filter(({ slot }) => slot === 'B').length).toBe(behaviour === 'sick' ? 1 : TRIAL_STARTS);
    // and not once more
    expect(world.starts.at(-1)).toEqual({ slot: 'A', why: 'good' });
  });

  // @covers issue:17#1
  it('with one power cut at every single point ends in a good slot with the right reason', async () => {
    let cases = 0;
    for (const behaviour of ['good', ...BAD] as const) {
      const { points } = await updateTo(behaviour, new Set());
      for (let at = 0; at < points + 4; at++)
        for (const torn of [0, 26, 40, 60, 400]) {
          const world = await updateTo(behaviour, new Set([at]), torn);
          expectSound(world, behaviour, 1, `${behaviour}, cut at ${at} of ${points}, ${torn} bytes`);
          cases++;
        }
    }
    expect(cases).toBeGreaterThan(800);
  });

  // @covers issue:17#1
  it('with two to eight power cuts at any points ends in a good slot with the right reason', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Behaviour>('good', ...BAD),
        fc.uniqueArray(fc.integer({ min: 0, max: 110 }), { minLength: 2, maxLength: 8 }),
        fc.constantFrom(0, 26, 33, 40, 60, 80),
        async (behaviour, cuts, torn) => {
          expectSound(await updateTo(behaviour, new Set(cuts), torn), behaviour, cuts.length, 'see counterexample');
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('with no record that is whole, at any start, ends in a good slot that is told', async () => {
    for (const behaviour of ['good', ...BAD] as const)
      for (let at = 0; at < 60; at++) {
        const world = createWorld({ cuts: new Set([at]) });
        await world.settle();
        await world.install({ version: '2.0.0', behaviour }, at % 2 ? 'asked' : 'now');
        world.blocks.files.delete('boot1.env');
        world.blocks.files.set('boot2.env', Buffer.alloc(1024));
        await world.act(cut);
        await world.act(cut);
        expect(world.slots[world.booted].behaviour, `${behaviour}, cut at ${at}`).toBe('good');
        expect(world.state.confirmed, `${behaviour}, cut at ${at}`).toBe(createBootMedium(world.blocks).read()!.good);
      }
  });
});

describe('a good slot', () => {
  // @covers issue:17#1
  it(`is not left by ${GOOD_STARTS - 1} power cuts in a row, wherever they come in the start`, async () => {
    const quiet = createWorld({ other: { version: '0.9.0', behaviour: 'good' } });
    await quiet.settle();
    const { points } = quiet;
    for (let at = 0; at < points; at++) {
      // The same place in start after start: points are numbered on, and a start that is cut at `at` has at + 1 of them.
      const cuts = new Set(Array.from({ length: GOOD_STARTS - 1 }, (_, n) => at + n * (at + 1)));
      const world = createWorld({ cuts, other: { version: '0.9.0', behaviour: 'good' } });
      await world.settle();
      // one that is cut before GRUB counts is none
      if (at > 6) expect(world.starts.length, `at ${at}`).toBe(GOOD_STARTS);
      expect(new Set(world.starts.map(({ slot }) => slot)), `at ${at}`).toEqual(new Set(['A']));
      expect(createBootMedium(world.blocks).read()).toMatchObject({ good: 'A', otherIsGood: true });
      expect(world.state.last).toBeUndefined();
    }
  });

  it('that does not come up any more is left for the one before, with the reason', async () => {
    const world = createWorld({ other: { version: '0.9.0', behaviour: 'good' } });
    world.slots.A.behaviour = 'dead';
    await world.settle();
    expect(world.starts.length).toBe(GOOD_STARTS + 1);
    expect(world.booted).toBe('B');
    expect(createBootMedium(world.blocks).read()).toMatchObject({ good: 'B', otherIsGood: false });
    expect(world.state.last).toMatchObject({
      result: 'rolled-back',
      code: 'UPDATE_NOT_STARTED',
      reason: 'Slot A did not come up 8 times in a row; slot B with version 0.9.0 was taken.',
    });
  });

  it('whose record is lost in both copies is told from the state, and is the good one again', async () => {
    const world = await updateTo('good', new Set());
    expect(world.booted).toBe('B');
    world.blocks.files.delete('boot1.env');
    world.blocks.files.set('boot2.env', Buffer.alloc(1024));
    await world.act(cut);
    // GRUB takes A without a record; the state knows better.
    expect(world.facts).toMatchObject({ slot: 'A', why: 'none' });
    expect(world.repaired.slice(-2)).toEqual(['boot1.env', 'boot2.env']);
    expect(createBootMedium(world.blocks).read()).toMatchObject({ good: 'B', otherIsGood: true });
    await world.act(cut);
    expect(world.booted).toBe('B');
  });
});

const cut = () => Promise.reject(new PowerCut());

describe('histories', () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant('install' as const),
      behaviour: fc.constantFrom<Behaviour>('good', 'good', 'good', ...BAD),
      restart: fc.constantFrom('now' as const, 'asked' as const),
    }),
    fc.record({ do: fc.constantFrom('restart' as const, 'back' as const, 'leave' as const, 'power' as const, 'lose-state' as const) }),
  );
  it('of updates, restarts, ways back and power cuts always end in a good slot, and the state says which', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 2, maxLength: 8 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 250 }), { maxLength: 12 }),
        async (actions, cuts) => {
          const world = createWorld({ cuts: new Set(cuts) });
          await world.settle();
          let number = 1;
          for (const act of actions) {
            const version = () => world.slots[world.booted].version;
            const record = () => createBootMedium(world.blocks).read()!;
            try {
              if (act.do === 'install') await world.install({ version: `${++number}.0.0`, behaviour: act.behaviour }, act.restart);
              else
                await world.act(async ({ dispatch }) => {
                  const booted = world.booted;
                  if (act.do === 'restart') await dispatch({ type: 'restart', baseline: NOTHING_KNOWN });
                  else if (act.do === 'back')
                    await dispatch({
                      type: 'back',
                      id: 'b',
                      by: 'owner',
                      version: version(),
                      booted,
                      record: record(),
                      baseline: NOTHING_KNOWN,
                    });
                  else if (act.do === 'leave')
                    await dispatch({ type: 'leave', verdict: { code: 'UPDATE_GIVEN_UP', reason: 'owner' }, booted, atMs: 1 });
                  else {
                    if (act.do === 'lose-state') world.loseState();
                    throw new PowerCut();
                  }
                });
            } catch (error) {
              expect(['UPDATE_BUSY', 'UPDATE_NOTHING']).toContain((error as { code?: string }).code);
            }
            await world.settle();
            expect(world.slots[world.booted].behaviour).toBe('good');
            expect(record().good).toBe(world.booted);
            expect(world.state.confirmed).toBe(world.booted);
            expect(['idle', 'installed']).toContain(world.state.phase);
            if (record().otherIsGood) {
              expect(world.slots[otherSlot(world.booted)].behaviour).toBe('good');
              expect(world.state.goBack === undefined || world.state.goBack === world.slots[otherSlot(world.booted)].version).toBe(true);
            }
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});
