// From a draft to a definition that the runtime can run: options, SELECT, plan, program, actions. Planned anew at each start of the
// rule, so that a replaced stream or plugin takes effect then (and not before, as in eKuiper). Loaded with the first rule: parser, planner,
// compiler and 180 functions are 25 MB that a gateway without rules does not need (planning.ts).
import { GatewayError, isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { compileRule } from '../../compile/index.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { StreamSchema } from '../../contract/schema.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import { explain, type LogicalPlan, type PlanCatalog, type PlanOptions, planRule, type SourceInfo, withMeta } from '../../plan/index.ts';
import { parseRuleOptions, type RuleDefinition, type RuleOptions } from '../../runtime/index.ts';
import { checkSelect, parseSelect, type SelectStatement } from '../../sql/index.ts';
import { actionSpecs } from '../actions.ts';
import { optionOf, type SourceDefinition } from '../streams/definition.ts';
import type { ParsedRule, Planning, PlanningDeps } from './planning.ts';
import { sourceOf } from './planning.ts';
import type { RuleDraft } from './rule-json.ts';

interface RulePlanDeps extends PlanningDeps {
  functions: FunctionCatalogue;
}

/** Errors of our planner that eKuiper's parser finds: they count as faults of the rule's text. */
const PARSED_BY_EKUIPER: ReadonlySet<string> = new Set(['PLAN_BAD_ARGUMENT', 'PLAN_UNKNOWN_FUNCTION']);

export function createPlanning(deps: RulePlanDeps): Planning {
  return {
    parse: (draft) => parseRule(draft, deps.settings().ruleDefaults, deps.functions),
    checkArguments(rule) {
      try {
        planOf(rule, deps);
      } catch (error) {
        if (isGatewayError(error) && PARSED_BY_EKUIPER.has(error.code))
          throw new GatewayError('RULE_JSON', { text: `Parse SQL ${rule.draft.sql} error: ${error.message}` }, { cause: error });
        // anything else is not a matter of the text
      }
    },
    check: (rule) => void planOf(rule, deps),
    compile: (rule) => compile(rule, deps),
    explain: (rule) => explain(planOf(rule, deps)),
    definition: (rule, program) => ruleDefinition(rule, deps, program),
  };
}

/** Options, SQL syntax, and what eKuiper's parser checks of functions and their places. @throws GatewayError RULE_JSON with eKuiper's text; the parser's place and hint follow */
function parseRule(draft: RuleDraft, defaults: RuleOptions, functions: FunctionCatalogue): ParsedRule {
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
    checkSelect(select, draft.sql, withMeta(functions));
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: `Parse SQL ${draft.sql} error: ${messageOf(error)}` }, { cause: error });
  }
  return { draft, options, select, sources: [...new Set([select.from.name, ...select.joins.map((j) => j.source.name)])] };
}

/** @throws GatewayError PLAN_*, SQL_* */
function planOf(rule: ParsedRule, deps: RulePlanDeps): LogicalPlan {
  if (!rule.select) throw new GatewayError('SERVICE_MISSING', { what: 'a rule made of a graph' });
  return planRule(rule.select, planCatalog(deps), planOptions(rule, deps));
}

function compile(rule: ParsedRule, deps: RulePlanDeps): RuleProgram {
  return compileRule(planOf(rule, deps));
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
    actions: actionSpecs(rule.draft.id, rule.draft.actions, deps),
    options: rule.options,
    triggered: rule.draft.triggered,
    sources: (name) => sourceOf(name, deps),
  };
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
