// A plan as a program: what it reads, what it keeps, and how it is started. `start` makes closures and operators, once per run of the
// rule, because only then the slots of the subscription are known. Next: chain.ts.
import type { FunctionEnv } from '../contract/function.ts';
import type { ProgramHost, ProgramInput, RuleProgram, RunningProgram } from '../exec/operator.ts';
import { createOutsideCalls } from '../exec/outside-calls.ts';
import type { DataSourceNode } from '../plan/logical/index.ts';
import { isStandard, type LogicalPlan, namesOf } from '../plan/plan.ts';
import { buildChain } from './chain.ts';
import type { CompileContext } from './context.ts';
import { detailsOf } from './details.ts';
import { fingerprintsOf } from './fingerprints.ts';
import { type Frame, jointFrame, sharedFrame } from './frame.ts';
import { indexOf } from './index-conjuncts.ts';
import { flatten, operatorNames, sourcesOf } from './nodes.ts';
import { callsOutside } from './outside.ts';
import { createStateRegistry } from './state.ts';

export function compileRule(plan: LogicalPlan): RuleProgram {
  const nodes = flatten(plan.root);
  const sources = sourcesOf(plan.root);
  const lookups = nodes.filter((n) => n.type === 'lookup');
  const names = operatorNames(nodes, sources.length);
  const fingerprints = fingerprintsOf(nodes, names, namesOf(plan), isStandard(plan));
  return {
    inputs: sources.map((s) => inputOf(s, plan)),
    lookups: [...new Set(lookups.map((n) => n.table))],
    stateful: Object.keys(fingerprints).length > 0,
    eventTime: plan.options.isEventTime === true,
    // an index looks at the exact name only
    index: plan.options.ignoreCase ? [] : indexOf(nodes, sources),
    operators: nodes.map((_, i) => names[i]!),
    outside: callsOutside(nodes).length > 0,
    fingerprints,
    details: detailsOf(nodes, names, plan),
    ...(plan.options.ignoreCase ? { anyCase: true } : {}),
    start(host: ProgramHost, slotOf: (input: number, column: string) => number): RunningProgram {
      if (sources.length === 0) return idleProgram;
      const outside = callsOutside(nodes).length > 0 ? createOutsideCalls() : undefined;
      const frame = frameOf(plan, sources, lookups, slotOf);
      const ctx: CompileContext = {
        frame,
        env: outside ? (Object.create(host.env, { outside: { value: outside, enumerable: true } }) as FunctionEnv) : host.env,
        outside,
        names: namesOf(plan),
        filled: new Set(),
        states: createStateRegistry(() => host.touch()),
        standard: isStandard(plan),
        anyCase: new Set(plan.options.ignoreCase ? plan.sources.filter((s) => s.info.schema === undefined).map((s) => s.index) : []),
        keyLimits: plan.options.keyLimits,
        eventTime: plan.options.isEventTime === true,
        keep: true,
        locals: new Map(),
        memo: new Map(),
        hits: 'update',
        onPass: [],
      };
      return buildChain({ plan, nodes, names, sources, host, slotOf, ctx });
    },
  };
}

/** A rule over a lookup table alone is accepted, as in eKuiper, and never gets a row. */
const idleProgram: RunningProgram = {
  push: () => undefined,
  save: () => ({}),
  load: () => undefined,
  begin: () => undefined,
  end: () => undefined,
  close: () => undefined,
};

function inputOf(s: DataSourceNode, plan: LogicalPlan): ProgramInput {
  const { emitter } = plan.sources[s.input]!;
  const input: ProgramInput = { source: s.source, emitter, kind: s.kind, columns: s.columns, all: s.all };
  if (Object.keys(s.members).length > 0) input.members = s.members;
  return input;
}

/** One source without joins reads shared tuples in place; anything else has a layout of its own. */
function frameOf(
  plan: LogicalPlan,
  sources: readonly DataSourceNode[],
  lookups: readonly { input: number; columns: readonly string[]; all: boolean }[],
  slotOf: (input: number, column: string) => number,
): Frame {
  const withStar = (s: { columns: readonly string[]; all: boolean }): string[] => [...s.columns, ...(s.all ? ['*'] : [])];
  if (plan.sources.length === 1) {
    return sharedFrame(withStar(sources[0]!), (column) => slotOf(0, column));
  }
  const all = [...sources, ...lookups].map((s) => ({ input: s.input, columns: withStar(s) }));
  return jointFrame(all.sort((a, b) => a.input - b.input));
}
