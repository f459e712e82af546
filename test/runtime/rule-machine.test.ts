// The life of a rule as a value: every sequence of commands and ends of transitions, against what must always hold.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  type Ending,
  newMachine,
  type RuleEffect,
  type RuleEvent,
  type RuleMachine,
  recoveryPauseMs,
  step,
} from '../../src/runtime/rule/rule-machine.ts';
import type { RuleAction } from '../../src/runtime/rule/state-table.ts';

interface Numbered extends Command {
  n: number;
}

/** Plays a rule: the transitions end when the test says so. */
function player() {
  let machine: RuleMachine<Numbered> = newMachine();
  const answered: number[] = [];
  const log: string[] = [];
  let issued = 0;
  /** Runs that are being opened, or open. */
  let opening: Numbered | undefined;
  let halting: Numbered | undefined;
  const take = (effects: readonly RuleEffect<Numbered>[]) => {
    for (const e of effects) {
      log.push(e.do === 'forget' ? `forget ${e.ending}` : 'command' in e ? `${e.do} ${e.command.n}` : e.do);
      if (e.do === 'answer') answered.push(e.command.n);
      if (e.do === 'open') {
        expect([opening, halting]).toEqual([undefined, undefined]);
        opening = e.command;
      }
      if (e.do === 'halt') {
        expect(halting).toBeUndefined();
        halting = e.command;
      }
    }
  };
  const happen = (e: RuleEvent<Numbered>) => {
    const s = step(machine, e);
    machine = s.machine;
    take(s.effects);
  };
  return {
    answered,
    log,
    get machine() {
      return machine;
    },
    get issued() {
      return issued;
    },
    get opening() {
      return opening;
    },
    get halting() {
      return halting;
    },
    happen,
    command(action: RuleAction, ending: Ending = 'user', message = `${action}ed`, scheduled = false) {
      happen({ type: 'command', command: { n: ++issued, action, ending, message }, scheduled });
      return issued;
    },
    /** The run is open; its command is answered by the one who opened it. */
    opened(scheduled = false) {
      const c = opening!;
      opening = undefined;
      answered.push(c.n);
      happen({ type: 'opened', scheduled });
    },
    refused(scheduled = false) {
      const c = opening!;
      happen({ type: 'refusing' });
      opening = undefined;
      answered.push(c.n);
      happen({ type: 'refused', message: 'it could not start', scheduled });
    },
    halted(scheduled = false) {
      halting = undefined;
      happen({ type: 'halted', scheduled });
    },
  };
}

