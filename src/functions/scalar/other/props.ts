// SQL props(key).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { createSnowflake } from './snowflake.ts';

export const props = defineScalar({
  name: 'props',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'null-or-empty',
  params: [param('key', 'string')],
  returns: 'string',
  doc: 'A property of the gateway: the environment variable KUIPER_PROPS_<KEY>, its name in lower case. `et` is the time now in milliseconds, `snowflake` a new id.',
  examples: [
    ['length(props("et")) > 0', true],
    ['props(a)', null, { a: null }],
    ['props("nosuchprop")', { error: 'property nosuchprop is not set' }],
    ['props(a)', { error: 'invalid input 2: must be property name of string type' }, { a: 2 }],
  ],
  compile: ([key], { env }) => {
    const nextSnowflake = createSnowflake(env.clock);
    return (row) => {
      const name = key!(row);
      if (isNullOrEmpty(name)) return null;
      if (typeof name !== 'string') throw rowError(`invalid input ${brief(name)}: must be property name of string type`);
      if (name === 'et') return String(Math.trunc(env.clock.now()));
      if (name === 'snowflake') return nextSnowflake();
      const value = env.property(name);
      if (value === undefined) throw rowError(`property ${name} is not set: set KUIPER_PROPS_${name.toUpperCase()} and restart`);
      return value;
    };
  },
});
