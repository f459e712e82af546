// SQL tstamp().
import { defineScalar } from '../../../contract/function.ts';

export const tstamp = defineScalar({
  name: 'tstamp',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [],
  returns: 'bigint',
  doc: 'The time now, milliseconds since 1970.',
  examples: [
    ['tstamp() > 0', true],
    ['tstamp(1)', { error: 'Expect 0 arguments but found 1' }],
  ],
  compile:
    (_args, { env }) =>
    () =>
      BigInt(Math.trunc(env.clock.now())),
});
