// What the inc_* functions share: running aggregates over the rule's life, internal in eKuiper (its planner makes them of aggregates) but
// callable. Not a function itself. A row with a null, [] or {} gives null and is not taken.
import { type AnalyticDefinition, type ArgFact, defineAnalytic, type Example, type Param } from '../../contract/function.ts';
import { isNullOrEmpty } from '../../data/null-or-empty.ts';
import type { StaticType, Value } from '../../data/value.ts';

interface Incremental<S> {
  name: string;
  params: readonly Param[];
  validate?(args: readonly ArgFact[]): void;
  returns: StaticType;
  doc: string;
  examples: readonly Example[];
  init(): S;
  /** State with the row's values; does not change the given state. */
  add(state: S, ...args: Value[]): S;
  result(state: S): Value;
}

/** Not analytic for eKuiper: computed where it stands, after WHERE. */
export const defineIncremental = <S>(f: Incremental<S>): AnalyticDefinition<S> =>
  defineAnalytic<S>({
    name: f.name,
    group: 'incremental',
    since: '0.1.0',
    params: f.params,
    validate: f.validate,
    returns: f.returns,
    afterWhere: true,
    doc: f.doc,
    examples: f.examples,
    init: f.init,
    next(box, args, valid) {
      if (args.some(isNullOrEmpty)) return null;
      const state = f.add(box.state, ...args);
      if (valid) box.state = state;
      return f.result(state);
    },
  });
