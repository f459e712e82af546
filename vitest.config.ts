// Test runner set-up: every test file is a plain TypeScript module run by the pinned Node. Two groups: `unit` in parallel; then `integration`, whose tests
// start daemons, brokers and lines of their own and have deadlines, one file at a time, so that they do not take the cores from each other.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const integration = [
  'test/faults/**',
  'test/plugins/**',
  'test/connectors/**',
  'test/daemon/**',
  'test/cli/**',
  'test/systemd/**',
  'test/suites/**',
  'test/simulators/**',
  'test/site/**',
  'test/node-red/**',
  'test/console/browser/**',
].map((folder) => `${folder}/*.test.ts`);
const shared = {
  environment: 'node' as const,
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 30_000,
};

/** The gateway answers this import itself at run time; in tests it is the kit's source. */
const kit = fileURLToPath(new URL('./src/plugin-kit/index.ts', import.meta.url));
const resolve = { alias: [{ find: /^@kuiper-gateway\/plugin$/, replacement: kit }] };

export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/image/**', '**/node_modules/**', ...integration],
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'integration',
          include: integration,
          exclude: ['test/image/**', '**/node_modules/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
