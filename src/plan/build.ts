// Bound statement to plan: operators in eKuiper's order of evaluation (docs/spec/sql.md §5). Where WHERE stands relative to the
// window is part of the language, not an optimisation: before windows that close by the clock, after those that rows close.

import { isTrigger } from './bind/call.ts';
import type { BoundSelect, BoundWindow } from './bind/select.ts';
import type { BoundCall, BoundExpr } from './bound.ts';
import { buildJoins } from './build-joins.ts';
import { buildProject } from './build-project.ts';
import { callsIn } from './calls.ts';
import { checkDistinct } from './checks/distinct.ts';
import { checkRuleOptions } from './checks/rule-options.ts';
import { checkTimers } from './checks/timers.ts';
import { checkWindow } from './checks/window.ts';
import { hasAggregate, hasWindowCall, isAggregateCall, isAnalyticCall, isHitCall, isTableCall, isTimerCall } from './classify.ts';
import type { DataSourceNode, LogicalNode } from './logical/index.ts';
import type { LogicalPlan } from './plan.ts';
import { some } from './walk.ts';

/** @throws GatewayError PLAN_* */
export function buildPlan(b: BoundSelect): LogicalPlan {
  checkRuleOptions(b);
  checkWindow(b);
  checkDistinct(b);
  const { options } = b.scope;
  const where = b.where;
  // without a window or join an aggregate is computed from the one row, where it stands
  const collection = b.window !== undefined || b.joins.length > 0;
  const fieldExprs = b.fields.map((f) => f.expr);
  const numbered = [...fieldExprs, ...(b.qualify ? [b.qualify] : [])];
  const afterWindow = [...numbered, ...(b.having ? [b.having] : []), ...b.orderBy.map((s) => s.expr)];
  const everywhere = [...afterWindow, ...(where ? [where] : []), ...b.dims, ...windowExprs(b), ...joinExprs(b)];

  const tables = b.sources.filter((s) => s.info.kind === 'table' && !s.info.lookup);
  const streams = b.sources.filter((s) => s.info.kind === 'stream' || (b.sources.length === 1 && !s.info.lookup));
  let children: LogicalNode[] = streams.map((s) => dataSource(b, s.index));
  const push = (node: LogicalNode): void => {
    children = [node];
  };
  if (options.isEventTime && streams.length > 0)
    push({
      type: 'watermark',
      emitters: streams.map((s) => s.info.name),
      sendWatermark: b.window !== undefined,
      ...(b.asOf.length > 0 && { first: b.asOf.map((j) => j.source) }),
      children,
    });
  for (const join of b.asOf) push({ type: 'as-of', join, children });

  for (const unnest of b.unnests) push({ type: 'unnest', unnest, children });

  const analytic = callsIn(everywhere, (e) => isAnalyticCall(e) && !isHitCall(e));
  const early = analytic.filter((c) => !c.args.some(hasAggregate) && !partsOfOver(c).some(hasAggregate));
  const late = analytic.filter((c) => !early.includes(c));
  // functions of time send rows by themselves: what stands within them is known below, what asks for their values is computed above
  const timers = early.filter(isTimerCall);
  const plain = early.filter((c) => !timers.includes(c));
  const above = plain.filter((c) => callsIn([...c.args, ...partsOfOver(c)], isTimerCall).length > 0);
  const below = plain.filter((c) => !above.includes(c));
  if (timers.length > 0) checkTimers(b, timers);
  if (below.length > 0) push({ type: 'analytic', calls: below, children });
  if (timers.length > 0) push({ type: 'timers', calls: timers, children });
  if (above.length > 0) push({ type: 'analytic', calls: above, children });

  const filterFirst = where !== undefined && filtersBeforeWindow(b, where);
  if (where && filterFirst) push({ type: 'filter', condition: where, children });
  if (b.window) push({ type: 'window', window: perKey(b, b.window), children });
  children = buildJoins(
    b,
    children,
    tables.map((t) => dataSource(b, t.index)),
  );

  if (where && !filterFirst) {
    const calls = callsIn([where], isFolded);
    if (collection && calls.length > 0) push({ type: 'agg-func', calls, children });
    push({ type: 'filter', condition: where, children });
  }
  const whereCalls = where && !filterFirst ? callsIn([where], isFolded) : [];
  const aggregateCalls = callsIn([...afterWindow, ...late.flatMap((c) => [...c.args, ...partsOfOver(c)])], isFolded).filter(
    (c) => !whereCalls.includes(c),
  );
  const grouped = !collection || b.dims.length > 0 || numbered.some(hasAggregate) || isOneGroup(b);
  // eKuiper's state window takes no notice of dimensions, but still gives one row
  if (grouped && collection) push({ type: 'aggregate', dims: b.window?.type === 'state' ? [] : b.dims, calls: aggregateCalls, children });
  if (!grouped) {
    // rows stay rows: what HAVING's analytic functions and ORDER BY need of the whole collection is put into each of them
    const calls = callsIn([...b.orderBy.map((o) => o.expr), ...late.flatMap((c) => [...c.args, ...partsOfOver(c)])], isFolded);
    const own = calls.filter((c) => !whereCalls.includes(c));
    if (own.length > 0) push({ type: 'agg-func', calls: own, children });
  }
  if (late.length > 0) push({ type: 'analytic', calls: late, children });
  if (b.having) push({ type: 'having', condition: b.having, calls: grouped ? [] : callsIn([b.having], isFolded), grouped, children });
  for (const call of callsIn(numbered, (e) => e.kind === 'call' && e.def.kind === 'window' && e.slot !== undefined))
    push({ type: 'window-func', call, children });
  if (b.qualify) push({ type: 'filter', condition: b.qualify, qualify: true, children });
  if (b.orderBy.length > 0) push({ type: 'order', items: b.orderBy, children });
  const dedup = callsIn(fieldExprs, (e) => e.kind === 'call' && isTrigger(e.def))[0];
  if (dedup) push({ type: 'dedup-trigger', call: dedup, children });
  const table = b.fields.find((f) => isTableCall(f.expr));
  push(buildProject(b, children, table !== undefined));
  if (table)
    push({
      type: 'project-set',
      column: table.name,
      functionName: (table.expr as BoundCall).name.toLowerCase(),
      limit: b.limit,
      children,
    });
  return { root: children[0]!, sources: b.sources, aliases: b.aliases, options, newSlot: b.scope.newSlot };
}

