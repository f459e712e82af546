// Operators whose expressions call functions outside of the gateway's process (contained plugins): which ones they are, and how they are put
// together so that rows may wait in them. Called by chain.ts; what runs is exec/outside-stage.ts.
import { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from '../exec/errors.ts';
import type { Operator, OperatorStats, ProgramHost } from '../exec/operator.ts';
import type { OutsideCallsOfRule } from '../exec/outside-calls.ts';
import { hostInOrder } from '../exec/outside-order.ts';
import { createOutsideStage, type OutsideLane } from '../exec/outside-stage.ts';
import type { BoundCall, BoundExpr, BoundShared } from '../plan/bound.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { expressionsOf, mapExpressions } from '../plan/node-expressions.ts';
import type { LogicalPlan } from '../plan/plan.ts';
import { walk } from '../plan/walk.ts';
import { compileKept } from './cached.ts';
import type { OperatorMaker } from './chain.ts';
import type { CompileContext } from './context.ts';

const callsIn = (e: BoundExpr): BoundCall[] => {
  const found: BoundCall[] = [];
  walk(e, (n) => void (n.kind === 'call' && n.def.outside !== undefined && found.push(n)), true);
  return found;
};

/** All such calls, one for each operator in which they stand. */
export const callsOutside = (nodes: readonly LogicalNode[]): BoundCall[] => nodes.flatMap((n) => expressionsOf(n).flatMap(callsIn));

/** These keep rows or wait themselves, so they cannot be run again: what they evaluate is computed before them, once per row. */
const COMPUTED_BEFORE: ReadonlySet<LogicalNode['type']> = new Set(['window', 'inc-window', 'lookup']);

export function laneOf(nodes: readonly LogicalNode[], calls: OutsideCallsOfRule): OutsideLane {
  const plugins = callsOutside(nodes).map((c) => c.def.outside);
  return { calls, stages: [], oneByOne: new Set(plugins).size < plugins.length };
}

/** What an operator that calls outside needs beside its own maker. */
export interface OutsidePart {
  /** The node as it is to be made. */
  readonly node: LogicalNode;
  /** Puts the operator together. */
  wrap(maker: OperatorMaker, lane: OutsideLane, copy: (t: Tuple) => Tuple): OperatorMaker;
}

/** @returns undefined when the node calls nothing outside */
export function outsidePartOf(n: LogicalNode, plan: LogicalPlan, ctx: CompileContext): OutsidePart | undefined {
  if (!ctx.outside || !expressionsOf(n).some((e) => callsIn(e).length > 0)) return undefined;
  if (!COMPUTED_BEFORE.has(n.type))
    return {
      node: n,
      wrap: (maker, lane, copy) => (host, stats, next) =>
        createOutsideStage({ copy, keepsState: n.type === 'analytic', make: (h, nx) => maker(h, stats, nx) }, lane, host, stats, next),
    };
  const before: BoundShared[] = [];
  const node = mapExpressions(n, (e) => {
    if (callsIn(e).length === 0) return e;
    const shared: BoundShared = { kind: 'shared', expr: e, slot: plan.newSlot(`outside ${before.length}`), span: e.span };
    before.push(shared);
    return shared;
  });
  const fills = before.map((e) => compileKept(e, { ...ctx, memo: new Map() }));
  for (const e of before) ctx.filled.add(e.slot.id);
  const fill = (h: ProgramHost, stats: OperatorStats, own: OperatorStats, nx: Operator): Operator => {
    const run = (t: Tuple): boolean => {
      try {
        for (const f of fills) f(t);
        return true;
      } catch (error) {
        h.exception(stats, operatorError(n.type === 'lookup' ? 'run Lookup error: ' : 'run Where error: ', error));
        return false;
      }
    };
    return {
      stats: own,
      row: (t) => {
        if (run(t)) nx.row(t);
      },
      rows(c) {
        const rows = c.rows.filter(run);
        if (rows.length > 0 || c.rows.length === 0) nx.rows({ rows, win: c.win });
      },
    };
  };
  return {
    node,
    wrap: (maker, lane, copy) => (host, stats, next) => {
      const op = maker(hostInOrder(host, lane.stages.slice()), stats, next);
      if (!op.watermark && next.watermark) op.watermark = (tsMs) => next.watermark!(tsMs);
      // the rows that wait are shown with the operator that they wait for
      const own: OperatorStats = { ...stats };
      const stage = createOutsideStage({ copy, make: (h, nx) => fill(h, stats, own, nx) }, lane, host, own, op);
      return {
        stats,
        row: stage.row,
        rows: stage.rows,
        ...(stage.watermark && { watermark: stage.watermark }),
        ...(op.save && { save: () => op.save!() }),
        ...(op.load && { load: (state: unknown) => op.load!(state) }),
        start: () => op.start?.(),
        end: () => op.end?.(),
        close() {
          stage.close?.();
          op.close?.();
        },
      };
    },
  };
}

/** An operator that calls nothing outside, in a rule in which others do: what fails in it waits behind the rows that wait there. */
export const beforeStages =
  (maker: OperatorMaker, lane: OutsideLane): OperatorMaker =>
  (host, stats, next) =>
    maker(hostInOrder(host, lane.stages.slice()), stats, next);

/** @param shared number of columns that are the rule's own to read; what lies above belongs to other rules. Undefined: rows are private */
export const copyOf =
  (shared: number | undefined) =>
  (t: Tuple): Tuple => {
    const cols: Value[] = shared === undefined ? t.cols.slice() : t.cols.slice(0, shared);
    return new Tuple(cols, t.tsMs, t.meta, t.ack, t.win);
  };
