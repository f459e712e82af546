// A rule whose statement has WITH, sub-selects or UNION ALL: each plain SELECT of it is planned and compiled by itself; what one gives out, the next ones take
// in (exec/steps.ts). Called by rule-plan.ts.

import { compileRule } from '../../compile/index.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import { chainSteps, type ProgramStep } from '../../exec/steps.ts';
import { explain, type LogicalPlan, type PlanCatalog, type PlanOptions, planRule, type SourceInfo } from '../../plan/index.ts';
import { type Expr, find, type SelectStatement, type Step, sqlError } from '../../sql/index.ts';
import { ALL_ROWS } from './all-rows.ts';

export interface StepPlan {
  readonly step: Step;
  readonly plan: LogicalPlan;
  readonly takes: ProgramStep['takes'];
  readonly collects: boolean;
}

/** @throws GatewayError PLAN_* */
export function planSteps(steps: readonly Step[], catalog: PlanCatalog, options: PlanOptions): StepPlan[] {
  const plans: StepPlan[] = [];
  const named = (name: string) => plans.filter((p) => p.step.name === name);
  for (const step of steps) {
    const { select } = step;
    const before = [...step.reads].flatMap(named);
    const collected = before.some((p) => p.collects);
    const leaf = step.reads.size === 0;
    const takes = select.window !== undefined || !collected ? 'stream' : isOfAll(select, catalog) ? 'together' : 'each';
    const plan = planRule(takes === 'together' ? overAll(select) : select, withSteps(catalog, step, named), {
      ...options,
      // rows of steps have their times; only windows and streams ask for their order
      isEventTime: options.isEventTime === true && (leaf || select.window !== undefined),
      // one step before gives its rows in their order
      ...(!leaf && before.length === 1 && { lateToleranceMs: 0 }),
      ...(takes === 'together' && { incrementalWindow: 'off' as const }),
      sendMetaToSink: step.name === '' && options.sendMetaToSink === true,
    });
    if (takes === 'together' && looksBack(plan.root))
      throw sqlError(
        'PLAN_ORDER',
        'an analytic function looks at rows one by one, and this step at the rows of a window together',
        options.sql ?? '',
        select.fields[0]!.expr.span,
        'put the analytic function into a step of its own',
      );
    plans.push({ step, plan, takes, collects: select.window !== undefined || collected });
  }
  return plans;
}

export function compileSteps(plans: readonly StepPlan[], eventTime: boolean): RuleProgram {
  const last = plans.filter((p) => p.step.name === '').length;
  let sides = 0;
  const indexOf = (name: string) => plans.flatMap((p, i) => (p.step.name === name ? [i] : []));
  const used = new Map<string, number>();
  const steps = plans.map(({ step, plan, takes, collects }): ProgramStep => {
    const nth = (used.get(step.name) ?? 0) + 1;
    used.set(step.name, nth);
    const own = step.name === '' ? (last > 1 ? `union_${++sides}` : '') : nth > 1 ? `${step.name}_${nth}` : step.name;
    const program = compileRule(plan);
    return {
      prefix: own === '' ? '' : `${own}_`,
      program,
      reads: program.inputs.map((input) => (step.reads.has(input.source) ? indexOf(input.source) : undefined)),
      takes,
      collects,
      last: step.name === '',
    };
  });
  return chainSteps(steps, eventTime);
}

/** Each step under its name, then its plan. */
export const explainSteps = (plans: readonly StepPlan[]): string =>
  plans
    .map(({ step, plan }) => {
      const lines = explain(plan)
        .split('\n')
        .map((line) => `\t${line}`);
      return [JSON.stringify({ op: 'StepPlan', info: step.name === '' ? 'result' : `name:${step.name}` }), ...lines].join('\n');
    })
    .join('\n');

/** Steps are streams without declared fields, whose columns are what their SELECT gives out. */
function withSteps(catalog: PlanCatalog, step: Step, named: (name: string) => readonly StepPlan[]): PlanCatalog {
  return {
    functions: catalog.functions,
    names: () => [...step.reads, ...(catalog.names?.() ?? [])],
    source(name) {
      if (!step.reads.has(name)) return catalog.source(name);
      const outputs = outputsOf(named(name));
      const info: SourceInfo = {
        name,
        kind: 'stream',
        lookup: false,
        temp: false,
        format: 'json',
        timestamp: name,
        ...(outputs && { outputs }),
      };
      return info;
    },
  };
}

/** True when something stands below the window that would not see the rows. */
const looksBack = (n: LogicalPlan['root'], below = false): boolean =>
  (below && (n.type === 'analytic' || n.type === 'timers')) || n.children.some((c) => looksBack(c, below || n.type === 'window'));

/** @returns undefined when a `*` brings what it brings */
function outputsOf(plans: readonly StepPlan[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const { plan } of plans) {
    const project = plan.root.type === 'project-set' ? plan.root.children[0] : plan.root;
    if (project?.type !== 'project' || project.wildcard || plan.root.type === 'project-set') return undefined;
    for (const c of project.columns) {
      if (c.kind === 'spread') return undefined;
      if (!c.invisible) names.add(c.name);
    }
  }
  return [...names];
}

/** True when the statement looks at the rows of a window together, not at each by itself. */
function isOfAll(s: SelectStatement, { functions }: PlanCatalog): boolean {
  if (s.groupBy.length > 0 || s.distinct || s.orderBy.length > 0 || s.limit || s.having) return true;
  const ofAll = (e: Expr): boolean => {
    const def = e.kind === 'call' ? functions.get(e.name) : undefined;
    return def?.kind === 'aggregate' || (def?.kind === 'window' && def.over !== undefined);
  };
  return [...s.fields.map((f) => f.expr), ...(s.qualify ? [s.qualify] : [])].some((e) => find(e, ofAll) !== undefined);
}

const overAll = (s: SelectStatement): SelectStatement => ({
  ...s,
  window: {
    kind: 'window',
    type: 'count',
    name: 'COUNTWINDOW',
    args: [{ kind: 'int', value: BigInt(ALL_ROWS), span: s.span }],
    partitionBy: [],
    span: s.span,
  },
});
