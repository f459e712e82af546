// Rows of a portable source while the gateway is behind: kept in order, slowed down by short pauses, discarded and counted beyond the limit.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createIntake } from '../../src/extensions/portable/intake.ts';
import { createRenewal } from '../../src/extensions/portable/renewal.ts';

const message = (text: string) => Buffer.from(text.padEnd(100, '.'));
/** A message of `message` counts 300 bytes. */
const setUp = (maxBytes: number) => {
  const clock = createVirtualClock();
  const taken: string[] = [];
  const waits: (() => void)[] = [];
  let discarded = 0;
  let behind = true;
  const intake = createIntake({
    clock,
    maxBytes,
    take(m) {
      taken.push(m.toString().replaceAll('.', ''));
      return behind ? new Promise<void>((resolve) => waits.push(resolve)) : undefined;
    },
    discarded: () => discarded++,
  });
  return {
    clock,
    intake,
    taken,
    waits,
    discarded: () => discarded,
    catchUp: () => {
      behind = false;
      for (const go of waits.splice(0)) go();
    },
  };
};

describe('the intake of a source that cannot wait', () => {
  // @covers issue:21#6
  it('keeps what comes while the gateway is behind and hands it over in order', async () => {
    const s = setUp(3000);
    for (const n of [1, 2, 3]) expect(s.intake.push(message(`${n}`))).toBeUndefined();
    expect(s.taken).toEqual(['1']);
    s.waits.shift()!();
    await s.clock.advance(0);
    expect(s.taken).toEqual(['1', '2']);
    s.catchUp();
    await s.clock.advance(0);
    expect(s.taken).toEqual(['1', '2', '3']);
    expect(s.intake.push(message('4'))).toBeUndefined();
    expect([s.taken, s.discarded()]).toEqual([['1', '2', '3', '4'], 0]);
  });

  it('slows the plugin down from half of its room on, each time by 100 ms and no longer', async () => {
    const s = setUp(3000);
    s.intake.push(message('now'));
    for (let n = 0; n < 5; n++) expect(s.intake.push(message(`${n}`))).toBeUndefined();
    const wait = s.intake.push(message('6th'));
    let over = false;
    void (wait as Promise<void>).then(() => (over = true));
    expect(s.intake.push(message('7th'))).toBe(wait);
    await s.clock.advance(99);
    expect(over).toBe(false);
    await s.clock.advance(1);
    expect(over).toBe(true);
    expect(s.taken).toEqual(['now']);
  });

  it('discards what finds no room, counts each, and takes again when there is room', async () => {
    const s = setUp(3000);
    for (let n = 0; n <= 10; n++) void s.intake.push(message(`${n}`));
    expect(s.discarded()).toBe(0);
    void s.intake.push(message('too much'));
    void s.intake.push(message('too much'));
    expect(s.discarded()).toBe(2);
    s.catchUp();
    await s.clock.advance(0);
    expect(s.taken).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    void s.intake.push(message('11'));
    expect([s.taken.at(-1), s.discarded()]).toEqual(['11', 2]);
  });

  it('hands nothing over after its end', async () => {
    const s = setUp(3000);
    for (const n of [1, 2]) void s.intake.push(message(`${n}`));
    s.intake.close();
    s.catchUp();
    await s.clock.advance(0);
    void s.intake.push(message('3'));
    expect(s.taken).toEqual(['1']);
  });
});

describe('starting a part of a plugin again', () => {
  it('waits for growing pauses, forgets who has gone, and is quick again for one that ran for a minute', async () => {
    const clock = createVirtualClock();
    const renewed: string[] = [];
    const renewal = createRenewal<string>(
      clock,
      (owner) => renewed.push(`${owner}@${clock.monotonic() - start}`),
      () => 0,
    );
    const start = clock.monotonic();
    renewal.plan('a');
    renewal.plan('a');
    renewal.plan('gone');
    renewal.forget('gone');
    await clock.advance(500);
    expect(renewed.splice(0)).toEqual(['a@500']);
    renewal.plan('a');
    await clock.advance(999);
    expect(renewed).toEqual([]);
    await clock.advance(1);
    expect(renewed.splice(0)).toEqual(['a@1500']);
    await clock.advance(60_001);
    renewal.plan('a');
    await clock.advance(500);
    expect(renewed.splice(0)).toEqual(['a@62001']);
    renewal.plan('a');
    renewal.close();
    await clock.advance(100_000);
    expect(renewed).toEqual([]);
  });
});
