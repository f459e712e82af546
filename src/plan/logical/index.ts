// All nodes of a plan. One node a file; explain.ts prints them, compile/ turns each into an operator.
import type { AggFuncNode } from './agg-func.ts';
import type { AggregateNode } from './aggregate.ts';
import type { AnalyticNode } from './analytic.ts';
import type { AsOfNode } from './as-of.ts';
import type { DataSourceNode } from './data-source.ts';
import type { DedupTriggerNode } from './dedup-trigger.ts';
import type { FilterNode } from './filter.ts';
import type { HavingNode } from './having.ts';
import type { IncWindowNode } from './inc-window.ts';
import type { JoinNode } from './join.ts';
import type { JoinAlignNode } from './join-align.ts';
import type { LookupNode } from './lookup.ts';
import type { OrderNode } from './order.ts';
import type { ProjectNode } from './project.ts';
import type { ProjectSetNode } from './project-set.ts';
import type { TimersNode } from './timers.ts';
import type { UnnestNode } from './unnest.ts';
import type { WatermarkNode } from './watermark.ts';
import type { WindowNode } from './window.ts';
import type { WindowFuncNode } from './window-func.ts';

export type LogicalNode =
  | DataSourceNode
  | WatermarkNode
  | AnalyticNode
  | TimersNode
  | WindowNode
  | IncWindowNode
  | JoinAlignNode
  | JoinNode
  | LookupNode
  | AggFuncNode
  | FilterNode
  | AggregateNode
  | HavingNode
  | WindowFuncNode
  | OrderNode
  | DedupTriggerNode
  | ProjectNode
  | ProjectSetNode
  | UnnestNode
  | AsOfNode;

export type NodeType = LogicalNode['type'];

export type * from './agg-func.ts';
export type * from './aggregate.ts';
export type * from './analytic.ts';
export type * from './as-of.ts';
export type * from './data-source.ts';
export type * from './dedup-trigger.ts';
export type * from './filter.ts';
export type * from './having.ts';
export type * from './inc-window.ts';
export type * from './join.ts';
export type * from './join-align.ts';
export type * from './lookup.ts';
export type * from './order.ts';
export type * from './project.ts';
export type * from './project-set.ts';
export type * from './timers.ts';
export type * from './unnest.ts';
export type * from './watermark.ts';
export type * from './window.ts';
export type * from './window-func.ts';
