// Named connections: what REST shows of them.
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import { openConnections } from '../../src/service/connections.ts';
import { openTables } from '../../src/service/tables.ts';
import { createMemoryStore } from './memory-store.ts';

it('shows the state of the connection itself while rules use it, and does not try another', async () => {
  const clock = createVirtualClock();
  let tests = 0;
  let live: { state: 'connected' | 'disconnected'; message: string } | undefined;
  const connector = {
    name: 'mqtt',
    offers: ['source'],
    load: async () => ({ connection: { options: [], test: async () => void tests++ } }),
  } as unknown as ConnectorEntry;
  const connections = await openConnections({
    table: openTables(createMemoryStore()).connections,
    clock,
    log: createMemoryLog().log,
    connectors: () => connector,
    usedBy: () => [],
    live: () => live,
  });
  await connections.create('c', 'mqtt', { server: 'tcp://h' });
  await clock.advance(1);
  expect([tests, connections.info('c').status]).toEqual([1, 'connected']);
  live = { state: 'disconnected', message: 'gone' };
  expect(connections.info('c')).toMatchObject({ status: 'disconnected', err: 'gone' });
  await clock.advance(100_000);
  expect(tests).toBe(1);
  live = undefined;
  await clock.advance(31_000);
  expect([tests, connections.info('c').status]).toEqual([2, 'connected']);
  connections.close();
});

it('tries connections that are there at the start only after a moment: the rules come first, and what they use is not tried', async () => {
  const clock = createVirtualClock();
  let tests = 0;
  const connector = {
    name: 'mqtt',
    offers: ['source'],
    load: async () => ({ connection: { options: [], test: async () => void tests++ } }),
  } as unknown as ConnectorEntry;
  const table = openTables(createMemoryStore()).connections;
  await table.set('c', JSON.stringify({ typ: 'mqtt', props: { server: 'tcp://h' } }));
  const connections = await openConnections({
    table,
    clock,
    log: createMemoryLog().log,
    connectors: () => connector,
    usedBy: () => [],
    live: () => undefined,
  });
  await clock.advance(2_000);
  expect([tests, connections.info('c').status]).toEqual([0, 'connecting']);
  await clock.advance(1_001);
  expect([tests, connections.info('c').status]).toEqual([1, 'connected']);
  connections.close();
});
