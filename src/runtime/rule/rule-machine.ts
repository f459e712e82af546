// The life of a rule as a value: (what it is, what happened) → what it is now, and what is to be done. state-table.ts says where each command leads
// from each state; here is what waits, what is under way and what the rule may still do. Pure: rule.ts interprets the effects.
import type { RuleState } from '../api.ts';
import { type RuleAction, stateTable } from './state-table.ts';

/** How a run is closed. */
/** `park`: a message of it ended the gateway; it does not recover by itself. */
export type Ending = 'user' | 'keep' | 'error' | 'park' | 'finish' | 'shutdown' | 'delete';

export interface Command {
  readonly action: RuleAction;
  /** Message of the stop. */
  readonly message: string;
  readonly ending: Ending;
}

/** `live`: it follows its schedule and its restart strategy; `closed`: the gateway ends; `deleted`: no start any more. */
export type Life = 'live' | 'closed' | 'deleted';

export interface RuleMachine<C extends Command> {
  readonly state: RuleState;
  /** Of the last stop. */
  readonly message: string;
  readonly life: Life;
  /** Updates and restarts under way, one within the other: what arrives between the runs is kept. */
  readonly switching: number;
  /** Waits for the end of a transition. */
  readonly pending: C | undefined;
  /** The command that closes the run, and where that leads. */
  readonly halting: { readonly command: C; readonly to: RuleState } | undefined;
  /** Restarts in a row by the restart strategy. */
  readonly recoveries: number;
}

export type RuleEvent<C extends Command> =
  | { type: 'command'; command: C; scheduled: boolean }
  /** The run is open, and its sources are connected or not expected any more. */
  | { type: 'opened'; scheduled: boolean }
  /** The run could not be opened; what it had opened is being closed … */
  | { type: 'refusing' }
  /** … and is closed. */
  | { type: 'refused'; message: string; scheduled: boolean }
  | { type: 'halted'; scheduled: boolean }
  | { type: 'switchBegins' }
  | { type: 'switchEnds' }
  | { type: 'closing' }
  | { type: 'deleting' }
  /** A recovery is planned: it counts. @param afterLong the run before lasted: the pauses begin small again */
  | { type: 'recovering'; afterLong: boolean }
  /** A new definition: what failed before counts for nothing. */
  | { type: 'replaced' };

export type RuleEffect<C extends Command> =
  | { do: 'open'; command: C }
  | { do: 'halt'; command: C }
  /** The command is done, or another one took its place. */
  | { do: 'answer'; command: C }
  | { do: 'clearRecovery' }
  | { do: 'planRecovery' }
  /** A stop by the user ends a run that there is not: its state on disk is forgotten as if there were. */
  | { do: 'forget'; ending: Ending }
  /** Nobody waits for what is kept between two runs. */
  | { do: 'endHandover' }
  /** The last switch ended without a run: its state goes to disk. */
  | { do: 'storeKept' }
  /** A bounded source came to its end: the rule is not triggered any more. */
  | { do: 'untrigger' };

export interface Step<C extends Command> {
  machine: RuleMachine<C>;
  effects: readonly RuleEffect<C>[];
}

export const newMachine = <C extends Command>(): RuleMachine<C> => ({
  state: 'stopped',
  message: '',
  life: 'live',
  switching: 0,
  pending: undefined,
  halting: undefined,
  recoveries: 0,
});

