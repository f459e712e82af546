// What a start of the device means for the update that was under way. Part of machine.ts: the booted slot and the boot record are the truth, the
// state adds why.
import type { BootFacts } from '../boot/facts.ts';
import { type BootRecord, GOOD_STARTS, otherSlot, TRIAL_STARTS } from '../boot/record.ts';
import {
  confirmed,
  type Effect,
  idle,
  leaving,
  outcome,
  type Pending,
  type Stage,
  type Step,
  saved,
  type UpdateEvent,
  type UpdateState,
  type Verdict,
} from './machine.ts';

type Boot = Extract<UpdateEvent, { type: 'boot' }>;

/** The record to write where no copy of it is whole. @param state undefined when the data partition knows nothing either */
export function lostRecord(state: UpdateState | undefined, { slot, why }: BootFacts): Omit<BootRecord, 'seq'> {
  if (!state) return { good: slot, otherIsGood: false };
  const { phase, update } = state;
  if ((phase === 'trial' || phase === 'installed') && update?.slot === slot && !state.verdict)
    return { good: otherSlot(slot), otherIsGood: false, trial: slot };
  // Without a record GRUB takes A, and B when A failed three times: B runs because A does not; A runs because it comes first.
  if (why === 'none' && slot === 'B') return { good: slot, otherIsGood: false };
  return { good: state.confirmed, otherIsGood: state.goBack !== undefined && phase === 'idle' };
}

export function onBoot(state: UpdateState, boot: Boot): Step {
  switch (state.phase) {
    case 'trial':
      return state.update!.slot === boot.facts.slot ? inTrial(state, state.update!, boot) : afterTrial(state, state.update!, boot);
    case 'installing': {
      const verdict = {
        code: 'UPDATE_STOPPED',
        reason: `The device was switched off or restarted while version ${state.update!.version} was written. Nothing has changed.`,
      };
      return settled(idle(state, { ...outcome(state, { verdict, atMs: boot.atMs }), result: 'failed' }), boot);
    }
    case 'installed':
      if (state.update!.slot === boot.facts.slot) {
        // Without a record GRUB took the slot that was not to be started yet: the same as a trial.
        const next: UpdateState = { ...state, phase: 'trial', stage: 'started' };
        return saved(next, [
          { do: 'record', record: { good: otherSlot(boot.facts.slot), otherIsGood: false, trial: boot.facts.slot } },
          { do: 'observe' },
        ]);
      }
      return [state, [...clearTrial(boot), ...resetTally(boot), { do: 'plan-restart' }]];
    case 'idle':
      return whenIdle(state, boot);
  }
}

/** The new version runs. */
function inTrial(state: UpdateState, update: Pending, { record, atMs }: Boot): Step {
  // The record was written, the state was not: it is confirmed.
  if (record.good === update.slot) return saved(confirmed(update, 'Confirmed before the last restart.', atMs), [{ do: 'reset-tally' }]);
  if (state.verdict) return [state, leaving(update.slot)];
  if (record.trial !== update.slot) {
    const verdict: Verdict = {
      code: 'UPDATE_NOT_STARTED',
      reason: `Slot ${update.slot} was started without being asked: the boot record says ${record.good}.`,
    };
    return saved({ ...state, verdict }, leaving(update.slot));
  }
  const next: UpdateState = { ...state, stage: state.stage ?? 'started' };
  return saved(next, [{ do: 'observe' }]);
}

/** The version before runs again, or still. */
function afterTrial(state: UpdateState, update: Pending, boot: Boot): Step {
  const { facts, record, atMs } = boot;
  const rolledBack = (verdict: Verdict): Step => {
    const { goBack: _bad, ...rest } = state;
    return settled(idle({ ...rest, confirmed: facts.slot }, { ...outcome(state, { verdict, atMs }), result: 'rolled-back' }), boot);
  };
  if (state.verdict) return rolledBack(state.verdict);
  if (facts.why === 'none')
    return rolledBack({ code: 'UPDATE_NOT_STARTED', reason: 'The boot record was lost while the new version was tried.' });
  // Cut between "this is a trial" and the record that makes it one: nothing was started yet.
  if (record.trial !== update.slot) return saved({ ...state, phase: 'installed' }, [...resetTally(boot), { do: 'plan-restart' }]);
  if (facts.why === 'uncounted')
    return rolledBack({
      code: 'UPDATE_NOT_STARTED',
      reason: 'The boot partition could not be written, so that starts could not be counted; a new version is not tried then.',
    });
  // The record is younger than this boot: the restart is still to come.
  if (facts.seq !== record.seq) return [state, [{ do: 'reboot' }]];
  return rolledBack({ code: 'UPDATE_NOT_STARTED', reason: `Tried ${TRIAL_STARTS} times: ${howFar(state.stage)}.` });
}

/** A sentence's end from the furthest point that was reached. */
function howFar(stage: Stage | undefined): string {
  if (stage === 'ready')
    return 'it came up and the gateway was READY, but it was cut off each time before it could be confirmed (power cuts, or it restarts)';
  if (stage === 'started') return 'it came up, but the gateway was never READY before the device restarted (power cuts, or it restarts)';
  return 'the kernel or the first programs did not come up';
}

function whenIdle(state: UpdateState, boot: Boot): Step {
  const { facts, record, version, atMs } = boot;
  if (facts.slot !== record.good && facts.why === 'other') {
    const reason = `Slot ${record.good} did not come up ${GOOD_STARTS} times in a row; slot ${facts.slot} with version ${version} was taken.`;
    const from = version;
    const last = {
      id: 'boot',
      by: 'boot loader',
      version: state.last?.version ?? 'unknown',
      from,
      result: 'rolled-back' as const,
      code: 'UPDATE_NOT_STARTED',
      reason,
      atMs,
    };
    return settled(idle({ confirmed: facts.slot }, last), boot);
  }
  const next: UpdateState = { ...state, confirmed: record.good };
  const effects = [...clearTrial(boot), ...resetTally(boot)];
  return JSON.stringify(next) === JSON.stringify(state) ? [next, effects] : saved(next, effects);
}

/** The state first: a record without a trial and a state with one would mean "not started yet". */
function settled(state: UpdateState, { facts, record }: Boot): Step {
  if (record.good === facts.slot && record.trial === undefined) return saved(state, [{ do: 'reset-tally' }]);
  return saved(state, [{ do: 'record', record: { good: facts.slot, otherIsGood: false } }]);
}

/** Of a trial that ended. */
const clearTrial = ({ record: { good, otherIsGood, trial } }: Boot): Effect[] =>
  trial ? [{ do: 'record', record: { good, otherIsGood } }] : [];

/** This slot got far: not while a trial may still be counted, and not for a slot that stands in for the good one. */
const resetTally = ({ facts, record }: Boot): Effect[] =>
  record.good === facts.slot && record.trial === undefined ? [{ do: 'reset-tally' }] : [];
