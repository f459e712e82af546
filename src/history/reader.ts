// A connection that can only read: questions never wait for writers, nor hold them up. Opened at the first question. Used by read.ts and query.ts.
import type sqlite3 from 'sqlite3';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

const BUSY_TIMEOUT_MS = 5_000;

export interface Reader {
  /** @throws GatewayError STORE_FAILED */
  all<R extends object>(sql: string, params?: readonly (string | number)[]): Promise<R[]>;
  /** Ends what runs, with an error. */
  interrupt(): void;
  close(): Promise<void>;
}

/** @throws GatewayError STORE_FAILED */
export async function openReader(path: string): Promise<Reader> {
  const fail = (error: unknown) => new GatewayError('STORE_FAILED', { file: 'history.db', text: messageOf(error) }, { cause: error });
  const { default: lib } = await import('sqlite3');
  const db = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new lib.Database(path, lib.OPEN_READONLY, (error) => (error ? reject(fail(error)) : resolve(opened)));
  });
  db.configure('busyTimeout', BUSY_TIMEOUT_MS);
  // no other file can be reached from a statement, and no value fills the memory
  db.configure('limit', lib.LIMIT_ATTACHED, 0);
  db.configure('limit', lib.LIMIT_LENGTH, 8 * 1024 * 1024);
  return {
    all: <R extends object>(sql: string, params: readonly (string | number)[] = []) =>
      new Promise<R[]>((resolve, reject) => {
        db.all(sql, params, (error: Error | null, rows: R[]) => (error ? reject(fail(error)) : resolve(rows)));
      }),
    interrupt: () => db.interrupt(),
    close: () => new Promise((resolve) => db.close(() => resolve())),
  };
}
