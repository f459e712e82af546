// Updates as a value: (state, event) → [state, effects]. The effects are carried out one after the other, each of them whole or not at all; a power cut
// may come before and after every one, and the next start goes on from what is there (test/system/update/model.test.ts cuts at all of them).
// What is booted and what the boot record says comes in with the event `boot`; the state never claims it. Called by updater.ts; next: machine-boot.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { BootFacts } from '../boot/facts.ts';
import { type BootRecord, otherSlot } from '../boot/record.ts';
import type { Baseline } from './health.ts';
import type { Slot, UpdateOutcome } from './installer.ts';
import { onBoot } from './machine-boot.ts';

export interface Pending {
  readonly id: string;
  readonly by: string;
  readonly version: string;
  /** Version that installed it. */
  readonly from: string;
  readonly slot: Slot;
  readonly restart: 'now' | 'window' | 'asked';
  /** The version before, which lies in the other slot, is booted again because somebody asked: nothing is installed. */
  readonly back?: boolean;
}

export interface Verdict {
  readonly code: 'UPDATE_NOT_STARTED' | 'UPDATE_NOT_HEALTHY' | 'UPDATE_GIVEN_UP' | 'UPDATE_STOPPED' | 'UPDATE_FAILED' | string;
  readonly reason: string;
}

/** How far a new version came; with it the reason of a version that only ever vanished is more than "it did not work". */
export const STAGES = ['started', 'ready'] as const;
export type Stage = (typeof STAGES)[number];

/** Kept on the data partition, which both slots see. */
export interface UpdateState {
  readonly phase: 'idle' | 'installing' | 'installed' | 'trial';
  /** Of the phases but `idle`. */
  readonly update?: Pending;
  /** How things were before the restart. */
  readonly baseline?: Baseline;
  readonly stage?: Stage;
  /** Why the trial is left: written before anything else is done about it. */
  readonly verdict?: Verdict;
  /** The slot that was confirmed last; decides only when no copy of the boot record is whole. */
  readonly confirmed: Slot;
  /** Version of the other slot, where it was confirmed once. */
  readonly goBack?: string;
  readonly last?: UpdateOutcome;
}

export type UpdateEvent =
  | { type: 'boot'; facts: BootFacts; record: BootRecord; version: string; atMs: number }
  | { type: 'begin'; update: Pending; record: BootRecord; booted: Slot }
  | { type: 'written' }
  | { type: 'failed'; verdict: Verdict; atMs: number }
  /** Not begun: a wrong signature, an older version. It is kept as how the last try ended. */
  | { type: 'refused'; last: UpdateOutcome }
  | { type: 'restart'; baseline: Baseline }
  | { type: 'stage'; stage: Stage }
  /** The other slot, empty until now, holds a copy of the one that runs. */
  | { type: 'filled'; version: string; booted: Slot; record: BootRecord }
  | { type: 'healthy'; text: string; booted: Slot; atMs: number }
  | { type: 'leave'; verdict: Verdict; booted: Slot; atMs: number }
  | { type: 'back'; id: string; by: string; version: string; booted: Slot; record: BootRecord; baseline: Baseline };

export type Effect =
  /** The state, on the disk when it is done. */
  | { do: 'save'; state: UpdateState }
  /** The boot record, both copies. */
  | { do: 'record'; record: Omit<BootRecord, 'seq'> }
  /** The bundle into the slot. */
  | { do: 'write'; slot: Slot }
  /** The starts counted so far are forgotten. */
  | { do: 'reset-tally' }
  /** Begin to look at the health of the version that runs. */
  | { do: 'observe' }
  /** The update waits for its restart: look when it is due. */
  | { do: 'plan-restart' }
  | { do: 'reboot' };

export type Step = readonly [UpdateState, readonly Effect[]];

export const firstState = (booted: Slot): UpdateState => ({ phase: 'idle', confirmed: booted });

/** @throws GatewayError UPDATE_BUSY, UPDATE_NOTHING; nothing is changed then */
export function step(state: UpdateState, event: UpdateEvent): Step {
  switch (event.type) {
    case 'boot':
      return onBoot(state, event);
    case 'begin':
      return begin(state, event);
    case 'written':
      return saved({ ...state, phase: 'installed' }, [{ do: 'plan-restart' }]);
    case 'failed':
      return saved(idle(state, { ...outcome(state, event), result: 'failed' }));
    case 'refused':
      return saved({ ...state, last: event.last });
    case 'restart':
      return restart(state, event.baseline);
    case 'stage':
      return saved({ ...state, stage: event.stage });
    case 'filled':
      return filled(state, event);
    case 'healthy':
      return confirm(state, event);
    case 'leave':
      return leave(state, event);
    case 'back':
      return back(state, event);
  }
}

export const saved = (state: UpdateState, then: readonly Effect[] = []): Step => [state, [{ do: 'save', state }, ...then]];

/** Everything of an update that ended goes, but how. */
export function idle({ confirmed, goBack }: Pick<UpdateState, 'confirmed' | 'goBack'>, last: UpdateOutcome): UpdateState {
  return { phase: 'idle', confirmed, ...(goBack === undefined ? {} : { goBack }), last };
}

