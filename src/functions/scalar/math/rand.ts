// SQL rand().
import { defineScalar } from '../../../contract/function.ts';

export const rand = defineScalar({
  name: 'rand',
  group: 'math',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [],
  returns: 'float',
  doc: 'A random number from 0 (included) to 1 (excluded).',
  examples: [
    ['rand() < 1', true],
    ['rand() >= 0', true],
  ],
  compile:
    (_args, { env }) =>
    () =>
      env.random(),
});
