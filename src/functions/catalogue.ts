// Names → definitions of all built-in SQL functions. The planner and the documentation generator get it as an argument.
// A new function is one file in its group and one export line in the group's index.ts; nothing else lists functions.
import type { FunctionCatalogue, FunctionDefinition } from '../contract/function.ts';
import * as aggregate from './aggregate/index.ts';
import * as analytic from './analytic/index.ts';
import { otherNames } from './other-names.ts';
import * as array from './scalar/array/index.ts';
import * as bytes from './scalar/bytes/index.ts';
import * as date from './scalar/date/index.ts';
import * as hash from './scalar/hash/index.ts';
import * as json from './scalar/json/index.ts';
import * as math from './scalar/math/index.ts';
import * as measure from './scalar/measure/index.ts';
import * as object from './scalar/object/index.ts';
import * as other from './scalar/other/index.ts';
import * as string from './scalar/string/index.ts';
import * as transform from './scalar/transform/index.ts';
import * as table from './table/index.ts';
import * as timer from './timer/index.ts';
import * as window from './window/index.ts';

const groups: readonly Readonly<Record<string, unknown>>[] = [
  math,
  string,
  hash,
  json,
  transform,
  bytes,
  measure,
  other,
  date,
  array,
  object,
  aggregate,
  analytic,
  timer,
  table,
  window,
];

/** Every built-in definition, in the order of the groups. */
export function builtinFunctions(): FunctionDefinition[] {
  const own = groups.flatMap((group) => Object.values(group).filter(isDefinition));
  return [...own, ...otherNames(own)];
}

/** Built-in names are found in any letter case.
 *  @param extra where names are looked up that no built-in has (plugins: case-sensitive); asked on every call, so it may change */
export function createFunctionCatalogue(extra?: FunctionCatalogue): FunctionCatalogue {
  const byName = new Map<string, FunctionDefinition>();
  for (const definition of builtinFunctions()) {
    for (const name of [definition.name, ...(definition.aliases ?? [])]) {
      if (byName.has(name)) throw new Error(`SQL function ${name} is defined twice`);
      byName.set(name, definition);
    }
  }
  const builtinNames = [...byName.keys()].sort();
  return {
    get(name) {
      const builtin = byName.get(name.toLowerCase());
      // what came later does not take a name away from a plugin that had it before
      return (builtin?.onlyStandard && extra?.get(name)) || (builtin ?? extra?.get(name));
    },
    names: () => (extra ? [...builtinNames, ...extra.names()] : builtinNames),
  };
}

function isDefinition(v: unknown): v is FunctionDefinition {
  return typeof v === 'object' && v !== null && 'kind' in v && 'examples' in v;
}