describe('the life of a rule', () => {
  it('starts, runs and stops', () => {
    const p = player();
    p.command('start');
    expect(p.machine.state).toBe('starting');
    p.opened();
    expect([p.machine.state, p.machine.message]).toEqual(['running', '']);
    p.command('stop', 'user', 'canceled manually');
    expect([p.machine.state, p.answered]).toEqual(['stopping', [1]]);
    p.halted();
    expect([p.machine.state, p.machine.message, p.answered]).toEqual(['stopped', 'canceled manually', [1, 2]]);
    expect(p.log).toEqual(['clearRecovery', 'open 1', 'clearRecovery', 'halt 2', 'answer 2']);
  });

  // @covers finding:house#U3
  it('answers a command whose place another one takes, and carries the last one out', () => {
    const p = player();
    p.command('start');
    p.command('stop');
    expect(p.answered).toEqual([]);
    p.command('start');
    expect(p.answered).toEqual([2]);
    p.command('stop');
    expect(p.answered).toEqual([2, 3]);
    p.opened();
    expect([p.machine.state, p.halting?.n, p.machine.pending]).toEqual(['stopping', 4, undefined]);
    p.halted();
    expect([p.machine.state, p.answered]).toEqual(['stopped', [2, 3, 1, 4]]);
  });

  // @covers finding:house#U1
  it('is within a switch until the last of several switches has ended', () => {
    const p = player();
    p.happen({ type: 'switchBegins' });
    p.happen({ type: 'switchBegins' });
    p.happen({ type: 'switchEnds' });
    expect([p.machine.switching, p.log]).toEqual([1, []]);
    p.happen({ type: 'switchEnds' });
    expect([p.machine.switching, p.log]).toEqual([0, ['endHandover', 'storeKept']]);
  });

  it('leaves the kept state to a run that is being opened when a switch ends', () => {
    const p = player();
    p.happen({ type: 'switchBegins' });
    p.command('start');
    p.happen({ type: 'switchEnds' });
    expect(p.log).toEqual(['clearRecovery', 'open 1', 'endHandover']);
  });

  it('keeps what arrives for a stop by hand only within a switch', () => {
    for (const [switching, effects] of [
      [false, ['clearRecovery', 'endHandover', 'forget user', 'answer 2']],
      [true, ['clearRecovery', 'forget user', 'answer 2']],
    ] as const) {
      const p = player();
      p.command('start');
      p.refused();
      if (switching) p.happen({ type: 'switchBegins' });
      p.log.length = 0;
      p.command('stop');
      expect([p.machine.state, p.log]).toEqual(['stopped', effects]);
    }
  });

  it('plans a recovery after an error, and none when the gateway ends, the rule is deleted or parked', () => {
    const failing = (before: (p: ReturnType<typeof player>) => void, ending: Ending = 'error') => {
      const p = player();
      p.command('start');
      p.opened();
      before(p);
      p.command('fail', ending, 'it broke');
      p.halted();
      expect([p.machine.state, p.machine.message]).toEqual(['stoppedByError', 'it broke']);
      return p.log.includes('planRecovery');
    };
    expect(failing(() => undefined)).toBe(true);
    expect(failing((p) => p.happen({ type: 'closing' }))).toBe(false);
    expect(failing((p) => p.happen({ type: 'deleting' }))).toBe(false);
    expect(failing(() => undefined, 'park')).toBe(false);
    const p = player();
    p.command('start');
    p.refused();
    expect([p.machine.state, p.machine.message, p.log.at(-1)]).toEqual(['stoppedByError', 'it could not start', 'planRecovery']);
  });

  it('stays deleted when the gateway ends', () => {
    const p = player();
    p.happen({ type: 'deleting' });
    p.happen({ type: 'closing' });
    expect([p.machine.life, p.log]).toEqual(['deleted', ['clearRecovery']]);
  });

  it('says that a bounded source is at its end, before the command is answered', () => {
    const p = player();
    p.command('start');
    p.opened();
    p.command('finish', 'finish', 'done');
    p.halted();
    expect([p.machine.state, p.log.slice(-2)]).toEqual(['stopped', ['untrigger', 'answer 2']]);
  });

  it('with a schedule waits instead of starting, also when the start had to wait', () => {
    const p = player();
    p.command('start', 'user', '', true);
    expect([p.machine.state, p.answered]).toEqual(['waiting', [1]]);
    p.command('scheduleStart');
    p.opened(true);
    p.command('scheduleStop', 'user', 'schedule terminated');
    p.command('start', 'user', '', true);
    p.halted(true);
    expect([p.machine.state, p.machine.message]).toEqual(['waiting', 'schedule terminated']);
  });

  it('counts restarts in a row, from the beginning after a run that lasted or a new definition', () => {
    const p = player();
    for (const afterLong of [false, false, true]) p.happen({ type: 'recovering', afterLong });
    expect(p.machine.recoveries).toBe(1);
    p.happen({ type: 'recovering', afterLong: false });
    p.happen({ type: 'replaced' });
    expect(p.machine.recoveries).toBe(0);
  });

  it('waits longer before each restart, up to a bound, spread by the jitter', () => {
    const r = { delayMs: 1000, maxDelayMs: 5000, multiplier: 2, jitterFactor: 0.1 };
    expect([0, 1, 2, 3, 9].map((n) => recoveryPauseMs(r, n, 0.5))).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect([recoveryPauseMs(r, 0, 0), recoveryPauseMs(r, 3, 1)]).toEqual([900, 5500]);
  });
});

// @covers issue:14#3
it('every command to a rule is answered once, transitions never overlap, and nothing waits when all is quiet', () => {
  const actions: RuleAction[] = ['start', 'stop', 'scheduleStart', 'scheduleStop', 'recover', 'fail', 'finish'];
  const move = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...actions).map((a) => ({ kind: 'command' as const, a })) },
    { weight: 4, arbitrary: fc.constantFrom('opened' as const, 'refused' as const, 'halted' as const).map((kind) => ({ kind })) },
    { weight: 1, arbitrary: fc.constantFrom('switchBegins' as const, 'switchEnds' as const).map((kind) => ({ kind })) },
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), fc.boolean(), (moves, scheduled) => {
      const p = player();
      const one = (m: (typeof moves)[number]) => {
        if (m.kind === 'command') p.command(m.a, m.a === 'fail' ? 'error' : m.a === 'finish' ? 'finish' : 'user', m.a, scheduled);
        // a run that fails while it opens is opened to its end before it is closed
        else if (m.kind === 'halted') p.halting && !p.opening && p.halted(scheduled);
        else if (m.kind === 'opened') p.opening && p.opened(scheduled);
        else if (m.kind === 'refused') p.opening && !p.halting && p.refused(scheduled);
        else if (m.kind === 'switchBegins' || p.machine.switching > 0) p.happen({ type: m.kind });
        expect(p.machine.switching).toBeGreaterThanOrEqual(0);
        expect(['starting', 'stopping'].includes(p.machine.state)).toBe(p.opening !== undefined || p.halting !== undefined);
        expect(p.machine.pending === undefined || ['starting', 'stopping'].includes(p.machine.state)).toBe(true);
        expect(new Set(p.answered).size).toBe(p.answered.length);
      };
      for (const m of moves) one(m);
      for (let i = 0; i < 6; i++) {
        if (p.opening) p.opened(scheduled);
        if (p.halting) p.halted(scheduled);
      }
      expect([p.opening, p.halting, p.machine.pending]).toEqual([undefined, undefined, undefined]);
      expect([...p.answered].sort((a, b) => a - b)).toEqual(Array.from({ length: p.issued }, (_, i) => i + 1));
    }),
    { numRuns: 500, seed: 14 },
  );
});
