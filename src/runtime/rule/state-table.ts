// The life of a rule as a table: state × action → what to do and where that leads (rules.md 1.3). Commands that come while a transition
// is under way wait; only the last one is kept. Used by rule-machine.ts.
import type { RuleState } from '../api.ts';

export type RuleAction =
  /** User, or start of the gateway. */
  | 'start'
  | 'stop'
  /** Patrol: a schedule rule's time has come / is over. */
  | 'scheduleStart'
  | 'scheduleStop'
  /** Restart strategy. */
  | 'recover'
  /** The run failed, or a bounded source is at its end. */
  | 'fail'
  | 'finish';

export type Effect = 'run' | 'wait' | 'halt' | 'settle' | 'queue' | 'ignore';

/** `run`: open a run; `wait`: become a waiting schedule rule; `halt`: close the run; `settle`: only the state changes; `queue`: keep as the
 *  pending command; `ignore`: nothing (still a success for the user). */
export interface Move {
  effect: Effect;
  /** State reached when the effect is done. */
  to: RuleState;
}

const stay = (to: RuleState): Move => ({ effect: 'ignore', to });
const queue = (to: RuleState): Move => ({ effect: 'queue', to });
const halt = (to: RuleState): Move => ({ effect: 'halt', to });
const run: Move = { effect: 'run', to: 'running' };

export const stateTable: Readonly<Record<RuleState, Readonly<Record<RuleAction, Move>>>> = {
  stopped: {
    start: run,
    stop: stay('stopped'),
    scheduleStart: stay('stopped'),
    scheduleStop: stay('stopped'),
    recover: stay('stopped'),
    fail: stay('stopped'),
    finish: stay('stopped'),
  },
  starting: {
    start: queue('starting'),
    stop: queue('starting'),
    scheduleStart: stay('starting'),
    scheduleStop: queue('starting'),
    recover: stay('starting'),
    fail: halt('stoppedByError'),
    finish: halt('stopped'),
  },
  running: {
    start: stay('running'),
    stop: halt('stopped'),
    scheduleStart: stay('running'),
    scheduleStop: halt('waiting'),
    recover: stay('running'),
    fail: halt('stoppedByError'),
    finish: halt('stopped'),
  },
  stopping: {
    start: queue('stopping'),
    stop: queue('stopping'),
    scheduleStart: queue('stopping'),
    scheduleStop: stay('stopping'),
    recover: stay('stopping'),
    fail: stay('stopping'),
    finish: stay('stopping'),
  },
  waiting: {
    start: stay('waiting'),
    stop: { effect: 'settle', to: 'stopped' },
    scheduleStart: run,
    scheduleStop: stay('waiting'),
    recover: stay('waiting'),
    fail: stay('waiting'),
    finish: stay('waiting'),
  },
  stoppedByError: {
    start: run,
    stop: { effect: 'settle', to: 'stopped' },
    scheduleStart: run,
    scheduleStop: { effect: 'settle', to: 'waiting' },
    recover: run,
    fail: stay('stoppedByError'),
    finish: stay('stoppedByError'),
  },
};
