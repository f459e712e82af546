// The window kinds, one line each. Called by exec/window.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { checkLengths } from './check-lengths.ts';
import { createCount } from './count.ts';
import { createHopping } from './hopping.ts';
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
 *  window in event time, which never reaches here from a checked plan */
export function createWindowLogic(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  checkLengths(spec);
  if (spec.eventTime && spec.kind === 'count') throw new GatewayError('INTERNAL', { text: 'unsupported window type' });
  return kinds[spec.kind](spec, deps);
}
