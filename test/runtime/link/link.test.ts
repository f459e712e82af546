// The keeper of a connection: its table, losses, limits of foreign code, backoff; and a model test of its promise.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { CLOSE_LIMIT_MS, Link, type LinkOwner, OPEN_LIMIT_MS, STABLE_MS } from '../../../src/runtime/link/link.ts';
import { type LinkEvent, type LinkPhase, linkTable } from '../../../src/runtime/link/link-machine.ts';

type Answer = 'at once' | 'later' | 'never' | 'throws' | 'rejects';

class Peer implements LinkOwner {
  calls: string[] = [];
  opening: Answer = 'at once';
  closing: Answer = 'at once';
  fails: ((error: Error) => void)[] = [];
  pending: { resolve: () => void; reject: (e: Error) => void }[] = [];
  closes: { resolve: () => void; reject: (e: Error) => void }[] = [];
  pauses: number[] = [];
  errors: string[] = [];
  openPeer(fail: (error: Error) => void): void | Promise<void> {
    this.calls.push('open');
    this.fails.push(fail);
    return this.answer(this.opening, this.pending);
  }
  closePeer(reason: string): void | Promise<void> {
    this.calls.push(`close ${reason}`);
    return this.answer(this.closing, this.closes);
  }
  private answer(how: Answer, list: { resolve: () => void; reject: (e: Error) => void }[]): void | Promise<void> {
    if (how === 'throws') throw new Error('refused');
    if (how === 'rejects') return Promise.reject(new Error('rejected'));
    if (how === 'at once') return;
    return new Promise((resolve, reject) => void list.push({ resolve, reject }));
  }
  linkUp(): void {
    this.calls.push('up');
  }
  linkDown(error: unknown, pauseMs: number): void {
    this.calls.push(`down ${(error as Error).message}`);
    this.pauses.push(pauseMs);
  }
  closeFailed(error: unknown): void {
    this.errors.push((error as Error).message);
  }
  isEnd(error: unknown): boolean {
    return (error as Error).message === 'the end';
  }
}

let clock: VirtualClock;
let peer: Peer;
let link: Link;
beforeEach(() => {
  clock = createVirtualClock();
  peer = new Peer();
  link = new Link(peer, { clock, random: () => 1 });
});

describe('the link table', () => {
  it('names for each phase exactly the events that it takes', () => {
    const taken = Object.fromEntries(
      Object.entries(linkTable).map(([phase, row]) => [
        phase,
        Object.entries(row).map(([event, move]) => `${event} → ${move.to}: ${move.effects.join(' ')}`),
      ]),
    );
    expect(taken).toEqual({
      closed: ['start → opening: open', 'end → ended: bye'],
      opening: ['opened → open: up', 'failed → closing: down close', 'finished → finished: ', 'end → ended: bye'],
      open: ['failed → closing: down close', 'finished → finished: ', 'end → ended: bye'],
      closing: ['shut → waiting: pause', 'end → ended: '],
      waiting: ['due → opening: open', 'end → ended: disarm'],
      finished: ['end → ended: bye'],
      ended: [],
    });
  });

  it('leads from every phase but the last ones back to open', () => {
    const next: Partial<Record<LinkPhase, LinkEvent>> = {
      closed: 'start',
      opening: 'opened',
      closing: 'shut',
      waiting: 'due',
    };
    for (const from of ['closed', 'opening', 'closing', 'waiting'] as LinkPhase[]) {
      let phase = from;
      for (let i = 0; i < 5 && phase !== 'open'; i++) phase = linkTable[phase][next[phase]!]!.to;
      expect(phase).toBe('open');
    }
  });
});

