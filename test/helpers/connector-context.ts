// The context that the runtime hands to connectors, in a small form for tests of one connector alone.
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { ConnectionState, ConnectorContext, PooledConnection } from '../../src/contract/context.ts';

export interface TestContext extends ConnectorContext {
  readonly states: { state: ConnectionState; message: string | undefined }[];
  readonly drops: string[];
  readonly lines: Record<string, unknown>[];
}

export function createTestContext(opId = 'source_test', pool = new Map<string, { c: PooledConnection; users: number }>()): TestContext {
  const { log, lines } = createMemoryLog('debug');
  const states: TestContext['states'] = [];
  const drops: string[] = [];
  const state = new Map<string, unknown>();
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return {
    clock: createRealClock(),
    log,
    lines,
    states,
    drops,
    gatewayId: 'test-gateway',
    status: (s, message) => void states.push({ state: s, message }),
    dropped: (count, reason) => void drops.push(`${count} ${reason}`),
    connections: {
      acquire(type, key, create) {
        const id = `${type}|${key}`;
        let entry = pool.get(id);
        if (!entry) pool.set(id, (entry = { c: create(undefined, log), users: 0 }));
        entry.users++;
        return entry.c as ReturnType<typeof create>;
      },
      release(type, key) {
        const id = `${type}|${key}`;
        const entry = pool.get(id);
        if (entry && --entry.users === 0) {
          pool.delete(id);
          return Promise.resolve(entry.c.close());
        }
      },
    },
    getLogger: () => logger,
    getRuleId: () => 'test-rule',
    getOpId: () => opId,
    getInstanceId: () => 0,
    getRootPath: () => '/nonexistent',
    signal: new AbortController().signal,
    putState: (k, v) => void state.set(k, v),
    getState: (k) => state.get(k),
    deleteState: (k) => void state.delete(k),
    incrCounter: (k, n) => void state.set(k, Number(state.get(k) ?? 0) + n),
    getCounter: (k) => Number(state.get(k) ?? 0),
  };
}