export function step<C extends Command>(m: RuleMachine<C>, e: RuleEvent<C>): Step<C> {
  switch (e.type) {
    case 'command':
      return carryOut(m, e.command, e.scheduled);
    case 'opened':
      return next(m.state === 'starting' ? { ...m, state: 'running', message: '' } : m, [], e.scheduled);
    case 'refusing':
      return { machine: { ...m, state: 'stopping' }, effects: [] };
    case 'refused':
      return next({ ...m, state: 'stoppedByError', message: e.message }, recovery(m), e.scheduled);
    case 'halted': {
      if (!m.halting) return { machine: m, effects: [] };
      const { command, to } = m.halting;
      const effects: RuleEffect<C>[] = to === 'stoppedByError' && command.ending !== 'park' ? recovery(m) : [];
      if (command.ending === 'finish') effects.push({ do: 'untrigger' });
      effects.push({ do: 'answer', command });
      return next({ ...m, state: to, message: command.message, halting: undefined }, effects, e.scheduled);
    }
    case 'switchBegins':
      return { machine: { ...m, switching: m.switching + 1 }, effects: [] };
    case 'switchEnds': {
      const machine = { ...m, switching: m.switching - 1 };
      if (machine.switching > 0) return { machine, effects: [] };
      return { machine, effects: m.state === 'starting' ? [{ do: 'endHandover' }] : [{ do: 'endHandover' }, { do: 'storeKept' }] };
    }
    case 'closing':
      return { machine: { ...m, life: m.life === 'deleted' ? 'deleted' : 'closed' }, effects: [{ do: 'clearRecovery' }] };
    case 'deleting':
      return { machine: { ...m, life: 'deleted' }, effects: [] };
    case 'recovering':
      return { machine: { ...m, recoveries: (e.afterLong ? 0 : m.recoveries) + 1 }, effects: [] };
    case 'replaced':
      return { machine: { ...m, recoveries: 0 }, effects: [] };
  }
}

const recovery = <C extends Command>(m: RuleMachine<C>): RuleEffect<C>[] => (m.life === 'live' ? [{ do: 'planRecovery' }] : []);

/** A transition is over: the command that waited comes now. */
function next<C extends Command>(m: RuleMachine<C>, effects: readonly RuleEffect<C>[], scheduled: boolean): Step<C> {
  const { pending } = m;
  if (!pending) return { machine: m, effects };
  const after = carryOut({ ...m, pending: undefined }, pending, scheduled);
  return { machine: after.machine, effects: [...effects, ...after.effects] };
}

function carryOut<C extends Command>(m: RuleMachine<C>, command: C, scheduled: boolean): Step<C> {
  const move = stateTable[m.state][command.action];
  const answer: RuleEffect<C> = { do: 'answer', command };
  switch (move.effect) {
    case 'ignore':
      return { machine: m, effects: [answer] };
    case 'queue':
      // one place: a later command replaces an earlier one, whose caller is answered
      return { machine: { ...m, pending: command }, effects: m.pending ? [{ do: 'answer', command: m.pending }] : [] };
    case 'settle': {
      const effects: RuleEffect<C>[] = [{ do: 'clearRecovery' }];
      if (m.switching === 0) effects.push({ do: 'endHandover' });
      if (command.action === 'stop') effects.push({ do: 'forget', ending: command.ending });
      return { machine: { ...m, state: move.to, message: command.message }, effects: [...effects, answer] };
    }
    case 'wait':
      return { machine: { ...m, state: 'waiting', message: command.message }, effects: [answer] };
    case 'run':
      if (command.action === 'start' && scheduled) return { machine: { ...m, state: 'waiting', message: '' }, effects: [answer] };
      return {
        machine: { ...m, state: 'starting', message: '' },
        effects: [{ do: 'clearRecovery' }, { do: 'open', command }],
      };
    case 'halt':
      return {
        machine: { ...m, state: 'stopping', halting: { command, to: move.to } },
        effects: [{ do: 'clearRecovery' }, { do: 'halt', command }],
      };
  }
}

/** Pause before the next run by the restart strategy, ms: they grow and are spread. @param recoveries restarts in a row before  @param random 0 ≤ x < 1 */
export function recoveryPauseMs(
  r: { delayMs: number; maxDelayMs: number; multiplier: number; jitterFactor: number },
  recoveries: number,
  random: number,
): number {
  return Math.min(r.maxDelayMs, r.delayMs * r.multiplier ** recoveries) * (1 + r.jitterFactor * (2 * random - 1));
}
