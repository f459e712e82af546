// Test runner of `make mutate`: the mutation in MUTANT (JSON of test/mutations/mutation.ts) is applied to its file while it is loaded.
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { applyMutation, type Mutation } from './test/mutations/mutation.ts';

const mutant = JSON.parse(process.env['MUTANT'] ?? 'null') as Mutation | null;
const target = mutant && path.resolve(import.meta.dirname, mutant.file);

export default defineConfig({
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        if (mutant && id.split('?')[0] === target) return { code: applyMutation(mutant, code), map: null };
      },
    },
  ],
  test: {
    environment: 'node',
    pool: 'forks',
    // a mutated module must not be kept, and a kept one must not hide the mutation
    fsModuleCache: false,
    include: ['test/**/*.test.ts'],
    exclude: ['test/mutations/**', '**/node_modules/**'],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    bail: 1,
    reporters: ['dot'],
  },
});
