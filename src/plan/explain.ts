// The plan as text, in the shape of eKuiper's EXPLAIN: one JSON object per line, tabs for depth.
// @source eKuiper internal/topo/planner (BuildExplainInfo of each plan); docs/spec/sql.md §10
import { aggFuncInfo } from './logical/agg-func.ts';
import { aggregateInfo } from './logical/aggregate.ts';
import { analyticInfo } from './logical/analytic.ts';
import { asOfInfo } from './logical/as-of.ts';
import { dataSourceInfo } from './logical/data-source.ts';
import { dedupTriggerInfo } from './logical/dedup-trigger.ts';
import { filterInfo } from './logical/filter.ts';
import { havingInfo } from './logical/having.ts';
import { incWindowInfo } from './logical/inc-window.ts';
import type { LogicalNode, NodeType } from './logical/index.ts';
import { joinInfo } from './logical/join.ts';
import { joinAlignInfo } from './logical/join-align.ts';
import { lookupInfo } from './logical/lookup.ts';
import { orderInfo } from './logical/order.ts';
import { projectInfo } from './logical/project.ts';
import { projectSetInfo } from './logical/project-set.ts';
import { timersInfo } from './logical/timers.ts';
import { unnestInfo } from './logical/unnest.ts';
import { watermarkInfo } from './logical/watermark.ts';
import { windowInfo } from './logical/window.ts';
import { windowFuncInfo } from './logical/window-func.ts';
import { type LogicalPlan, namesOf } from './plan.ts';

const planNames: Readonly<Record<NodeType, string>> = {
  'data-source': 'DataSourcePlan',
  unnest: 'UnnestPlan',
  'as-of': 'AsOfJoinPlan',
  watermark: 'WatermarkPlan',
  analytic: 'AnalyticFuncsPlan',
  timers: 'TimersPlan',
  window: 'WindowPlan',
  'inc-window': 'IncAggWindowPlan',
  'join-align': 'JoinAlignPlan',
  join: 'JoinPlan',
  lookup: 'LookupPlan',
  'agg-func': 'AggFuncPlan',
  filter: 'FilterPlan',
  aggregate: 'AggregatePlan',
  having: 'HavingPlan',
  'window-func': 'WindowFuncPlan',
  order: 'OrderPlan',
  'dedup-trigger': 'DedupTriggerPlan',
  project: 'ProjectPlan',
  'project-set': 'ProjectSetPlan',
};

/** @returns lines such as `{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}`, numbered from the top */
export function explain(plan: LogicalPlan): string {
  const names = namesOf(plan);
  const lines: string[] = [];
  let id = 0;
  const visit = (n: LogicalNode, depth: number): void => {
    lines.push('\t'.repeat(depth) + JSON.stringify({ op: `${planNames[n.type]}_${id++}`, info: infoOf(n, names) }));
    for (const child of n.children) visit(child, depth + 1);
  };
  visit(plan.root, 0);
  return lines.join('\n');
}

function infoOf(n: LogicalNode, names: readonly string[]): string {
  switch (n.type) {
    case 'data-source':
      return dataSourceInfo(n);
    case 'as-of':
      return asOfInfo(n, names);
    case 'unnest':
      return unnestInfo(n, names);
    case 'watermark':
      return watermarkInfo(n);
    case 'analytic':
      return analyticInfo(n, names);
    case 'timers':
      return timersInfo(n, names);
    case 'window':
      return windowInfo(n, names);
    case 'inc-window':
      return incWindowInfo(n, names);
    case 'join-align':
      return joinAlignInfo(n);
    case 'join':
      return joinInfo(n, names);
    case 'lookup':
      return lookupInfo(n, names);
    case 'agg-func':
      return aggFuncInfo(n, names);
    case 'filter':
      return filterInfo(n, names);
    case 'aggregate':
      return aggregateInfo(n, names);
    case 'having':
      return havingInfo(n, names);
    case 'window-func':
      return windowFuncInfo(n, names);
    case 'order':
      return orderInfo(n, names);
    case 'dedup-trigger':
      return dedupTriggerInfo(n, names);
    case 'project':
      return projectInfo(n, names);
    case 'project-set':
      return projectSetInfo(n);
  }
}
