// The window kinds, one line each. Called by exec/window.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { checkLengths } from './check-lengths.ts';
import { createCount } from './count.ts';
import { createGatedStore } from './gated-store.ts';
import { createHopping } from './hopping.ts';
import { createKeyed } from './keyed.ts';
import { createKeyedStore } from './keyed-store.ts';
import { partitionKeyOf } from './partition-key.ts';
import { createSession } from './session.ts';
import { createSliding } from './sliding.ts';
import type { WindowSpec } from './spec.ts';
import { createState } from './state.ts';
import { createTumbling } from './tumbling.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

export type { WindowSpec } from './spec.ts';
export type { WindowStore } from './store.ts';
export type { WindowDeps, WindowLogic } from './window.ts';

const kinds: Readonly<Record<WindowSpec['kind'], (spec: WindowSpec, deps: WindowDeps) => WindowLogic>> = {
  tumbling: createTumbling,
  hopping: createHopping,
  sliding: createSliding,
  session: createSession,
  count: createCount,
  state: createState,
};

/** @throws GatewayError for lengths that no window can have (eKuiper accepts the rule, which then dies when it runs), and for a count
 *  window in event time with eKuiper's answers, which never reaches here from a checked plan */
export function createWindowLogic(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  checkLengths(spec);
  if (spec.eventTime && spec.kind === 'count' && !spec.standard) throw new GatewayError('INTERNAL', { text: 'unsupported window type' });
  const make = kinds[spec.kind];
  // eKuiper takes no notice of PARTITION BY and WHEN of these windows
  if (!spec.standard || spec.kind === 'state') return make(spec, deps);
  const { when, partitionBy = [], kind } = spec;
  const gated = when !== undefined && kind !== 'sliding';
  const newStore = gated ? () => createGatedStore(when, deps.newStore(), deps) : deps.newStore;
  if (partitionBy.length === 0) return make(spec, { ...deps, newStore });
  const keyOf = partitionKeyOf(partitionBy);
  const { room } = deps;
  if (kind === 'tumbling' || kind === 'hopping') return make(spec, { ...deps, newStore: () => createKeyedStore(keyOf, newStore, room) });
  const staleAfterMs = kind === 'sliding' ? spec.lengthMs! + (spec.delayMs ?? 0) : Number.POSITIVE_INFINITY;
  const keyed = { eventTime: spec.eventTime, keyOf, room, staleAfterMs, make: (own: WindowDeps) => make(spec, own) };
  return createKeyed(keyed, { ...deps, newStore });
}
