// Operators of one run, wired from the sources to the sinks. Expressions are compiled from the sources upwards, since a slot may only be
// read above the operator that fills it; operators are then made from the sinks downwards, since each needs its successor.
import { Budget, enter, leave } from '../base/budget.ts';
import type { Tuple } from '../data/tuple.ts';
import { budgeted, metered } from '../exec/budgeted.ts';
import { createIsolate, createReset } from '../exec/isolate.ts';
import type { Downstream, Operator, OperatorStats, OperatorView, ProgramHost, RunningProgram } from '../exec/operator.ts';
import { measuredCalls, type OperatorTimes } from '../exec/operator-times.ts';
import type { ClosureState } from '../exec/stateful.ts';
import type { DataSourceNode, LogicalNode, NodeType } from '../plan/logical/index.ts';
import type { LogicalPlan } from '../plan/plan.ts';
import type { CompileContext } from './context.ts';
import { CALLS } from './fingerprints.ts';
import { createIngest } from './ingest.ts';
import { makerOf } from './operators/index.ts';
import { beforeStages, copyOf, laneOf, outsidePartOf } from './outside.ts';
import { privacyOf } from './privacy.ts';
import { spansOf } from './spans.ts';

export interface ChainInput {
  readonly plan: LogicalPlan;
  readonly nodes: readonly LogicalNode[];
  readonly names: readonly string[];
  readonly sources: readonly DataSourceNode[];
  readonly host: ProgramHost;
  readonly slotOf: (input: number, column: string) => number;
  readonly ctx: CompileContext;
}

/** Makes an operator, given its successor. Expressions are compiled by then. */
export type OperatorMaker = (host: ProgramHost, stats: OperatorStats, next: Operator) => Operator;

export interface MakerInput extends ChainInput {
  /** True when rows that reach the operator are private to the rule, own slots included. */
  readonly ownRows: boolean;
}

export function buildChain(input: ChainInput): RunningProgram {
  const { nodes, names, host, ctx, sources } = input;
  const { isolateAt, resetAt, resetSlots } = privacyOf(nodes, ctx.frame);
  const lastJoin = nodes.findLastIndex((n) => n.type === 'join' || n.type === 'lookup');
  const lane = ctx.outside && laneOf(nodes, ctx.outside);
  const made = nodes.findIndex((n) => n.type === 'aggregate' || n.type === 'inc-window' || n.type === 'agg-func');
  const makers = nodes.map((n, i) => {
    const own: CompileContext = { ...ctx, keep: i > lastJoin, memo: new Map() };
    const ownRows = ctx.frame.joined || (isolateAt >= 0 && isolateAt <= i);
    const part = outsidePartOf(n, input.plan, own);
    const maker = makerOf(part?.node ?? n, { ...input, ctx: own, ownRows });
    if (!part) return lane ? beforeStages(maker, lane) : maker;
    const isPrivate = ownRows || (made >= 0 && made < i);
    return part.wrap(maker, lane!, copyOf(isPrivate ? undefined : ctx.frame.base));
  });
  const base = ctx.frame.joined
    ? 0
    : Math.max(0, ...sources.flatMap((s) => [...s.columns, ...(s.all ? ['*'] : [])]).map((c) => input.slotOf(0, c) + 1));

  const budget = new Budget(`rule ${host.ruleId}`, host.budget);
  const { cpu } = host;
  const own = (op: Operator): Operator => (cpu ? metered(op, cpu) : op);
  const operators: Operator[] = new Array(nodes.length);
  let next: Operator = nothing;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const stats = host.stats(names[i]!);
    const node = nodes[i]!;
    const spans = host.trace && spansOf(node, names[i]!, host.trace, ctx.frame);
    const below = sendsByItself.has(node.type) ? own(budgeted(next, budget)) : next;
    const window = spans && (node.type === 'window' || node.type === 'inc-window') ? spans.window(below) : undefined;
    let op = makers[i]!(host, stats, window?.next ?? below);
    operators[i] = op;
    forwarding(op, next);
    if (spans) op = spans.wrap(op, window?.note);
    next = op;
    if (i === isolateAt)
      next = before(
        createIsolate(base, () => ctx.frame.width, op),
        op,
      );
    if (i === resetAt) next = before(createReset(resetSlots, op), op);
  }
  const behind = nodes.findIndex((n) => n.type === 'window') + 1;
  return runningProgram(operators, names, inputsOf(input, next), ctx.states, budget, operators[behind > 0 ? behind : -1], host.times);
}

