// The window kinds, one line each. Called by exec/window.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { checkLengths } from './check-lengths.ts';
import { createCount } from './count.ts';
import { createDriven } from './driven.ts';
import { GatedStore } from './gated-store.ts';
import { createHopping } from './hopping.ts';
import { createKeyed } from './keyed.ts';
import { createKeyedStore } from './keyed-store.ts';
import { partitionKeyOf } from './partition-key.ts';
import { createSession } from './session.ts';
import { createSliding } from './sliding.ts';
import type { WindowSpec } from './spec.ts';
import { createState } from './state.ts';
import { createTumbling } from './tumbling.ts';
import type { WindowDeps, WindowFactory, WindowLogic } from './window.ts';

export type { WindowSpec } from './spec.ts';
export type { WindowStore } from './store.ts';
export type { WindowDeps, WindowLogic } from './window.ts';

const kinds: Readonly<Record<WindowSpec['kind'], (spec: WindowSpec, deps: WindowDeps) => WindowFactory>> = {
  tumbling: (spec, deps) => () => createTumbling(spec, deps),
  hopping: (spec, deps) => () => createHopping(spec, deps),
  sliding: createSliding,
  session: createSession,
  count: createCount,
  state: (spec, deps) => () => createState(spec, deps),
};

/** @throws GatewayError for lengths that no window can have (eKuiper accepts the rule, which then dies when it runs), and for a count
 *  window in event time with eKuiper's answers, which never reaches here from a checked plan */
export function createWindowLogic(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  checkLengths(spec);
  if (spec.eventTime && spec.kind === 'count' && !spec.standard) throw new GatewayError('INTERNAL', { text: 'unsupported window type' });
  const factoryOf = kinds[spec.kind];
  const one = (own: WindowDeps): WindowLogic => createDriven(factoryOf(spec, own)(), own);
  // eKuiper takes no notice of PARTITION BY and WHEN of these windows
  if (!spec.standard || spec.kind === 'state') return one(deps);
  const { when, partitionBy = [], kind, lengthMs = 0, delayMs = 0 } = spec;
  const gated = when !== undefined && kind !== 'sliding';
  const newStore = gated ? () => new GatedStore(when, deps.newStore(), deps) : deps.newStore;
  if (partitionBy.length === 0) return one({ ...deps, newStore });
  const keyOf = partitionKeyOf(partitionBy);
  const { room } = deps;
  if (kind === 'tumbling' || kind === 'hopping') return one({ ...deps, newStore: () => createKeyedStore(keyOf, newStore, room) });
  const staleAfterMs = kind === 'sliding' ? lengthMs + delayMs : Number.POSITIVE_INFINITY;
  return createKeyed({ eventTime: spec.eventTime, keyOf, room, staleAfterMs, make: factoryOf(spec, { ...deps, newStore }) }, deps);
}
