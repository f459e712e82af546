// A change of the network that takes itself back: applied, on trial until somebody confirms it over the changed network, else the state before comes back,
// also after a restart at any moment. As a value: an event gives the next state, and what to do once that state is on the disk. Next: keeper.ts.

/** Path → content; null: there is no such file. */
export type Snapshot = Readonly<Record<string, { base64: string; mode: number } | null>>;

export interface NetworkOutcome {
  id: string;
  by: string;
  what: string;
  result: 'confirmed' | 'reverted';
  /** A sentence. */
  reason: string;
  atMs: number;
}

export type NetworkState =
  | { phase: 'steady'; last?: NetworkOutcome | undefined }
  | {
      /** `changing`: files are being written. `trial`: in effect, waits for the confirmation. `reverting`: the files before are being put back. */
      phase: 'changing' | 'trial' | 'reverting';
      id: string;
      by: string;
      /** What is changed, for people; no secrets. */
      what: string;
      before: Snapshot;
      after: Snapshot;
      /** Why it is taken back. */
      reason: string;
    };

export type NetworkEvent =
  | { type: 'change'; id: string; by: string; what: string; before: Snapshot; after: Snapshot }
  | { type: 'applied' }
  | { type: 'failed'; reason: string }
  | { type: 'confirm'; id: string; atMs: number }
  | { type: 'revert'; id: string }
  | { type: 'expired' }
  | { type: 'started' }
  | { type: 'reverted'; atMs: number };

/** To be done when the state is on the disk, in order. `await` begins the time of the trial. */
export type NetworkAction = 'put after' | 'put before' | 'reload' | 'await';

export interface NetworkStep {
  state: NetworkState;
  actions: readonly NetworkAction[];
  /** Why the event means nothing now; the state is the same then. */
  refused?: string;
}

const NOT_CONFIRMED = 'nobody confirmed it in time';
const RESTARTED = 'the device restarted before it was confirmed';

export function step(state: NetworkState, event: NetworkEvent): NetworkStep {
  const same = (refused: string): NetworkStep => ({ state, actions: [], refused });
  const back = (reason: string): NetworkStep =>
    state.phase === 'steady'
      ? same('nothing is on trial')
      : { state: { ...state, phase: 'reverting', reason }, actions: ['put before', 'reload'] };
  switch (event.type) {
    case 'change': {
      if (state.phase !== 'steady') return same(`another change is under way (${state.what}); confirm it or take it back first`);
      const { id, by, what, before, after } = event;
      return { state: { phase: 'changing', id, by, what, before, after, reason: '' }, actions: ['put after', 'reload'] };
    }
    case 'applied':
      return state.phase === 'changing' ? { state: { ...state, phase: 'trial' }, actions: ['await'] } : same('nothing is being changed');
    case 'failed':
      return state.phase === 'changing' ? back(event.reason) : same('nothing is being changed');
    case 'confirm':
      if (state.phase !== 'trial') return same('nothing is on trial');
      if (state.id !== event.id) return same(`the change on trial is ${state.id}`);
      return { state: { phase: 'steady', last: outcome(state, 'confirmed', 'it was confirmed', event.atMs) }, actions: [] };
    case 'revert':
      if (state.phase !== 'trial') return same('nothing is on trial');
      return state.id === event.id ? back('it was taken back by hand') : same(`the change on trial is ${state.id}`);
    case 'expired':
      return state.phase === 'trial' ? back(NOT_CONFIRMED) : same('nothing is on trial');
    case 'started':
      return state.phase === 'steady' ? { state, actions: [] } : back(state.reason === '' ? RESTARTED : state.reason);
    case 'reverted':
      return state.phase === 'reverting'
        ? { state: { phase: 'steady', last: outcome(state, 'reverted', state.reason, event.atMs) }, actions: [] }
        : same('nothing is taken back');
  }
}

function outcome(
  { id, by, what }: { id: string; by: string; what: string },
  result: NetworkOutcome['result'],
  reason: string,
  atMs: number,
): NetworkOutcome {
  return { id, by, what, result, reason, atMs };
}
