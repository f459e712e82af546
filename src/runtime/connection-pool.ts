// Connections shared by sources and sinks with equal properties (or one selector): made by the first user, closed with the last.
// Reached by connectors through ctx.connections.
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { ConnectionAccess, PooledConnection } from '../contract/context.ts';

export interface ConnectionPool extends ConnectionAccess {
  /** Keys in use, for tests and diagnostics. */
  readonly keys: readonly string[];
  /** The open connection of that key. */
  find(type: string, key: string): PooledConnection | undefined;
}

export function createConnectionPool(log: Log): ConnectionPool {
  const open = new Map<string, { connection: PooledConnection; users: number }>();
  const closing = new Map<string, Promise<void>>();
  return {
    acquire<C extends PooledConnection>(type: string, key: string, create: (before: Promise<void> | undefined, log: Log) => C): C {
      const id = `${type}\n${key}`;
      let entry = open.get(id);
      if (!entry) {
        entry = { connection: create(closing.get(id), log), users: 0 };
        open.set(id, entry);
      }
      entry.users++;
      return entry.connection as C;
    },
    release(type, key) {
      const id = `${type}\n${key}`;
      const entry = open.get(id);
      if (!entry || --entry.users > 0) return;
      open.delete(id);
      const before = closing.get(id);
      const done = Promise.resolve()
        .then(() => entry.connection.close())
        .catch((error: unknown) => log.warn({ type, cause: messageOf(error) }, 'Closing a connection failed.'))
        .then(() => before)
        .then(() => {
          if (closing.get(id) === done) closing.delete(id);
        });
      closing.set(id, done);
      return done;
    },
    find: (type, key) => open.get(`${type}\n${key}`)?.connection,
    get keys() {
      return [...open.keys()];
    },
  };
}
