// Carries out what the machine of updates says: one event after the other, each effect whole before the next. Called by updater.ts and, with a device that
// loses power at every point, by test/system/update/model.test.ts. Next file: machine.ts.
import type { BootFacts } from '../boot/facts.ts';
import type { BootMedium } from '../boot/medium.ts';
import type { Slot } from './installer.ts';
import { type Effect, firstState, step, type UpdateEvent, type UpdateState } from './machine.ts';
import { lostRecord } from './machine-boot.ts';

export interface EngineParts {
  readonly facts: BootFacts;
  /** Of the slot that runs. */
  readonly version: string;
  readonly medium: BootMedium;
  now(): number;
  /** Undefined when nothing readable is kept. */
  load(): UpdateState | undefined;
  /** On the disk when it returns. */
  save(state: UpdateState): void;
  /** Writes the bundle under way into the slot. @throws what kept it from that */
  write(slot: Slot): Promise<void>;
  observe(): void;
  planRestart(): void;
  reboot(): Promise<void>;
}

export interface Engine {
  readonly state: UpdateState;
  /** Once, before anything else. @returns files of the boot partition that had to be made anew */
  start(): Promise<readonly string[]>;
  /** @throws GatewayError when the event does not fit; the errors of effects */
  dispatch(event: UpdateEvent): Promise<void>;
}

export function createEngine(parts: EngineParts): Engine {
  const { facts, version, medium } = parts;
  let state = firstState(facts.slot);
  let tail: Promise<unknown> = Promise.resolve();

  const carryOut = async (effect: Effect): Promise<void> => {
    switch (effect.do) {
      case 'save':
        return parts.save(effect.state);
      case 'record':
        medium.write(effect.record);
        return;
      case 'write':
        return parts.write(effect.slot);
      case 'reset-tally':
        return medium.resetTally();
      case 'observe':
        return parts.observe();
      case 'plan-restart':
        return parts.planRestart();
      case 'reboot':
        return parts.reboot();
    }
  };

  const run = async (event: UpdateEvent): Promise<void> => {
    const [next, effects] = step(state, event);
    state = next;
    for (const effect of effects) await carryOut(effect);
  };
  const dispatch = (event: UpdateEvent): Promise<void> => {
    const done = tail.then(() => run(event));
    tail = done.catch(() => undefined); // the caller gets it
    return done;
  };
  return {
    get state() {
      return state;
    },
    async start() {
      const kept = parts.load();
      state = kept ?? state;
      const repaired = medium.repair(lostRecord(kept, facts));
      await dispatch({ type: 'boot', facts, record: medium.read()!, version, atMs: parts.now() });
      return repaired;
    },
    dispatch,
  };
}
