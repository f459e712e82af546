// SQL array_map(functionName, arr).
import { reserveArray, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { type CallSite, defineScalar, param, type ScalarDefinition } from '../../../contract/function.ts';
import { Tuple } from '../../../data/tuple.ts';
import type { Value } from '../../../data/value.ts';
// The catalogue lists this file: the import is a ring, which is safe because it is used only when a rule is compiled.
import { builtinFunctions } from '../../catalogue.ts';

type OneArgument = (v: Value) => Value;

export const arrayMap = defineScalar({
  name: 'array_map',
  group: 'array',
  since: '0.1.0',
  pure: false, // the function may have effects or read the clock
  nulls: 'null-or-empty',
  params: [param('functionName', 'any'), param('arr', 'any')],
  returns: 'array',
  doc: 'Array of the results of a built-in scalar function of one argument, named in lower case, for each element. Nulls reach the function.',
  examples: [
    ['array_map("abs", a)', [1, 2.5], { a: [-1, 2.5] }],
    ['array_map("cardinality", a)', [1n, 0n], { a: [[1], 'x'] }],
    ['array_map("abs", a)', null, { a: [] }],
    ['array_map("nofunc", a)', { error: 'unknown built-in function: nofunc.' }, { a: [1] }],
    ['array_map("abs", a)', { error: 'second argument should be array of interface{}' }, { a: 'str' }],
  ],
  compile: ([name, arr], site) => {
    const functions = new Map<string, OneArgument>();
    return (row) => {
      const called = name!(row);
      const elements = arr!(row);
      if (typeof called !== 'string') throw rowError('first argument should be string');
      if (!Array.isArray(elements)) throw rowError('second argument should be array of interface{}');
      let fn = functions.get(called);
      if (!fn) {
        fn = oneArgument(called, site);
        functions.set(called, fn);
      }
      if (elements.length > 16) reserveArray(elements.length);
      spend(elements.length * 4);
      return elements.map(fn);
    };
  },
});

/** The function as (element) → value, without its null rule, as in eKuiper. */
function oneArgument(name: string, site: CallSite): OneArgument {
  const definition = builtinFunctions().find((d) => d.name === name || d.aliases?.includes(name));
  if (!definition) throw rowError(`unknown built-in function: ${name}.`);
  if (definition.kind !== 'scalar') throw rowError('first argument should be a scalar function.');
  checkOneArgument(definition, name);
  const { exec, compile } = definition;
  if (exec) return (v) => exec(v);
  let current: Value;
  const inner: CallSite = { ...site, name, args: [{ text: '', node: 'column', literal: false, type: 'unknown' }] };
  const expr = compile!([() => current], inner);
  const noRow = new Tuple([], 0);
  return (v) => {
    current = v;
    return expr(noRow);
  };
}

function checkOneArgument(definition: ScalarDefinition, name: string): void {
  const required = definition.params.filter((p) => !p.optional).length;
  if (required > 1 || definition.params.length === 0 || definition.params[0]!.literal) throw rowError(`validate ${name} arguments failed`);
}
