// Shared connections: one per key, closed with the last user; a successor knows when the one before it is gone.
import { expect, it } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import { createConnectionPool } from '../../src/runtime/connection-pool.ts';

it('a new connection of a key is told of the goodbye of the one before, and none after that', async () => {
  const pool = createConnectionPool(createMemoryLog().log);
  const goodbye = Promise.withResolvers<void>();
  const given: (Promise<void> | undefined)[] = [];
  const make = (close: () => void | Promise<void>) => (before?: Promise<void>) => {
    given.push(before);
    return { close };
  };
  pool.acquire(
    'mqtt',
    'k',
    make(() => goodbye.promise),
  );
  const done = pool.release('mqtt', 'k');
  pool.acquire(
    'mqtt',
    'k',
    make(() => undefined),
  );
  expect(given[0]).toBeUndefined();
  let gone = false;
  void given[1]!.then(() => (gone = true));
  await Promise.resolve();
  expect(gone).toBe(false);
  goodbye.resolve();
  await done;
  await given[1];
  await pool.release('mqtt', 'k');
  pool.acquire(
    'mqtt',
    'k',
    make(() => undefined),
  );
  expect(given[2]).toBeUndefined();
});

it('state of a connection in use can be looked up', () => {
  const pool = createConnectionPool(createMemoryLog().log);
  expect(pool.find('mqtt', 'c')).toBeUndefined();
  const connection = { state: 'connected' as const, close: () => undefined };
  pool.acquire('mqtt', 'c', () => connection);
  expect(pool.find('mqtt', 'c')).toBe(connection);
});