describe('a link', () => {
  it('is open in the same call when its peer opens synchronously, and shows it as connected', () => {
    link.start();
    link.start();
    expect(peer.calls).toEqual(['open', 'up']);
    expect(link.isOpen).toBe(true);
    expect(link.connection).toMatchObject({ state: 'connected', lastConnectedAtMs: clock.now() });
    expect(clock.pending).toBe(0);
  });

  it('does not report connected by itself when the peer said that it is still connecting', () => {
    peer.openPeer = () => link.onStatus('connecting', '');
    link.start();
    expect(link.isOpen).toBe(true);
    expect(link.connection.state).toBe('connecting');
  });

  it('after a loss closes the peer, waits, and opens it again with pauses that double up to ten seconds', async () => {
    peer.opening = 'throws';
    link.start();
    expect(peer.calls).toEqual(['open', 'down refused', 'close reopen']);
    expect(link.connection).toMatchObject({ state: 'disconnected', lastDisconnectedMessage: 'refused' });
    await clock.advance(99);
    expect(peer.calls).toHaveLength(3);
    await clock.advance(1);
    expect(peer.calls).toHaveLength(6);
    await clock.advance(60_000);
    expect(peer.pauses.slice(0, 9)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    peer.opening = 'at once';
    await clock.advance(10_000);
    expect(link.isOpen).toBe(true);
  });

  it('begins with a short pause again only after a connection that lasted, or that its owner called proven', async () => {
    peer.opening = 'throws';
    link.start();
    await clock.advance(1000);
    peer.opening = 'at once';
    await clock.advance(2000);
    const before = peer.pauses.length;
    await clock.advance(STABLE_MS - 3000);
    peer.fails.at(-1)!(new Error('short'));
    expect(peer.pauses[before]).toBe(1600);
    await clock.advance(1600);
    expect(link.isOpen).toBe(true);
    await clock.advance(STABLE_MS);
    peer.fails.at(-1)!(new Error('long'));
    expect(peer.pauses[before + 1]).toBe(100);
    await clock.advance(100);
    peer.fails.at(-1)!(new Error('flaps'));
    expect(peer.pauses[before + 2]).toBe(200);
    await clock.advance(200);
    link.proven();
    peer.fails.at(-1)!(new Error('flaps'));
    expect(peer.pauses[before + 3]).toBe(100);
  });

  it('ignores what a former connection says, and a second report of one loss', async () => {
    link.start();
    peer.fails[0]!(new Error('lost'));
    peer.fails[0]!(new Error('lost twice'));
    await clock.advance(100);
    expect(peer.calls).toEqual(['open', 'up', 'down lost', 'close reopen', 'open', 'up']);
    peer.fails[0]!(new Error('old'));
    expect(link.isOpen).toBe(true);
    expect(peer.calls).toHaveLength(6);
    peer.fails[1]!(new Error('new'));
    expect(link.isOpen).toBe(false);
    expect(link.losses.reconnects).toBe(2);
  });

  it('ignores an opening that succeeds after it was given up', async () => {
    peer.opening = 'later';
    link.start();
    peer.fails[0]!(new Error('lost while opening'));
    peer.pending[0]!.resolve();
    await clock.advance(50);
    expect(peer.calls).toEqual(['open', 'down lost while opening', 'close reopen']);
    await clock.advance(50);
    expect(peer.pending).toHaveLength(2);
    expect(link.state).toBe('opening');
    peer.pending[1]!.resolve();
    await clock.advance(0);
    expect(link.isOpen).toBe(true);
    await clock.advance(2 * OPEN_LIMIT_MS);
    expect(link.isOpen).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('ignores an opening that was given up and succeeds while the next one is under way', async () => {
    peer.opening = 'later';
    link.start();
    peer.fails[0]!(new Error('lost while opening'));
    await clock.advance(100);
    peer.pending[0]!.resolve();
    await clock.advance(0);
    expect(link.state).toBe('opening');
  });

  it('gives up an opening that never ends, after thirty seconds', async () => {
    peer.opening = 'never';
    link.start();
    await clock.advance(OPEN_LIMIT_MS - 1);
    expect(peer.calls).toEqual(['open']);
    await clock.advance(1);
    expect(peer.calls).toEqual(['open', 'down opening did not end within 30 s', 'close reopen']);
    peer.opening = 'at once';
    await clock.advance(100);
    expect(link.isOpen).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('does not limit an opening whose peer gives data meanwhile, or that has no limit', async () => {
    peer.opening = 'never';
    link.start();
    link.heard();
    const free = new Link(peer, { clock, random: () => 1, openLimitMs: 0 });
    free.start();
    await clock.advance(10 * OPEN_LIMIT_MS);
    expect(peer.calls).toEqual(['open', 'open']);
    expect([link.state, free.state]).toEqual(['opening', 'opening']);
  });

  it('leaves a closing behind that never ends, after five seconds, and goes on', async () => {
    link.start();
    peer.closing = 'never';
    peer.fails[0]!(new Error('lost'));
    await clock.advance(CLOSE_LIMIT_MS - 1);
    expect(link.state).toBe('closing');
    expect(peer.errors).toEqual([]);
    await clock.advance(1);
    expect(peer.errors).toEqual(['closing did not end within 5 s; no longer waiting for it']);
    await clock.advance(100);
    expect(link.isOpen).toBe(true);
  });

  it.each(['throws', 'rejects'] as const)('reports a closing that %s and goes on', async (how) => {
    link.start();
    peer.closing = how;
    peer.fails[0]!(new Error('lost'));
    await clock.advance(100);
    expect(peer.errors).toEqual([how === 'throws' ? 'refused' : 'rejected']);
    expect(link.isOpen).toBe(true);
  });

  it('comes to its end by an error that is an end, without opening again, and is closed once by its owner', async () => {
    link.start();
    peer.fails[0]!(new Error('the end'));
    await clock.advance(60_000);
    expect(link.state).toBe('finished');
    expect(peer.calls).toEqual(['open', 'up']);
    await link.end('stopped');
    expect(peer.calls).toEqual(['open', 'up', 'close stopped']);
  });

  it('ends once, closes the open peer with the reason, and hears nothing afterwards', async () => {
    link.start();
    await link.end('shutdown');
    await link.end('stopped');
    peer.fails[0]!(new Error('late'));
    link.onStatus('connected', '');
    await clock.advance(60_000);
    expect(peer.calls).toEqual(['open', 'up', 'close shutdown']);
    expect(clock.pending).toBe(0);
  });

  it('ends while it waits or closes without closing the peer twice, and leaves no timer', async () => {
    link.start();
    peer.closing = 'later';
    peer.fails[0]!(new Error('lost'));
    let ended = false;
    const ending = link.end('stopped').then(() => {
      ended = true;
    });
    await clock.advance(0);
    expect(ended).toBe(false);
    peer.closes[0]!.resolve();
    await ending;
    expect(clock.pending).toBe(0);
    expect(peer.calls).toEqual(['open', 'up', 'down lost', 'close reopen']);
    await clock.advance(60_000);
    expect(link.state).toBe('ended');
    expect(clock.pending).toBe(0);

    const other = new Link(peer, { clock, random: () => 1 });
    peer.closing = 'at once';
    other.start();
    peer.fails.at(-1)!(new Error('lost'));
    await clock.advance(10);
    expect(other.state).toBe('waiting');
    await other.end('stopped');
    expect(clock.pending).toBe(0);
  });

  it('ends within its limit when the peer never closes', async () => {
    link.start();
    peer.closing = 'never';
    let ended = false;
    void link.end('stopped', 700).then(() => {
      ended = true;
    });
    await clock.advance(699);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(ended).toBe(true);
    expect(peer.errors).toEqual(['closing did not end within 0.7 s; no longer waiting for it']);
  });

  it('does not show as connected what it has given up', () => {
    link.start();
    peer.closing = 'never';
    peer.fails[0]!(new Error('lost'));
    link.onStatus('connected', '');
    expect(link.connection.state).toBe('disconnected');
  });

  it('counts tries and losses of a component that connects by itself', async () => {
    link.start();
    await clock.advance(10);
    link.onStatus('disconnected', 'cable');
    await clock.advance(10);
    link.onStatus('connecting', '');
    const triedAtMs = clock.now();
    await clock.advance(10);
    link.onStatus('connecting', '');
    expect(link.connection).toMatchObject({ state: 'connecting', lastTryAtMs: triedAtMs, lastDisconnectedMessage: 'cable' });
    link.onStatus('connected', '');
    const connectedAtMs = clock.now();
    await clock.advance(10);
    link.onStatus('connected', '');
    expect(link.connection).toMatchObject({ state: 'connected', lastConnectedAtMs: connectedAtMs });
    expect(link.losses.reconnects).toBe(1);
    expect(link.losses.recent(clock.monotonic())).toBe(1);
    expect(peer.calls).toEqual(['open', 'up']);
  });

  // @covers issue:14#3
  it('always comes back: whatever its peer does, something that will open it is under way or armed', async () => {
    const answers = fc.constantFrom<Answer>('at once', 'later', 'never', 'throws', 'rejects');
    const command = fc.oneof(
      fc.record({ t: fc.constant('opening' as const), to: answers }),
      fc.record({ t: fc.constant('closing' as const), to: answers }),
      fc.record({ t: fc.constant('fail' as const), which: fc.nat(3) }),
      fc.record({ t: fc.constant('answer' as const), which: fc.nat(3), ok: fc.boolean() }),
      fc.record({ t: fc.constant('closed' as const), which: fc.nat(3) }),
      fc.record({ t: fc.constant('tick' as const), ms: fc.constantFrom(1, 100, 3000, 31_000) }),
      fc.record({
        t: fc.constant('status' as const),
        state: fc.constantFrom('connected' as const, 'disconnected' as const, 'connecting' as const),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        const c = createVirtualClock();
        const p = new Peer();
        const l = new Link(p, { clock: c, random: () => 0.5 });
        l.start();
        for (const cmd of commands) {
          if (cmd.t === 'opening') p.opening = cmd.to;
          else if (cmd.t === 'closing') p.closing = cmd.to;
          else if (cmd.t === 'fail') p.fails.at(-1 - cmd.which)?.(new Error('lost'));
          else if (cmd.t === 'answer') p.pending.at(-1 - cmd.which)?.[cmd.ok ? 'resolve' : 'reject'](new Error('no'));
          else if (cmd.t === 'closed') p.closes.at(-1 - cmd.which)?.resolve();
          else if (cmd.t === 'status') l.onStatus(cmd.state, 'said');
          else await c.advance(cmd.ms);
          await c.advance(0);
          if (!l.isOpen) expect(c.pending).toBeGreaterThan(0);
          // up and down alternate
          const moves = p.calls.filter((x) => x === 'up' || x.startsWith('down')).map((x) => x.slice(0, 2));
          for (let i = 1; i < moves.length; i++) if (moves[i] === 'up') expect(moves[i - 1]).toBe('do');
          // never two connections at once
          const opens = p.calls.filter((x) => x === 'open').length;
          const closes = p.calls.filter((x) => x.startsWith('close')).length;
          expect(opens - closes).toBeGreaterThanOrEqual(0);
          expect(opens - closes).toBeLessThanOrEqual(1);
        }
        p.opening = 'at once';
        p.closing = 'at once';
        await c.advance(OPEN_LIMIT_MS + CLOSE_LIMIT_MS + 11_000);
        expect(l.isOpen).toBe(true);
        await l.end('stopped');
        expect(c.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