/** How a row of each source enters the chain. */
function inputsOf({ sources, slotOf, ctx }: ChainInput, entry: Operator): Push[] {
  return sources.map((s, i) => (ctx.frame.joined ? createIngest(s, i, slotOf, ctx.frame, entry) : pushTo(entry)));
}

/** Operators that send at times of their own. */
const sendsByItself: ReadonlySet<NodeType> = new Set<NodeType>([
  'watermark',
  'timers',
  'window',
  'inc-window',
  'join-align',
  'lookup',
  'dedup-trigger',
]);

type Push = (t: Tuple) => void;
const pushTo =
  (entry: Operator): Push =>
  (t) =>
    entry.row(t);

/** In a function of its own, so that what runs does not hold the plan that it was made from. */
function runningProgram(
  operators: readonly Operator[],
  names: readonly string[],
  inputs: readonly Push[],
  closures: ClosureState,
  budget: Budget,
  behindWindow: Operator | undefined,
  times: OperatorTimes | undefined,
): RunningProgram {
  /** Made for the first row that is measured. */
  let calls: ((on: boolean) => void)[] | undefined;
  return {
    ...(behindWindow && {
      collect(rows: Tuple[]) {
        const before = enter(budget);
        budget.forRow();
        try {
          behindWindow.rows({ rows, win: undefined });
        } finally {
          leave(before);
        }
      },
    }),
    push(i, t) {
      const before = enter(budget);
      budget.forRow();
      try {
        inputs[i]!(t);
      } finally {
        leave(before);
      }
    },
    save() {
      const out: Record<string, unknown> = {};
      operators.forEach((op, i) => {
        const state = op.save?.();
        if (state !== undefined) out[names[i]!] = state;
      });
      if (closures.size > 0) out[CALLS] = closures.save();
      return out;
    },
    load(state) {
      operators.forEach((op, i) => {
        const saved = state[names[i]!];
        if (saved !== undefined) op.load?.(saved);
      });
      closures.load(state[CALLS]);
    },
    begin() {
      for (let i = operators.length - 1; i >= 0; i--) operators[i]!.start?.();
    },
    end() {
      for (const op of operators) op.end?.();
    },
    close(again) {
      for (const op of operators) op.close?.(again);
    },
    measure(on) {
      if (!times) return;
      calls ??= operators.map((op) => measuredCalls(op, times));
      for (const call of calls) call(on);
    },
    explain() {
      const out: Record<string, OperatorView> = {};
      operators.forEach((op, i) => {
        const view = op.explain?.();
        if (view) out[names[i]!] = view;
      });
      return out;
    },
  };
}

/** Watermarks pass through operators that do not care for them. */
function forwarding(op: Operator, next: Operator): void {
  if (!op.watermark && next.watermark) op.watermark = (tsMs) => next.watermark!(tsMs);
}

const before = (first: Downstream, op: Operator): Operator => ({
  stats: op.stats,
  row: first.row,
  rows: first.rows,
  watermark: op.watermark && ((tsMs) => op.watermark!(tsMs)),
});

/** Behind the last operator: project emits by itself. */
const nothing: Operator = { stats: undefined as never, row: goesNowhere, rows: goesNowhere };

function goesNowhere(): never {
  throw new Error('the last operator has no successor');
}
