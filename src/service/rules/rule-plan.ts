// From a draft to a definition that the runtime can run: options, SELECT, plan, program, actions. Planned anew at each start of the
// rule, so that a replaced stream or plugin takes effect then (and not before, as in eKuiper).
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { compileRule } from '../../compile/index.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { StreamSchema } from '../../contract/schema.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import { type LogicalPlan, type PlanCatalog, type PlanOptions, planRule, type SourceInfo } from '../../plan/index.ts';
import { parseRuleOptions, type RuleDefinition, type RuleOptions, type SourceSpec } from '../../runtime/index.ts';
import { checkSelect, parseSelect, type SelectStatement } from '../../sql/index.ts';
import { type ActionDeps, actionSpecs } from '../actions.ts';
import { sourceSpecOf } from '../source-spec.ts';
import { optionOf, type SourceDefinition } from '../streams/definition.ts';
import type { RuleDraft } from './rule-json.ts';

export interface RulePlanDeps extends ActionDeps {
  functions: FunctionCatalogue;
  findStream(name: string): SourceDefinition | undefined;
  streamNames(): string[];
  log: Log;
  settings(): { timeZone: string; ignoreCase: boolean; ruleDefaults: RuleOptions };
}

/** A draft whose text is understood; what names mean is looked up later. */
export interface ParsedRule {
  readonly draft: RuleDraft;
  readonly options: RuleOptions;
  readonly select: SelectStatement | undefined;
  /** Streams and tables of FROM and JOIN, in order. */
  readonly sources: readonly string[];
}

/** Options, SQL syntax, and what eKuiper's parser checks of functions and their places. @throws GatewayError RULE_JSON with eKuiper's text; the parser's place and hint follow */
export function parseRule(draft: RuleDraft, defaults: RuleOptions, functions: FunctionCatalogue): ParsedRule {
  let options: RuleOptions;
  try {
    options = parseRuleOptions(draft.id, draft.options, defaults);
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: messageOf(error) }, { cause: error });
  }
  if (draft.graph) return { draft, options, select: undefined, sources: [] };
  let select: SelectStatement;
  try {
    select = parseSelect(draft.sql);
    checkSelect(select, draft.sql, functions);
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: `Parse SQL ${draft.sql} error: ${messageOf(error)}` }, { cause: error });
  }
  return { draft, options, select, sources: [...new Set([select.from.name, ...select.joins.map((j) => j.source.name)])] };
}

/** @throws GatewayError PLAN_*, SQL_* */
export function planOf(rule: ParsedRule, deps: RulePlanDeps): LogicalPlan {
  if (!rule.select) throw new GatewayError('SERVICE_MISSING', { what: 'a rule made of a graph' });
  return planRule(rule.select, planCatalog(deps), planOptions(rule, deps));
}

export function compile(rule: ParsedRule, deps: RulePlanDeps): RuleProgram {
  return compileRule(planOf(rule, deps));
}

/** @param program the one made when the rule was checked; used for the first start only */
export function ruleDefinition(rule: ParsedRule, deps: RulePlanDeps, program?: RuleProgram): RuleDefinition {
  let ready = program;
  return {
    id: rule.draft.id,
    program: () => {
      const made = ready ?? compile(rule, deps);
      ready = undefined;
      return made;
    },
    actions: actionSpecs(rule.draft.id, rule.draft.actions, deps),
    options: rule.options,
    triggered: rule.draft.triggered,
    sources: (name) => sourceOf(name, deps),
  };
}

export function sourceOf(name: string, deps: RulePlanDeps): SourceSpec {
  const definition = deps.findStream(name);
  if (!definition) throw new GatewayError('STREAM_COMMAND', { text: `fail to get stream ${name}, please check if stream is created` });
  return sourceSpecOf(definition, deps);
}

function planCatalog(deps: RulePlanDeps): PlanCatalog {
  return {
    functions: deps.functions,
    names: () => deps.streamNames(),
    source(name) {
      const d = deps.findStream(name);
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

function planOptions({ draft, options }: ParsedRule, deps: RulePlanDeps): PlanOptions {
  const { timeZone, ignoreCase } = deps.settings();
  const strategy = options.planOptimizeStrategy as {
    optimizeControl?: { disableOptimizeRules?: string[] };
    windowOption?: { windowVersion?: string; enableSendSlidingWindowTwice?: boolean };
  };
  return {
    sql: draft.sql,
    isEventTime: options.isEventTime,
    lateToleranceMs: options.lateToleranceMs,
    sendNilField: options.sendNilField,
    sendMetaToSink: options.sendMetaToSink,
    temp: draft.temp,
    timeZone,
    ignoreCase,
    disabledRules: strategy.optimizeControl?.disableOptimizeRules ?? [],
    incrementalWindow: 'auto',
    ...(strategy.windowOption?.windowVersion ? { windowVersion: strategy.windowOption.windowVersion } : {}),
    sendSlidingWindowTwice: strategy.windowOption?.enableSendSlidingWindowTwice ?? false,
  };
}
