// From a draft to a definition that the runtime can run: options, SELECT, plan, program, actions. Planned anew at each start of the
// rule, so that a replaced stream or plugin takes effect then (and not before, as in eKuiper). Loaded with the first rule: parser, planner,
// compiler and 180 functions are 25 MB that a gateway without rules does not need (planning.ts).
import { GatewayError, isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { compileRule } from '../../compile/index.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { StreamSchema } from '../../contract/schema.ts';
import { joinBranches } from '../../exec/branches.ts';
import { chainNodes, type NodeKind } from '../../exec/node-chain.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import { scriptProgram } from '../../exec/script-node.ts';
import { explain, type LogicalPlan, type PlanCatalog, type PlanOptions, planRule, type SourceInfo, withMeta } from '../../plan/index.ts';
import { parseRuleOptions, type RuleDefinition, type RuleOptions } from '../../runtime/index.ts';
import { checkSelect, parseSelect, type SelectStatement, selectsOf, stepsOf } from '../../sql/index.ts';
import { actionSpecs } from '../actions.ts';
import { sourceSpecOf } from '../source-spec.ts';
import { optionOf, type SourceDefinition } from '../streams/definition.ts';
import { type ChainStep, chainOf, chainParts, isChain } from './graph/graph-chain.ts';
import { type GraphNode, graphError, parseGraph } from './graph/graph-json.ts';
import { selectOfGraph } from './graph/graph-select.ts';
import { sourceOfNode } from './graph/graph-source.ts';
import type { ParsedRule, ParsedSelect, Planning, PlanningDeps } from './planning.ts';
import { sourceOf } from './planning.ts';
import type { RuleDraft } from './rule-json.ts';
import { compileSteps, explainSteps, planSteps, type StepPlan } from './rule-steps.ts';

interface RulePlanDeps extends PlanningDeps {
  functions: FunctionCatalogue;
}

/** Errors of our planner that eKuiper's parser finds: they count as faults of the rule's text. */
const PARSED_BY_EKUIPER: ReadonlySet<string> = new Set(['PLAN_BAD_ARGUMENT', 'PLAN_UNKNOWN_FUNCTION']);

export function createPlanning(deps: RulePlanDeps): Planning {
  return {
    parse: (draft, kept = false) => parseRule(draft, deps.settings(), deps.functions, kept),
    async prepare(rule) {
      for (const { script, names } of rule.chain?.steps ?? []) {
        if (!script) continue;
        try {
          await scriptsOf(deps).check(script.text, 'exec');
        } catch (error) {
          throw graphError(rule.draft.id, `node ${names[0]}: ${messageOf(error)}`);
        }
      }
    },
    checkArguments(rule) {
      for (const select of rule.selects) {
        try {
          plansOf(rule, select, deps);
        } catch (error) {
          if (isGatewayError(error) && PARSED_BY_EKUIPER.has(error.code))
            throw new GatewayError('RULE_JSON', { text: `Parse SQL ${select.sql} error: ${error.message}` }, { cause: error });
          // anything else is not a matter of the text
        }
      }
    },
    check(rule) {
      for (const select of rule.selects) plansOf(rule, select, deps);
      if (rule.chain) compileChain(rule, rule.chain, deps);
    },
    compile: (rule) => compile(rule, deps),
    explain: (rule) =>
      rule.chain
        ? rule.chain.steps.map((s) => explainedStep(rule, rule.chain!.input, s, deps)).join('\n')
        : rule.selects.map((select) => explained(plansOf(rule, select, deps))).join('\n'),
    definition: (rule, program) => ruleDefinition(rule, deps, program),
  };
}

/** Options, SQL syntax, and what eKuiper's parser checks of functions and their places. @throws GatewayError RULE_JSON with eKuiper's text; the parser's place and hint follow */
function parseRule(draft: RuleDraft, settings: Settings, functions: FunctionCatalogue, kept: boolean): ParsedRule {
  let options: RuleOptions;
  try {
    options = withCompatibility(parseRuleOptions(draft.id, draft.options, settings.ruleDefaults), settings, kept);
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: messageOf(error) }, { cause: error });
  }
  if (draft.graph) return parseGraphRule(draft, draft.graph, options);
  let select: SelectStatement;
  try {
    select = parseSelect(draft.sql, options.sqlCompatibility);
    for (const one of selectsOf(select)) checkSelect(one, draft.sql, withMeta(functions));
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: `Parse SQL ${draft.sql} error: ${messageOf(error)}` }, { cause: error });
  }
  const inputs = inputsOf(select);
  return { draft, options, selects: [parsed(select, draft.sql, options)], inputs, sources: inputs, own: NONE, actions: draft.actions };
}

