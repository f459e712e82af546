// silent_for(), held_for() and their kind.
import type { AnalyticDefinition } from '../../contract/function.ts';
import { createTimers, type TimerCall, type TimerGroup } from '../../exec/timers.ts';
import type { BoundCall, BoundExpr } from '../../plan/bound.ts';
import { callsIn } from '../../plan/calls.ts';
import { isTimerCall } from '../../plan/classify.ts';
import type { TimersNode } from '../../plan/logical/index.ts';
import { timerText } from '../../plan/logical/timers.ts';
import { ekuiperText } from '../../plan/text.ts';
import { partitionKeyOf } from '../../windows/partition-key.ts';
import { argsOf, siteOf } from '../call.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { keptMeta, keptSlots } from './kept.ts';

export function makeTimers(n: TimersNode, input: MakerInput): OperatorMaker {
  const { ctx, plan } = input;
  // before own slots are filled: a kept row is as it comes
  const keep = keptSlots(input);
  const seen = new Map<string, number>();
  const overOf = overs(n.calls);
  const made = n.calls.map((c): { partition: string; call: TimerCall; of: BoundCall } => {
    const text = timerText(c, ctx.names);
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    const call: TimerCall = {
      key: `${text}#${count}`,
      def: c.def as AnalyticDefinition,
      site: siteOf(c, ctx),
      args: argsOf(c, ctx),
      follows: callsIn(c.args, isTimerCall).length > 0,
      when: c.over?.when && compileExpr(c.over.when, ctx),
      slot: ctx.frame.slot(c.slot!),
    };
    ctx.filled.add(c.slot!.id);
    return {
      partition: partitionsOf(overOf, c)
        .map((p) => ekuiperText(p, ctx.names))
        .join('\u0001'),
      call,
      of: c,
    };
  });
  const groups = [...Map.groupBy(made, (m) => m.partition).values()].map(
    (members): TimerGroup => ({
      keyOf: partitionKeyOf(partitionsOf(overOf, members[0]!.of).map((p) => compileExpr(p, ctx))),
      calls: members.map((m) => m.call),
    }),
  );
  const spec = {
    groups,
    eventTime: plan.options.isEventTime === true,
    width: () => ctx.frame.width,
    keep,
    keepMeta: keptMeta(input),
    keyLimits: plan.options.keyLimits,
  };
  return (host, stats, next) => createTimers(spec, host, stats, next);
}

/** A call within another one has its keys unless it names keys of its own: repeat_while(latch(a, b), mi, 5) OVER (PARTITION BY dev). */
function overs(calls: readonly BoundCall[]): ReadonlyMap<number, readonly BoundExpr[]> {
  const found = new Map<number, readonly BoundExpr[]>();
  // outer calls come last
  for (const c of calls.toReversed()) {
    const own = c.over?.partitionBy.length ? c.over.partitionBy : (found.get(c.id) ?? []);
    found.set(c.id, own);
    for (const inner of callsIn(c.args, isTimerCall)) if (!inner.over?.partitionBy.length && !found.has(inner.id)) found.set(inner.id, own);
  }
  return found;
}

const partitionsOf = (overOf: ReadonlyMap<number, readonly BoundExpr[]>, c: BoundCall): readonly BoundExpr[] => overOf.get(c.id) ?? [];
