// Carries out what machine.ts says: the state first, on the disk, then the files. Whatever ends this process leaves a state from which `start` finds back.
// On a device it runs as root in a process of its own (image/network/main.ts), behind two ports so that tests cut it at every step.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type NetworkEvent, type NetworkState, type Snapshot, step } from './machine.ts';

export interface NetworkDisk {
  read(): NetworkState;
  /** On the disk when it returns. */
  write(state: NetworkState): void;
}

export interface NetworkPort {
  /** What these files hold now. */
  capture(paths: readonly string[]): Promise<Snapshot>;
  /** Makes the files so, durably. */
  put(files: Snapshot): Promise<void>;
  /** Takes what the files say into effect. @throws why it does not work */
  reload(): Promise<void>;
}

export interface NetworkChange {
  id: string;
  by: string;
  what: string;
  files: Snapshot;
}

export interface NetworkKeeper {
  readonly state: NetworkState;
  /** What a restart has left is taken back. Call it before anything else. */
  start(): Promise<void>;
  /** @returns '' or why not */
  change(wanted: NetworkChange): Promise<string>;
  confirm(id: string): Promise<string>;
  revert(id: string): Promise<string>;
  /** Resolves when nothing is on trial. */
  settled(): Promise<void>;
}

/** Longer than a person needs to log in at the new address. */
export const TRIAL_MS = 300_000;
const RETRY_MS = 5_000;

export function createNetworkKeeper(disk: NetworkDisk, port: NetworkPort, clock: Clock, trialMs = TRIAL_MS): NetworkKeeper {
  let state = disk.read();
  let timer: TimerHandle | undefined;
  let chain: Promise<unknown> = Promise.resolve();
  let wake: (() => void)[] = [];
  /** One event at a time. @returns '' or why it means nothing */
  const tell = (event: NetworkEvent): Promise<string> => {
    const next = chain.then(() => carryOut(event));
    chain = next.catch(() => undefined);
    return next;
  };
  const carryOut = async (event: NetworkEvent): Promise<string> => {
    const { state: next, actions, refused } = step(state, event);
    if (refused !== undefined) return refused;
    if (next === state) return '';
    disk.write(next);
    state = next;
    if (next.phase !== 'trial') clock.clear(timer);
    if (next.phase === 'steady') {
      for (const done of wake) done();
      wake = [];
      return '';
    }
    try {
      for (const action of actions) {
        if (action === 'put after') await port.put(next.after);
        else if (action === 'put before') await port.put(next.before);
        else if (action === 'reload') await port.reload();
        else timer = clock.setTimer(trialMs, () => void tell({ type: 'expired' }));
      }
    } catch (error) {
      if (next.phase === 'changing') return carryOut({ type: 'failed', reason: `it could not be applied: ${messageOf(error)}` });
      // the way back must succeed: the disk was full, the service slow
      timer = clock.setTimer(RETRY_MS, () => void tell({ type: 'started' }));
      return '';
    }
    if (next.phase === 'changing') return carryOut({ type: 'applied' });
    if (next.phase === 'reverting') return carryOut({ type: 'reverted', atMs: clock.now() });
    return '';
  };
  return {
    get state() {
      return state;
    },
    start: async () => void (await tell({ type: 'started' })),
    async change({ id, by, what, files }) {
      const before = await port.capture(Object.keys(files));
      return tell({ type: 'change', id, by, what, before, after: files });
    },
    confirm: (id) => tell({ type: 'confirm', id, atMs: clock.now() }),
    revert: (id) => tell({ type: 'revert', id }),
    settled: () => (state.phase === 'steady' ? Promise.resolve() : new Promise((resolve) => wake.push(resolve))),
  };
}