type Settings = ReturnType<PlanningDeps['settings']>;

/** Fixed when the rule is read: a rule that runs does not change its answers. */
function withCompatibility(options: RuleOptions, settings: Settings, kept: boolean): RuleOptions {
  if (options.sqlCompatibility !== undefined) return options;
  return kept ? { ...options, sqlCompatibility: 'ekuiper', sqlKept: true } : { ...options, sqlCompatibility: settings.sqlCompatibility };
}

const NONE: ReadonlyMap<string, SourceDefinition> = new Map();

function parsed(first: SelectStatement, sql: string, { sqlCompatibility }: RuleOptions, sinks?: readonly number[]): ParsedSelect {
  let kept: SelectStatement | undefined = first;
  return {
    sql,
    sinks,
    tree(last = false) {
      const tree = kept ?? parseSelect(sql, sqlCompatibility);
      kept = last ? undefined : tree;
      return tree;
    },
  };
}

const NO_STEPS: ReadonlySet<string> = new Set();

/** Streams and tables, in order. */
function inputsOf(select: SelectStatement): string[] {
  const steps = stepsOf(select) ?? [{ select, reads: NO_STEPS }];
  const names = steps.flatMap((s) =>
    [s.select.from, ...s.select.joins.map((j) => j.source)].flatMap(({ name }) => (s.reads.has(name) ? [] : [name])),
  );
  return [...new Set(names)];
}

function parseGraphRule(draft: RuleDraft, json: Readonly<Record<string, unknown>>, options: RuleOptions): ParsedRule {
  const graph = parseGraph(draft.id, json);
  const own = new Map<string, SourceDefinition>();
  const references = new Map<string, string>();
  for (const node of graph.sources) {
    const source = sourceOfNode(draft.id, node);
    if ('definition' in source) own.set(node.name, source.definition);
    else references.set(node.name, source.reference);
  }
  const nameOf = (node: GraphNode) => references.get(node.name) ?? node.name;
  const rest = { draft, options, sources: [...references.values()], own, actions: graph.sinks.map((s) => ({ [s.nodeType]: s.props })) };
  if (isChain(graph, ({ props }) => props['sourceType'] === 'table'))
    return { ...rest, selects: [], inputs: [...new Set(graph.sources.map(nameOf))], chain: { ...chainOf(draft.id, graph), nameOf } };
  const selects = graph.lines().map((line) => {
    const sql = selectOfGraph(draft.id, line, nameOf);
    return parsed(
      parseSelect(sql, options.sqlCompatibility),
      sql,
      options,
      line.sinks.length === graph.sinks.length ? undefined : line.sinks,
    );
  });
  return { ...rest, selects, inputs: [...new Set(selects.flatMap((s) => inputsOf(s.tree())))] };
}

/** @throws GatewayError PLAN_*, SQL_* */
function plansOf(rule: ParsedRule, select: ParsedSelect, deps: RulePlanDeps): LogicalPlan | StepPlan[] {
  const tree = select.tree(true);
  const steps = stepsOf(tree);
  const catalog = planCatalog(rule, deps);
  const options = planOptions(rule, select.sql, deps);
  return steps ? planSteps(steps, catalog, options) : planRule(tree, catalog, options);
}

const explained = (plans: LogicalPlan | StepPlan[]): string => (Array.isArray(plans) ? explainSteps(plans) : explain(plans));

function compile(rule: ParsedRule, deps: RulePlanDeps): RuleProgram {
  if (rule.chain) return compileChain(rule, rule.chain, deps);
  const branches = rule.selects.map((s) => ({
    program: compiled(plansOf(rule, s, deps), rule),
    sinks: s.sinks ?? rule.actions.map((_, i) => i),
  }));
  return branches.length === 1 && rule.selects[0]!.sinks === undefined ? branches[0]!.program : joinBranches(branches);
}

const compiled = (plans: LogicalPlan | StepPlan[], { options }: ParsedRule): RuleProgram =>
  Array.isArray(plans) ? compileSteps(plans, options.isEventTime) : compileRule(plans);

function scriptsOf({ scripts }: RulePlanDeps) {
  if (!scripts) throw new Error('scripts cannot run here');
  return scripts;
}

const explainedStep = (rule: ParsedRule, input: string, { names, kind, sqls, script }: ChainStep, deps: RulePlanDeps): string =>
  script ? `{"op":"Script_${names[0]}"}` : sqls.map((sql) => explain(planOfStep(rule, input, sql, kind, deps))).join('\n');

