// Steps of a JSON path. A plain step turns one value into one value or fails; an ambiguous step (star, slice, filter, list, descent)
// hands on any number of values and drops what fails. A path with an ambiguous step gives an array. Called by parser.ts.
import { checkNesting, isBudgetError, reserve, spend, spendMembers } from '../../base/budget.ts';
import { describe, goTypeName } from '../go-format.ts';
import { isStruct, type Value } from '../value.ts';
import { toBoolean, toKey, toNumber } from './convert.ts';
import { type Evaluable, PathFailure, type Scope } from './scope.ts';

export type PlainStep = (scope: Scope, v: Value) => Value;
export type AmbiguousStep = (scope: Scope, v: Value, match: (v: Value) => void) => void;
export type Step = { readonly plain: PlainStep } | { readonly ambiguous: AmbiguousStep } | Descent;
/** `..`: the value itself and everything below it, parents first. */
export interface Descent {
  readonly descent: true;
}

/** @returns the selected value; an array when a step is ambiguous   @throws rowError when a plain path fails */
export function evaluatePath(steps: readonly Step[], scope: Scope): Value {
  if (steps.every(isPlain)) return steps.reduce<Value>((v, step) => (step as { plain: PlainStep }).plain(scope, v), scope.root);
  const search: Search = { steps, scope, found: [], memos: [], depth: 0 };
  // behind one descent another one meets the same values again and again
  let descents = 0;
  steps.forEach((step, i) => {
    if (descents > 0 && !isPlain(step)) search.memos[i] = new Map();
    if ('descent' in step) descents++;
  });
  visit(search, 0, scope.root);
  return search.found;
}

const isPlain = (step: Step): boolean => 'plain' in step;

interface Search {
  readonly steps: readonly Step[];
  readonly scope: Scope;
  readonly found: Value[];
  /** By number of the step: where in `found` the matches of a value stand that was met before. */
  readonly memos: (Map<Value, readonly [from: number, to: number]> | undefined)[];
  /** Levels that descents have gone down by now. */
  depth: number;
}

function visit(search: Search, from: number, start: Value): void {
  const { steps, scope, found } = search;
  spend(1);
  let v = start;
  for (let i = from; i < steps.length; i++) {
    const step = steps[i]!;
    if (!('plain' in step)) {
      const at = i;
      remembered(search, at, v, 'descent' in step ? descend : expand);
      return;
    }
    try {
      v = step.plain(scope, v);
    } catch (error) {
      if (isBudgetError(error)) throw error;
      spend(FAILURE_STEPS);
      // documented: behind an ambiguous step, values without that member are not matches
      return;
    }
  }
  found.push(v);
}

/** What it costs to throw and to catch. */
const FAILURE_STEPS = 30;

/** A memory of so many values is a large table. */
const MEMO_STEPS = 12;

/** All matches of a value from a step on are found once and copied when the value is met again. */
function remembered(search: Search, at: number, v: Value, work: (search: Search, at: number, v: Value) => void): void {
  const memo = typeof v === 'object' && v !== null && !(Array.isArray(v) && v.length === 0) ? search.memos[at] : undefined;
  if (memo === undefined) return work(search, at, v);
  const { found } = search;
  const known = memo.get(v);
  if (known === undefined) {
    const from = found.length;
    work(search, at, v);
    spend(MEMO_STEPS);
    memo.set(v, [from, found.length]);
    return;
  }
  const n = known[1] - known[0];
  spend(1 + n / 2);
  reserve(n * 8);
  for (let i = known[0]; i < known[1]; i++) found.push(found[i]);
}

function expand(search: Search, at: number, v: Value): void {
  (search.steps[at] as { ambiguous: AmbiguousStep }).ambiguous(search.scope, v, (next) => visit(search, at + 1, next));
}

function descend(search: Search, at: number, v: Value): void {
  visit(search, at + 1, v);
  checkNesting(search.depth++);
  eachChild(v, (child) => {
    spend(1);
    remembered(search, at, child, descend);
  });
  search.depth--;
}

/** `.name`, `[key]`: a member of an object or, by number, an element of an array. */
export const selectKey = (key: Evaluable): Step => ({ plain: (scope, v) => member(scope, v, key) });

function member(scope: Scope, v: Value, key: Evaluable): Value {
  const inner = { root: scope.root, current: v };
  if (Array.isArray(v)) {
    const wanted = key(inner);
    const n = toNumber(wanted);
    if (n === undefined) throw new PathFailure(`could not select value, invalid key: expected number but got ${describe(wanted)}`);
    const index = Math.trunc(n);
    if (index < 0 || index >= v.length) throw new PathFailure(`index ${index} out of bounds`);
    return v[index];
  }
  if (isStruct(v)) {
    const name = toKey(key(inner));
    if (!Object.hasOwn(v, name)) throw new PathFailure(`unknown key ${name}`);
    return v[name];
  }
  throw new PathFailure(`unsupported value type ${goTypeName(v)} for select, expected map[string]interface{} or []interface{}`);
}

/** `(script)`: replaces the value by the script's. */
export const runScript = (script: Evaluable): Step => ({ plain: (scope, v) => script({ root: scope.root, current: v }) });

/** `*` */
export const selectAll: Step = { ambiguous: (_scope, v, match) => eachChild(v, match) };

/** `[a, b]` */
export const selectList = (keys: readonly Evaluable[]): Step => ({
  ambiguous: (scope, v, match) => {
    for (const key of keys) {
      let found: Value;
      try {
        found = member(scope, v, key);
      } catch (error) {
        if (isBudgetError(error)) throw error;
        spend(FAILURE_STEPS);
        // documented: keys of a list that are not there are left out
        continue;
      }
      match(found);
    }
  },
});

/** `[?(filter)]` */
export const selectWhere = (filter: Evaluable): Step => ({
  ambiguous: (scope, v, match) => eachChild(v, (child) => holds(filter, { root: scope.root, current: child }) && match(child)),
});

function holds(filter: Evaluable, scope: Scope): boolean {
  try {
    return toBoolean(filter(scope)) === true;
  } catch (error) {
    if (isBudgetError(error)) throw error;
    spend(FAILURE_STEPS);
    // documented: elements for which the condition cannot be computed do not match
    return false;
  }
}

export const selectDescendants: Step = { descent: true };

/** `[from:to:step]`. A negative bound counts from the end. As in eKuiper's library, a `to` below `from` as written selects nothing,
 *  so `[0:-1]` is empty. */
export const selectRange = (from: Evaluable, to: Evaluable, step: Evaluable): Step => ({
  ambiguous: (scope, v, match) => {
    if (!Array.isArray(v)) return;
    const inner = { root: scope.root, current: v };
    const bounds = [from, to, step].map((bound) => toNumber(bound(inner)));
    if (bounds.some((bound) => bound === undefined)) return;
    const [min, max, by] = bounds.map((bound) => Math.trunc(bound!)) as [number, number, number];
    if (min > max) return;
    const first = clamp(min, v.length);
    const end = clamp(max, v.length);
    if (by >= 0) for (let i = first; i < end; i += by || 1) match(v[i]);
    else for (let i = end - 1; i >= first; i += by) match(v[i]);
  },
});

const clamp = (n: number, length: number): number => (n < 0 ? Math.max(0, length + n) : Math.min(n, length));

function eachChild(v: Value, visitChild: (child: Value) => void): void {
  if (Array.isArray(v)) for (const item of v) visitChild(item);
  else if (isStruct(v)) {
    const keys = Object.keys(v);
    spendMembers(keys.length);
    for (const key of keys) visitChild(v[key]);
  }
}
