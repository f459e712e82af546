// SQL newuuid().
import { defineScalar } from '../../../contract/function.ts';
import { createUuidV1 } from './uuid-v1.ts';

export const newuuid = defineScalar({
  name: 'newuuid',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [],
  returns: 'string',
  doc: 'A new UUID of version 1 (by time).',
  examples: [
    ['length(newuuid())', 36n],
    ['newuuid(1)', { error: 'Expect 0 arguments but found 1' }],
  ],
  compile: (_args, { env }) => createUuidV1(env),
});
