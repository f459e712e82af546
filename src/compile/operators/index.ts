// Node to operator maker. One node a file; only this folder sees both sides.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { LogicalNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { makeAggFunc } from './agg-func.ts';
import { makeAggregate } from './aggregate.ts';
import { makeAnalytic } from './analytic.ts';
import { makeAsOf } from './as-of.ts';
import { makeDedupTrigger } from './dedup-trigger.ts';
import { makeFilter } from './filter.ts';
import { makeHaving } from './having.ts';
import { makeIncWindow } from './inc-window.ts';
import { makeJoin } from './join.ts';
import { makeJoinAlign } from './join-align.ts';
import { makeLookup } from './lookup.ts';
import { makeOrder } from './order.ts';
import { makeProject } from './project.ts';
import { makeProjectSet } from './project-set.ts';
import { makeTimers } from './timers.ts';
import { makeUnnest } from './unnest.ts';
import { makeWatermark } from './watermark.ts';
import { makeWindow } from './window.ts';
import { makeWindowFunc } from './window-func.ts';

export function makerOf(n: LogicalNode, input: MakerInput): OperatorMaker {
  switch (n.type) {
    case 'filter':
      return makeFilter(n, input);
    case 'as-of':
      return makeAsOf(n, input);
    case 'unnest':
      return makeUnnest(n, input);
    case 'watermark':
      return makeWatermark(n, input);
    case 'join-align':
      return makeJoinAlign(n, input);
    case 'join':
      return makeJoin(n, input);
    case 'lookup':
      return makeLookup(n, input);
    case 'window':
      return makeWindow(n, input);
    case 'inc-window':
      return makeIncWindow(n, input);
    case 'aggregate':
      return makeAggregate(n, input);
    case 'analytic':
      return makeAnalytic(n, input);
    case 'timers':
      return makeTimers(n, input);
    case 'agg-func':
      return makeAggFunc(n, input);
    case 'having':
      return makeHaving(n, input);
    case 'window-func':
      return makeWindowFunc(n, input);
    case 'order':
      return makeOrder(n, input);
    case 'project':
      return makeProject(n, input);
    case 'project-set':
      return makeProjectSet(n, input);
    case 'dedup-trigger':
      return makeDedupTrigger(n, input);
    case 'data-source':
      throw new GatewayError('INTERNAL', { text: 'a source is not an operator' });
  }
}
