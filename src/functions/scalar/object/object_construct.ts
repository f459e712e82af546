// SQL object_construct(k1, v1, …).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { type ArgFact, defineScalar, param } from '../../../contract/function.ts';
import { toText } from '../../../data/cast.ts';
import { brief } from '../../../data/go-format.ts';
import { setMember } from '../../../data/set-member.ts';
import type { Value, ValueObject } from '../../../data/value.ts';
import { expectType, isConditionFact, isNumberFact } from '../../literal-kinds.ts';

function checkPairs(args: readonly ArgFact[]): void {
  if (args.length % 2 !== 0) throw new Error('the args must be key value pairs');
  args.forEach((arg, i) => {
    if (i % 2 === 0 && (isNumberFact(arg) || isConditionFact(arg))) throw expectType('string', i + 1);
  });
}

export const objectConstruct = defineScalar({
  name: 'object_construct',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('keysAndValues', 'any', { optional: true, rest: true })],
  validate: checkPairs,
  returns: 'struct',
  doc: 'Object of names and values in turn; a pair with a null name is skipped, a null value is kept.',
  examples: [
    ['object_construct("k", 1, "k", 2)', { k: 2n }],
    ['object_construct("k", a)', { k: null }, { a: null }],
    ['object_construct(a, 1)', {}, { a: null }],
    ['object_construct(a, 1)', { error: 'key true is not a string' }, { a: true }],
    ['object_construct("k")', { error: 'the args must be key value pairs' }],
  ],
  exec: (...keysAndValues: Value[]) => {
    const out: ValueObject = {};
    for (let i = 0; i < keysAndValues.length; i += 2) {
      const key = keysAndValues[i];
      if (key == null) continue;
      if (typeof key !== 'string' && !(key instanceof Uint8Array)) throw rowError(`key ${brief(key)} is not a string`);
      setMember(out, toText(key, 'sameKind'), keysAndValues[i + 1] ?? null);
    }
    return out;
  },
});