export function outcome({ update }: UpdateState, { verdict, atMs }: { verdict: Verdict; atMs: number }): Omit<UpdateOutcome, 'result'> {
  const { id, by, version, from } = update!;
  return { id, by, version, from, code: verdict.code, reason: verdict.reason, atMs };
}

function begin(state: UpdateState, { update, record, booted }: Extract<UpdateEvent, { type: 'begin' }>): Step {
  if (state.phase !== 'idle' && state.phase !== 'installed') throw busy(state);
  if (record.good !== booted)
    throw new GatewayError('UPDATE_BUSY', { text: `slot ${booted} runs, but slot ${record.good} is the confirmed one; restart first` });
  const { goBack: _gone, ...rest } = state;
  const next: UpdateState = { ...rest, phase: 'installing', update };
  // The slot is no way out any more before its first byte is changed.
  return saved(next, [
    ...(record.otherIsGood || record.trial ? [{ do: 'record' as const, record: { good: booted, otherIsGood: false } }] : []),
    { do: 'write', slot: update.slot },
  ]);
}

function restart(state: UpdateState, baseline: Baseline): Step {
  const { update } = state;
  if (state.phase !== 'installed' || !update)
    throw new GatewayError('UPDATE_NOTHING', { verb: 'restart into', text: 'no update is installed' });
  return arm({ ...state, baseline }, update.slot);
}

/** The record first: a state that promises a way back which GRUB does not know would be a lie. */
function filled(state: UpdateState, { version, booted, record }: Extract<UpdateEvent, { type: 'filled' }>): Step {
  if (state.phase !== 'idle' || record.good !== booted || record.trial) throw busy(state);
  const next: UpdateState = { ...state, goBack: version };
  return [
    next,
    [
      { do: 'record', record: { good: booted, otherIsGood: true } },
      { do: 'save', state: next },
    ],
  ];
}

/** The new slot is tried from the next start on. */
function arm(state: UpdateState, slot: Slot): Step {
  const { stage: _stage, verdict: _verdict, ...rest } = state;
  return saved({ ...rest, phase: 'trial' }, [
    { do: 'record', record: { good: otherSlot(slot), otherIsGood: false, trial: slot } },
    { do: 'reboot' },
  ]);
}

function confirm(state: UpdateState, { text, booted, atMs }: Extract<UpdateEvent, { type: 'healthy' }>): Step {
  const { update } = state;
  if (state.phase !== 'trial' || update?.slot !== booted || state.verdict)
    throw new GatewayError('UPDATE_NOTHING', { verb: 'confirm', text: 'no new version is under observation' });
  const next = confirmed(update, text, atMs);
  // The record first: from here on the new slot is the good one, whatever happens to the rest.
  return [
    next,
    [
      { do: 'record', record: { good: booted, otherIsGood: true } },
      { do: 'save', state: next },
    ],
  ];
}

export function confirmed(update: Pending, reason: string, atMs: number): UpdateState {
  const { id, by, version, from, slot, back: wasBack } = update;
  const last: UpdateOutcome = wasBack
    ? {
        id,
        by,
        version: from,
        from: version,
        result: 'rolled-back',
        code: 'UPDATE_GIVEN_UP',
        reason: `${by} asked for version ${version}`,
        atMs,
      }
    : { id, by, version, from, result: 'confirmed', reason, atMs };
  return { phase: 'idle', confirmed: slot, goBack: from, last };
}

function leave(state: UpdateState, { verdict, booted, atMs }: Extract<UpdateEvent, { type: 'leave' }>): Step {
  const { update } = state;
  if (state.phase === 'installed') return saved(idle(state, { ...outcome(state, { verdict, atMs }), result: 'failed' }));
  if (state.phase !== 'trial' || update?.slot !== booted || state.verdict)
    throw new GatewayError('UPDATE_NOTHING', { verb: 'leave', text: 'no new version is under observation' });
  return saved({ ...state, verdict }, leaving(booted));
}

/** The version before is booted from now on. */
export const leaving = (booted: Slot): readonly Effect[] => [
  { do: 'record', record: { good: otherSlot(booted), otherIsGood: false } },
  { do: 'reboot' },
];

function back(state: UpdateState, { id, by, version, booted, record, baseline }: Extract<UpdateEvent, { type: 'back' }>): Step {
  if (state.phase !== 'idle') throw busy(state);
  if (state.goBack === undefined || !record.otherIsGood || record.good !== booted)
    throw new GatewayError('UPDATE_NOTHING', { verb: 'go back to', text: `slot ${otherSlot(booted)} holds no version that was confirmed` });
  const update: Pending = { id, by, version: state.goBack, from: version, slot: otherSlot(booted), restart: 'now', back: true };
  return arm({ ...state, update, baseline }, update.slot);
}

const busy = ({ phase, update }: UpdateState) =>
  new GatewayError('UPDATE_BUSY', { text: `${phase === 'trial' ? 'observing' : phase} version ${update?.version}` });
