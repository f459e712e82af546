// SQL pi().
import { defineScalar } from '../../../contract/function.ts';

export const pi = defineScalar({
  name: 'pi',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [],
  returns: 'float',
  doc: 'The number pi.',
  examples: [
    ['pi()', Math.PI],
    ['pi() * 2', Math.PI * 2],
  ],
  exec: () => Math.PI,
});