function compileChain(rule: ParsedRule, chain: NonNullable<ParsedRule['chain']>, deps: RulePlanDeps): RuleProgram {
  const { sources, nodes } = chainParts(
    rule.draft.id,
    chain,
    chain.nameOf,
    (sql, kind, last) => compileRule(planOfStep(rule, chain.input, sql, kind, deps, last)),
    ({ text, isAgg }, node) => scriptProgram((id) => scriptsOf(deps).nodePlace(text, node, id), isAgg),
  );
  return chainNodes(sources, nodes, rule.options.isEventTime);
}

/** One statement of a node: its input is what the node before gives out, with whatever columns that has. */
function planOfStep(rule: ParsedRule, input: string, sql: string, kind: NodeKind, deps: RulePlanDeps, last = true): LogicalPlan {
  const info: SourceInfo = { name: input, kind: 'stream', lookup: false, temp: false, format: 'json' };
  const catalog: PlanCatalog = { functions: deps.functions, names: () => [input], source: (name) => (name === input ? info : undefined) };
  return planRule(parseSelect(sql, rule.options.sqlCompatibility), catalog, {
    ...planOptions(rule, sql, deps),
    isEventTime: kind === 'window' && rule.options.isEventTime,
    incrementalWindow: kind === 'collection' ? 'off' : 'auto',
    // metadata is added once, by the node before a sink
    sendMetaToSink: last && rule.options.sendMetaToSink,
  });
}

/** @param program the one made when the rule was checked; used for the first start only */
function ruleDefinition(rule: ParsedRule, deps: RulePlanDeps, program?: RuleProgram): RuleDefinition {
  let ready = program;
  return {
    id: rule.draft.id,
    program: () => {
      const made = ready ?? compile(rule, deps);
      ready = undefined;
      return made;
    },
    actions: actionSpecs(rule.actions, deps),
    options: rule.options,
    triggered: rule.draft.triggered,
    notes: rule.draft.notes,
    sources(name) {
      const own = rule.own.get(name);
      return own ? sourceSpecOf(own, deps) : sourceOf(name, deps);
    },
    statementOf: (name) => (rule.own.get(name) ?? deps.findStream(name))?.sql,
    outside: () =>
      deps.outside?.(() => ({
        id: rule.draft.id,
        text: rule.draft.text,
        sourceTypes: rule.inputs.map((name) => (rule.own.get(name) ?? deps.findStream(name))?.type ?? ''),
        actions: rule.actions,
      })) ?? [],
  };
}

function planCatalog({ own }: ParsedRule, deps: RulePlanDeps): PlanCatalog {
  return {
    functions: deps.functions,
    names: () => deps.streamNames(),
    source(name) {
      const d = own.get(name) ?? deps.findStream(name);
      return d ? sourceInfo(d) : undefined;
    },
  };
}

function sourceInfo(d: SourceDefinition): SourceInfo {
  const timestamp = optionOf(d, 'TIMESTAMP');
  return {
    name: d.name,
    kind: d.kind,
    lookup: d.lookup,
    temp: d.temp,
    format: d.format,
    ...(d.statement.fields.length ? { schema: d.statement.fields as StreamSchema } : {}),
    ...(timestamp ? { timestamp } : {}),
  };
}

function planOptions({ draft, options }: ParsedRule, sql: string, deps: RulePlanDeps): PlanOptions {
  const { timeZone, ignoreCase } = deps.settings();
  const strategy = options.planOptimizeStrategy as {
    optimizeControl?: { disableOptimizeRules?: string[] };
    windowOption?: { windowVersion?: string; enableSendSlidingWindowTwice?: boolean };
  };
  return {
    sql,
    isEventTime: options.isEventTime,
    lateToleranceMs: options.lateToleranceMs,
    sendNilField: options.sendNilField,
    sendMetaToSink: options.sendMetaToSink,
    temp: draft.temp,
    timeZone: options.timeZone ?? timeZone,
    ...(options.windowOffsetMs !== 0 ? { windowOffsetMs: options.windowOffsetMs } : {}),
    keyLimits: { maxKeys: options.maxKeys, ttlMs: options.keyTtlMs },
    futureToleranceMs: options.futureToleranceMs,
    idleTimeoutMs: options.idleTimeoutMs,
    ignoreCase,
    sqlCompatibility: options.sqlCompatibility,
    disabledRules: strategy.optimizeControl?.disableOptimizeRules ?? [],
    incrementalWindow: 'auto',
    ...(strategy.windowOption?.windowVersion ? { windowVersion: strategy.windowOption.windowVersion } : {}),
    sendSlidingWindowTwice: strategy.windowOption?.enableSendSlidingWindowTwice ?? false,
  };
}
