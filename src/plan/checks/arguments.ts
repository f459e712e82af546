// Number and literal types of a call's arguments, checked when the rule is made. Only literals can be wrong here: a column's type is
// known when a row comes. Texts: `Expect 1 arguments but found 0.`, `Expect number type for parameter 1`.
import type { ArgFact, Param, ParamType } from '../../contract/function.ts';
import type { Expr } from '../../sql/ast.ts';
import { printExpr } from '../../sql/index.ts';
import type { Scope } from '../bind/scope.ts';
import type { BoundCall, BoundExpr } from '../bound.ts';
import { typeOf } from '../classify.ts';

/** What a function is told about its arguments.
 *  @param written the arguments as parsed, for their text */
export function factsOf(args: readonly BoundExpr[], written: readonly Expr[]): ArgFact[] {
  return args.map((arg, i) => {
    const source = written[i];
    // an argument in parentheses is not looked into, as in eKuiper: abs(("x")) is an error of the row
    const parens = source?.parens === true;
    const literal = arg.kind === 'literal' && arg.node !== 'folded' && !parens;
    return {
      text: source ? printExpr(source) : '',
      node: parens ? 'parens' : (source?.kind ?? arg.kind),
      literal,
      value: arg.kind === 'literal' ? arg.value : undefined,
      type: typeOf(arg),
    };
  });
}

/** @throws GatewayError PLAN_BAD_ARGUMENT */
export function checkArguments(call: BoundCall, written: readonly Expr[], scope: Scope): void {
  const { def } = call;
  const fail = (text: string, index?: number): Error =>
    scope.fail(
      'PLAN_BAD_ARGUMENT',
      `validate function ${nameShown(call)} error: ${text}`,
      (index === undefined ? undefined : written[index]?.span) ?? call.span,
      // a plugin's own text says it all; its parameters are not known here
      def.group === 'plugin' ? undefined : `${def.name}(${def.params.map(shown).join(', ')})`,
    );
  const { facts } = call;
  const least = def.params.filter((p) => !p.optional && !p.rest).length;
  const most = def.params.at(-1)?.rest ? Number.POSITIVE_INFINITY : def.params.length;
  if (facts.length < least || facts.length > most)
    throw fail(
      def.countText
        ? def.countText(facts.length)
        : most === least
          ? `Expect ${least} arguments but found ${facts.length}.`
          : facts.length < least
            ? `Expect at least ${least} arguments but found ${facts.length}.`
            : `Expect at most ${most} arguments but found ${facts.length}.`,
    );
  facts.forEach((fact, i) => {
    const param = def.params[Math.min(i, def.params.length - 1)]!;
    if ((fact.literal || isCondition(fact)) && !fits(fact, param.type))
      throw fail(`Expect ${shownType(param.type)} type for parameter ${i + 1}`, i);
    if (param.literal && !fact.literal) throw fail(`Expect ${shownType(param.type)} literal for parameter ${i + 1}`, i);
  });
  if (def.validate) {
    try {
      def.validate(facts);
    } catch (error) {
      throw fail((error as Error).message);
    }
  }
}

/** eKuiper writes built-in names in lower case; a plugin's name is camelCase and stays so. */
const nameShown = ({ def, name }: BoundCall): string => (def.group === 'plugin' ? def.name : name.toLowerCase());

/** A written condition (`a > 1`) counts as a boolean literal, as in eKuiper; a call that gives a boolean does not. */
const isCondition = (fact: ArgFact): boolean => fact.type === 'boolean' && ['binary', 'between', 'in', 'like'].includes(fact.node);

function fits(fact: ArgFact, type: ParamType): boolean {
  switch (type) {
    case 'number':
    case 'float':
      return fact.node === 'int' || fact.node === 'float';
    case 'int':
      return fact.node === 'int';
    case 'string':
      return fact.node === 'string';
    case 'bool':
      return fact.node === 'bool' || isCondition(fact);
    default:
      // dates come as text or number, arrays and objects never as literals: the function says so per row
      return true;
  }
}

const shownType = (type: ParamType): string => ({ number: 'number - float or int', bool: 'boolean' })[type as 'number' | 'bool'] ?? type;
const shown = (p: Param): string => `${p.optional ? '[' : ''}${p.rest ? '...' : ''}${p.name}${p.optional ? ']' : ''}`;
