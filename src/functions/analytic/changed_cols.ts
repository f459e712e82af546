// SQL changed_cols(prefix, ignoreNull, expr, …), changed_cols(prefix, ignoreNull, *).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAnalytic, param } from '../../contract/function.ts';
import { deepEqual } from '../../data/compare.ts';
import { brief } from '../../data/go-format.ts';
import { setMember } from '../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../data/value.ts';
import { expectType, isConditionFact, isNumberFact, isTextFact } from '../literal-kinds.ts';
import { remember } from './remembered-columns.ts';

/** Column an argument is shown under: the name of a column or function; other expressions have none and show as the bare prefix. */
export function columnNameOf(arg: ArgFact | undefined): string {
  if (arg?.node === 'column')
    return (
      /(?:^|\.)(?:`([^`]*)`|([^`.]*))$/
        .exec(arg.text)
        ?.slice(1)
        .find((n) => n !== undefined) ?? arg.text
    );
  if (arg?.node === 'call') return arg.text.slice(0, arg.text.indexOf('(')).toLowerCase();
  return '';
}

export const changedCols = defineAnalytic<Map<string, Value>>({
  name: 'changed_cols',
  group: 'analytic',
  since: '0.1.0',
  params: [param('prefix', 'any'), param('ignoreNull', 'any'), param('expr', 'any'), param('more', 'any', { optional: true, rest: true })],
  countText: (found) => `expect more than two args but got ${found}`,
  validate: ([prefix, ignoreNull]) => {
    if (isNumberFact(prefix) || isConditionFact(prefix)) throw expectType('string', 1);
    if (isNumberFact(ignoreNull) || isTextFact(ignoreNull)) throw expectType('bool', 2);
  },
  returns: 'struct',
  afterWhere: true,
  columns: true,
  doc:
    'One column, named prefix + name, for each expression that differs from the last output of the rule; * means all columns. With ' +
    'ignoreNull nulls count as unchanged. Nothing changed gives an empty row.',
  examples: [
    ['changed_cols("c_", true, a)', { c_a: 5 }, { a: 5 }],
    ['changed_cols("", true, *)', { a: 5 }, { a: 5, b: null }],
    ['changed_cols("c_", true, a)', {}, { a: null }],
    ['changed_cols("c_", b, a)', { error: 'second arg is not a bool but got x' }, { a: 5, b: 'x' }],
  ],
  init: () => new Map(),
  next(box, args, valid, site) {
    const [prefix, ignoreNull] = args;
    if (typeof prefix !== 'string') throw rowError(`first arg is not a string but got ${brief(prefix)}`);
    if (typeof ignoreNull !== 'boolean') throw rowError(`second arg is not a bool but got ${brief(ignoreNull)}`);
    const before = box.state;
    const changed: ValueObject = {};
    const look = (name: string, v: Value): void => {
      if ((ignoreNull && v == null) || deepEqual(v, before.get(name))) return;
      if (valid) remember(before, name, v);
      setMember(changed, prefix + name, v ?? null);
    };
    for (let i = 2; i < args.length; i++) {
      const v = args[i];
      if (site.args[i]?.node === 'wildcard' && isStruct(v)) for (const column of Object.keys(v)) look(column, v[column]);
      else look(columnNameOf(site.args[i]), v);
    }
    return changed;
  },
});
