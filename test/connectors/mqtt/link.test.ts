// Which server and version are tried, and when, as a value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unreadVerdict } from '../../../src/connectors/mqtt/inbox.ts';
import { type Link, type LinkEffect, type LinkEvent, newLink, step } from '../../../src/connectors/mqtt/link.ts';

function run(link: Link, ...events: LinkEvent[]): { link: Link; effects: LinkEffect[] } {
  const effects: LinkEffect[] = [];
  let now = link;
  for (const e of events) {
    const [next, more] = step(now, e);
    now = next;
    effects.push(...more);
  }
  return { link: now, effects };
}
const open: LinkEvent = { type: 'open' };
const lost = (atMs = 0, hungUp = true): LinkEvent => ({ type: 'lost', atMs, hungUp });
const up = (atMs = 1): LinkEvent => ({ type: 'up', atMs });

describe('the link to an MQTT broker', () => {
  it('tries MQTT 5 twice, then 3.1.1 once, while brokers hang up without an answer; then keeps what was spoken', () => {
    let link = newLink(1, undefined);
    const versions: number[] = [];
    for (let i = 0; i < 7; i++) {
      link = run(link, open).link;
      versions.push(link.version);
      link = run(link, lost()).link;
    }
    expect(versions).toEqual([5, 5, 4, 5, 5, 4, 5]);
    link = run(link, open, lost(), open, up(), lost(), open, lost(), open).link;
    expect(link.version).toBe(4);
  });

  it('a loss with a reason counts for no version', () => {
    let link = newLink(1, undefined);
    for (let i = 0; i < 5; i++) link = run(link, open, lost(0, false)).link;
    expect(run(link, open).link.version).toBe(5);
  });

  it('takes 3.1.1 when the broker refuses MQTT 5, and keeps to a version that the user named', () => {
    const asked = run(newLink(1, undefined), open, { type: 'versionRefused' });
    expect([asked.link.version, asked.link.versionKnown, asked.effects.map((e) => e.type)]).toEqual([4, true, ['connect', 'older']]);
    expect(run(asked.link, { type: 'versionRefused' }).effects).toEqual([]);
    for (const version of [3, 4, 5] as const) {
      const named = run(newLink(1, version), open, { type: 'versionRefused' }, lost(), open, lost(), open, lost(), open);
      expect(named.link.version).toBe(version);
    }
  });

  it('makes one connection at a time, and hears nothing of one that it does not have', () => {
    const opening = run(newLink(1, undefined), open).link;
    expect(step(opening, open)).toEqual([opening, []]);
    const connected = run(opening, up()).link;
    expect(step(connected, open)).toEqual([connected, []]);
    expect(step(connected, up(9))).toEqual([connected, []]);
    const idle = run(connected, lost()).link;
    expect(step(idle, up())).toEqual([idle, []]);
    expect(step(idle, lost())).toEqual([idle, []]);
    const closed = run(connected, { type: 'close' }).link;
    for (const e of [open, up(), lost(), { type: 'versionRefused' }] as const) expect(step(closed, e)).toEqual([closed, []]);
  });

  it('goes to the next server at each loss, round and round', () => {
    let link = newLink(3, undefined);
    const addresses: number[] = [];
    for (let i = 0; i < 4; i++) {
      addresses.push(link.address);
      link = run(link, open, lost()).link;
    }
    expect(addresses).toEqual([0, 1, 2, 0]);
  });

  it('begins the pauses anew after a connection of more than ten seconds, and logs a loss and the first failure only', () => {
    const retryOf = (r: { effects: LinkEffect[] }) => r.effects.at(-1);
    const first = run(newLink(1, undefined), open, lost());
    expect(retryOf(first)).toEqual({ type: 'retry', fresh: false, news: true });
    const second = run(first.link, open, lost());
    expect(retryOf(second)).toEqual({ type: 'retry', fresh: false, news: false });
    expect(retryOf(run(second.link, open, up(100), lost(10_100)))).toEqual({ type: 'retry', fresh: false, news: true });
    expect(retryOf(run(second.link, open, up(100), lost(10_101)))).toEqual({ type: 'retry', fresh: true, news: true });
  });

  // @covers issue:14#3
  it('model: it is never at rest unless it is connected or closed, makes one connection at a time, and is silent once it is closed', () => {
    const event = fc.constantFrom<LinkEvent>(open, up(5), { type: 'versionRefused' }, lost(6), lost(7, false), { type: 'close' });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(event, { maxLength: 40 }), (addresses, events) => {
        let link = newLink(addresses, undefined);
        /** What is under way: a try, or a timer to the next one. */
        let armed = 1;
        let trying = 0;
        for (const e of events) {
          if (e.type === 'open' && armed === 0) continue; // the timer is the only one who says so
          const before = link;
          const [next, effects] = step(link, e);
          link = next;
          if (e.type === 'open') armed = 0;
          if (e.type === 'lost' && before.phase !== 'idle' && before.phase !== 'closed') trying = 0;
          for (const effect of effects) {
            expect(before.phase).not.toBe('closed');
            if (effect.type === 'connect') trying++;
            if (effect.type === 'retry') armed++;
          }
          expect(trying).toBeLessThanOrEqual(1);
          expect(armed).toBeLessThanOrEqual(1);
          if (link.phase === 'idle') expect(armed).toBe(1);
          if (link.phase === 'opening' || link.phase === 'up') expect([armed, trying]).toEqual([0, 1]);
          expect(link.address).toBeLessThan(addresses);
          expect(link.connectedAtMs > 0).toBe(link.phase === 'up' || (link.phase === 'closed' && link.connectedAtMs > 0));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('messages that nothing reads wait 30 s for a reader of an old session, stay at the broker when the session is left, else are confirmed', () => {
    const o = { persistent: true, leaving: false, resumed: true, sinceConnectMs: 30_000 };
    expect(unreadVerdict(o)).toBe('keep');
    expect(unreadVerdict({ ...o, sinceConnectMs: 30_001 })).toBe('confirm');
    expect(unreadVerdict({ ...o, resumed: false })).toBe('confirm');
    expect(unreadVerdict({ ...o, persistent: false })).toBe('confirm');
    expect(unreadVerdict({ ...o, leaving: true })).toBe('leave');
    expect(unreadVerdict({ ...o, leaving: true, persistent: false })).toBe('confirm');
  });
});
