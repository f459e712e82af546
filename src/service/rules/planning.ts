// What the rule service needs of parser, planner and compiler, and how it is loaded: with the first rule. Next: rule-plan.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import type { Scripts } from '../../extensions/index.ts';
import type { Cause, RuleDefinition, RuleOptions, SourceSpec } from '../../runtime/index.ts';
import type { SelectStatement } from '../../sql/index.ts';
import type { ActionDeps } from '../actions.ts';
import type { RuleText } from '../plugins/index.ts';
import { sourceSpecOf } from '../source-spec.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import type { GraphChain } from './graph/graph-chain.ts';
import type { GraphNode } from './graph/graph-json.ts';
import type { RuleDraft } from './rule-json.ts';

export interface PlanningDeps extends ActionDeps {
  findStream(name: string): SourceDefinition | undefined;
  streamNames(): string[];
  log: Log;
  /** Of script nodes of graphs; absent where there are no graphs. */
  scripts?: Pick<Scripts, 'check' | 'nodePlace'>;
  /** Of a rule, for its health. */
  outside?(rule: () => RuleText): readonly Cause[];
  settings(): { timeZone: string; ignoreCase: boolean; sqlCompatibility: SqlCompatibility; ruleDefaults: RuleOptions };
}

export interface ParsedSelect {
  /** The syntax tree; parsed again when it was let go (thousands of trees of running rules would fill the memory).
   *  @param last true: it is not needed again soon */
  tree(last?: boolean): SelectStatement;
  /** Its text: the rule's own, or what the line says as a SELECT. */
  readonly sql: string;
  /** Indexes of the actions that get its results; undefined = all. */
  readonly sinks: readonly number[] | undefined;
}

/** A draft whose text is understood; what names mean is looked up later. */
export interface ParsedRule {
  readonly draft: RuleDraft;
  readonly options: RuleOptions;
  /** One, or of a graph one for each line to its sinks. */
  readonly selects: readonly ParsedSelect[];
  /** A graph without joins and tables: a chain of nodes instead of statements. */
  readonly chain?: GraphChain & { nameOf(source: GraphNode): string };
  /** Streams and tables of FROM and JOIN, in order. */
  readonly inputs: readonly string[];
  /** Those of them that are in the catalog. */
  readonly sources: readonly string[];
  /** Streams that exist in this rule only (graph). */
  readonly own: ReadonlyMap<string, SourceDefinition>;
  /** Elements of `actions`; of a graph its sink nodes. */
  readonly actions: RuleDraft['actions'];
}

export interface Planning {
  /** Options and SQL syntax. @param kept the rule was stored by a version that knew eKuiper's answers only: it keeps them
   *  @throws GatewayError RULE_JSON */
  parse(draft: RuleDraft, kept?: boolean): ParsedRule;
  /** Loads what its nodes run in, and checks scripts; goes before `check` and `compile`, and before a definition is started. @throws GatewayError RULE_GRAPH */
  prepare(rule: ParsedRule): Promise<void>;
  /** Arguments of functions, which eKuiper checks while it parses. @throws GatewayError RULE_JSON */
  checkArguments(rule: ParsedRule): void;
  /** Names and types too. @throws GatewayError PLAN_*, SQL_* */
  check(rule: ParsedRule): void;
  /** @throws as check */
  compile(rule: ParsedRule): RuleProgram;
  explain(rule: ParsedRule): string;
  /** @param program the one made when the rule was checked; used for the first start only */
  definition(rule: ParsedRule, program?: RuleProgram): RuleDefinition;
}

export type LoadPlanning = () => Promise<Planning>;

/** @param functions loads the catalogue of SQL functions */
export function planningLoader(deps: PlanningDeps, functions: () => Promise<FunctionCatalogue>): LoadPlanning {
  let loading: Promise<Planning> | undefined;
  return () =>
    (loading ??= Promise.all([import('./rule-plan.ts'), functions()]).then(([{ createPlanning }, catalogue]) =>
      createPlanning({ ...deps, functions: catalogue }),
    ));
}

/** @throws GatewayError STREAM_COMMAND when the catalog has no such stream or table */
export function sourceOf(name: string, deps: PlanningDeps): SourceSpec {
  const definition = deps.findStream(name);
  if (!definition) throw new GatewayError('STREAM_COMMAND', { text: `fail to get stream ${name}, please check if stream is created` });
  return sourceSpecOf(definition, deps);
}
