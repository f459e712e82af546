// SQL had_changed(ignoreNull, expr, …), had_changed(ignoreNull, *).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAnalytic, param } from '../../contract/function.ts';
import { deepEqual } from '../../data/compare.ts';
import { brief } from '../../data/go-format.ts';
import { isStruct, type Value } from '../../data/value.ts';
import { expectType, isNumberFact, isTextFact } from '../literal-kinds.ts';
import { remember } from './remembered-columns.ts';

/** Last value by place of the argument (`1`, `2`, …); for `*` by column (`1.name`). Plain data. */
type Before = Map<string, Value>;

export const hadChanged = defineAnalytic<Before>({
  name: 'had_changed',
  group: 'analytic',
  since: '0.1.0',
  params: [param('ignoreNull', 'any'), param('expr', 'any'), param('more', 'any', { optional: true, rest: true })],
  countText: (found) => `expect more than one arg but got ${found}`,
  validate: (args: readonly ArgFact[]) => {
    if (isNumberFact(args[0]) || isTextFact(args[0])) throw expectType('bool', 1);
  },
  returns: 'boolean',
  doc:
    'True when one of the expressions differs from the row before; each is tracked separately, * means all columns. With ignoreNull nulls ' +
    'count as unchanged. The first row with a value counts as changed.',
  examples: [
    ['had_changed(true, a)', true, { a: 5 }],
    ['had_changed(true, a)', false, { a: null }],
    ['had_changed(b, a)', { error: 'first arg is not a bool but got x' }, { a: 5, b: 'x' }],
  ],
  init: () => new Map(),
  next(box, args, valid, site) {
    if (!valid) return false;
    const ignoreNull = args[0];
    if (typeof ignoreNull !== 'boolean') throw rowError(`first arg is not a bool but got ${brief(ignoreNull)}`);
    const before = box.state;
    let changed = false;
    const look = (key: string, v: Value): void => {
      if ((ignoreNull && v == null) || deepEqual(v, before.get(key))) return;
      remember(before, key, v);
      changed = true;
    };
    for (let i = 1; i < args.length; i++) {
      const v = args[i];
      if (site.args[i]?.node === 'wildcard' && isStruct(v)) for (const column of Object.keys(v)) look(`${i}.${column}`, v[column]);
      else look(String(i), v);
    }
    return changed;
  },
});
