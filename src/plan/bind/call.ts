// Calls: the function by its name, its arguments checked as eKuiper checks them when a rule is made. Aggregates, analytic functions and
// row_number get the slot in which an operator leaves their result.
import type { FunctionDefinition } from '../../contract/function.ts';
import type { CallExpr, Expr, TimeUnitExpr } from '../../sql/ast.ts';
import { asUnitAndNumbers } from '../../sql/index.ts';
import { didYouMean } from '../../sql/suggest.ts';
import type { BoundCall, BoundExpr } from '../bound.ts';
import { checkArguments, factsOf } from '../checks/arguments.ts';
import { hasAggregate } from '../classify.ts';
import { distinctOf } from './distinct.ts';
import { bindExpression, bindMeta, bindSort } from './expression.ts';
import { bindLambda } from './lambda.ts';
import type { Scope } from './scope.ts';

/** meta() and mqtt() are not functions: their argument is the value. */
export const isMetaName = (name: string): boolean => /^(meta|mqtt)$/i.test(name);

/** @throws GatewayError PLAN_UNKNOWN_FUNCTION, PLAN_BAD_ARGUMENT, PLAN_AGGREGATE_PLACE */
export function bindCall(e: CallExpr, scope: Scope): BoundExpr {
  const lower = e.name.toLowerCase();
  if (isMetaName(lower)) return bindMetaCall(e, scope, lower === 'mqtt');
  // the function of the name takes the name of a function; with a lambda it is another one
  const named = lower === 'array_map' && e.args[1]?.kind === 'lambda' ? 'array_transform' : e.name;
  const found = scope.catalog.functions.get(named);
  if (!found)
    throw scope.fail(
      'PLAN_UNKNOWN_FUNCTION',
      `function ${e.name} not found`,
      e.nameSpan,
      didYouMean(e.name, scope.catalog.functions.names()),
    );
  const standard = scope.options.sqlCompatibility === 'standard';
  if (found.onlyStandard && !standard)
    throw scope.fail(
      'PLAN_UNKNOWN_FUNCTION',
      `function ${e.name} not found`,
      e.nameSpan,
      'it is there for rules with option sqlCompatibility "standard"',
    );
  // chosen here, once: nothing asks again when rows come
  const plain = (standard && found.standard) || found;
  const def = e.distinct && plain.kind === 'aggregate' ? distinctOf(plain) : plain;
  if (e.over && def.kind !== 'analytic' && def.kind !== 'window')
    throw scope.fail(
      'PLAN_BAD_ARGUMENT',
      `Found OVER after non analytic function ${e.name}`,
      e.over.span,
      'only analytic functions such as lag take OVER',
    );
  const written = def.kind === 'analytic' && def.timer ? withoutIntervals(e.args) : e.args;
  const args = written.map((a, i) =>
    a.kind === 'lambda' ? bindLambda(a, i, def, e, scope) : bindExpression(isUnit(a, i, def) ? withoutName(a) : a, scope),
  );
  const id = scope.newCallId();
  const call: BoundCall = {
    kind: 'call',
    def,
    name: e.name,
    id,
    args,
    facts: factsOf(args, written),
    ...(e.distinct && { distinct: true }),
    filter: e.filter && bindExpression(e.filter, scope),
    over: e.over && {
      partitionBy: e.over.partitionBy.map((p) => bindExpression(p, scope)),
      orderBy: bindSort(e.over.orderBy, scope),
      when: e.over.when && bindExpression(e.over.when, scope),
    },
    slot: needsSlot(def) ? scope.newSlot(lower) : undefined,
    span: e.span,
  };
  checkArguments(call, written, scope);
  if (def.kind === 'aggregate') checkNoNestedAggregate(call, written, scope);
  if (call.filter && hasAggregate(call.filter))
    throw scope.fail(
      'PLAN_AGGREGATE_PLACE',
      'FILTER (WHERE …) of an aggregate looks at one row: aggregates are not known there',
      e.filter!.span,
      'conditions on aggregates belong in HAVING',
    );
  return call;
}

/** Where a function takes a unit, `ss` is one, and no column. */
const isUnit = (a: Expr, i: number, def: FunctionDefinition): a is TimeUnitExpr => a.kind === 'timeUnit' && def.params[i]?.name === 'unit';

function withoutName({ name: _name, ...unit }: TimeUnitExpr): TimeUnitExpr {
  return unit;
}

/** `silent_for(INTERVAL 10 MINUTE)` is `silent_for(mi, 10)`. */
const withoutIntervals = (args: readonly Expr[]): readonly Expr[] =>
  args.flatMap((a): readonly Expr[] => (a.kind === 'interval' ? (asUnitAndNumbers([a]) ?? [a]) : [a]));

/** dedup_trigger() is computed by an operator of its own. */
export const isTrigger = (def: FunctionDefinition): boolean => def.name === 'dedup_trigger';

function needsSlot(def: FunctionDefinition): boolean {
  return def.kind === 'aggregate' || def.kind === 'analytic' || (def.kind === 'window' && def.over !== undefined) || isTrigger(def);
}

function checkNoNestedAggregate(call: BoundCall, written: readonly Expr[], scope: Scope): void {
  const nested = call.args.findIndex(hasAggregate);
  if (nested >= 0)
    throw scope.fail(
      'PLAN_AGGREGATE_PLACE',
      `invalid argument for func ${call.name}: aggregate argument is not allowed`,
      written[nested]?.span ?? call.span,
      'chain two rules, or use an array function over collect(…)',
    );
}

function bindMetaCall(e: CallExpr, scope: Scope, ignoreCase: boolean): BoundExpr {
  const arg = e.args[0];
  if (e.args.length !== 1 || !arg)
    throw scope.fail(
      'PLAN_BAD_ARGUMENT',
      `validate function ${e.name.toLowerCase()} error: Expect 1 arguments but found ${e.args.length}.`,
      e.span,
    );
  const bound = bindMetaArgument(arg, scope, ignoreCase);
  if (bound && ignoreCase && !(bound.kind === 'meta' && /^(topic|messageid)$/i.test(bound.key)))
    throw scope.fail(
      'PLAN_BAD_ARGUMENT',
      'validate function mqtt error: Parameter of mqtt function can be only topic or messageid.',
      arg.span,
      'meta(key) reads any key',
    );
  if (!bound)
    throw scope.fail(
      'PLAN_BAD_ARGUMENT',
      `validate function ${e.name.toLowerCase()} error: Expect meta reference type for parameter 1`,
      arg.span,
      'write the key without quotes, e.g. meta(topic)',
    );
  return bound;
}

function bindMetaArgument(arg: Expr, scope: Scope, ignoreCase: boolean): BoundExpr | undefined {
  if (arg.kind === 'metaRef') return bindMeta(arg, scope, ignoreCase);
  if (arg.kind === 'wildcard') return bindMeta({ kind: 'metaRef', stream: arg.stream, name: '*', span: arg.span }, scope, ignoreCase);
  if (arg.kind === 'column') return bindMeta({ ...arg, kind: 'metaRef' }, scope, ignoreCase);
  if (arg.kind === 'member') {
    const object = bindMetaArgument(arg.object, scope, ignoreCase);
    return object && { kind: 'member', object, name: arg.name, computed: arg.computed !== undefined, span: arg.span };
  }
  return undefined;
}