/** `SELECT "silent" AS alarm … HAVING count(*) = 0`: in SQL an aggregate in HAVING makes one group, also of no rows. With columns in the select list
 *  rows stay rows, as in eKuiper: SQL has no answer for that. */
function isOneGroup(b: BoundSelect): boolean {
  if (b.scope.options.sqlCompatibility !== 'standard' || !b.having || !hasAggregate(b.having)) return false;
  return b.fields.every((f) => !some(f.expr, (e) => ['column', 'any-column', 'wildcard', 'meta', 'alias'].includes(e.kind)));
}

/** A session is one of somebody: GROUP BY gives each key sessions of its own in standard SQL. eKuiper's sessions end when nobody sends. */
function perKey(b: BoundSelect, w: BoundWindow): BoundWindow {
  if (b.scope.options.sqlCompatibility !== 'standard' || w.type !== 'session' || w.partitionBy.length > 0) return w;
  return { ...w, partitionBy: b.dims.filter((d) => !hasWindowCall(d)) };
}

function dataSource(b: BoundSelect, index: number): DataSourceNode {
  const { info } = b.sources[index]!;
  return {
    type: 'data-source',
    input: index,
    source: info.name,
    kind: info.kind === 'stream' || b.sources.length === 1 ? 'stream' : 'scan-table',
    columns: [],
    all: true,
    members: {},
    declared: info.schema?.map((f) => f.name),
    children: [],
  };
}

/** Windows that the clock closes take only rows that pass WHERE; count, sliding and event-time windows are counted by all rows. */
function filtersBeforeWindow(b: BoundSelect, where: BoundExpr): boolean {
  if (!b.window) return b.joins.length === 0;
  if (b.joins.length > 0 || b.scope.options.isEventTime) return false;
  if (b.window.type === 'count' || b.window.type === 'sliding') return false;
  return !hasAggregate(where) && !hasWindowCall(where);
}

function windowExprs(b: BoundSelect): BoundExpr[] {
  const w = b.window;
  return w ? [...w.conditions, ...(w.filter ? [w.filter] : []), ...(w.when ? [w.when] : []), ...w.partitionBy] : [];
}

/** Aggregates that fold rows; last_agg_hit_* count results and are asked where they stand. */
const isFolded = (e: BoundExpr): boolean => isAggregateCall(e) && !isHitCall(e);

const joinExprs = (b: BoundSelect): BoundExpr[] => b.joins.flatMap((j) => (j.on ? [j.on] : []));
const partsOfOver = (c: BoundCall): BoundExpr[] => (c.over ? [...c.over.partitionBy, ...(c.over.when ? [c.over.when] : [])] : []);
