// Topics inside the process: chains rules without encoding. One bus per runtime, kept in the connection pool. Wildcards follow MQTT.
// A row that is published is acknowledged when every subscriber is done with it, so that a chain of rules loses nothing either.

import type { PooledConnection } from '../../contract/context.ts';
import type { Row } from '../../data/value.ts';

/** What happens to a lookup table's row: plain rows are inserts. */
export type RowKind = 'insert' | 'update' | 'upsert' | 'delete';

export interface MemorySubscriber {
  readonly topic: string;
  readonly matches: (topic: string) => boolean;
  /** @returns a promise when the subscriber is behind */
  readonly onRow: (row: Row, topic: string, kind: RowKind, key: string | undefined, done: () => void) => void | Promise<void>;
}

/** Rules that publish within the publication of another rule, one in the other; beyond it the next turn of the event loop goes on: a rule that
 *  feeds itself must not use up the stack. */
const MAX_DEPTH = 32;

export class MemoryBus implements PooledConnection {
  private depth = 0;
  private readonly subscribers = new Set<MemorySubscriber>();
  private readonly routes = new Map<string, MemorySubscriber[]>();

  subscribe(subscriber: MemorySubscriber): () => void {
    this.subscribers.add(subscriber);
    this.routes.clear();
    return () => {
      this.subscribers.delete(subscriber);
      this.routes.clear();
    };
  }

  /** @returns nothing when all subscribers are done already, otherwise a promise that resolves when they are */
  publish(topic: string, rows: readonly Row[], kindOf: (row: Row) => RowKind, key: string | undefined): void | Promise<void> {
    let targets = this.routes.get(topic);
    if (!targets) {
      targets = [...this.subscribers].filter((s) => s.matches(topic));
      if (this.routes.size > 10_000) this.routes.clear();
      this.routes.set(topic, targets);
    }
    if (targets.length === 0) return;
    if (this.depth >= MAX_DEPTH)
      return new Promise<void>((resolve) => void setImmediate(resolve)).then(() => this.publish(topic, rows, kindOf, key));
    let open = 1;
    let resolve: (() => void) | undefined;
    const done = () => {
      if (--open === 0) resolve?.();
    };
    this.depth++;
    try {
      for (const row of rows) {
        const kind = kindOf(row);
        for (const target of targets) {
          open++;
          void target.onRow(row, topic, kind, key, done);
        }
      }
    } finally {
      this.depth--;
    }
    if (--open === 0) return;
    return new Promise((r) => {
      resolve = r;
    });
  }

  close(): void {
    this.subscribers.clear();
    this.routes.clear();
  }
}

/** @throws Error for a wildcard in a wrong place */
export function topicMatcher(filter: string): (topic: string) => boolean {
  const parts = filter.split('/');
  parts.forEach((p, i) => {
    if (p.includes('#') && (p !== '#' || i !== parts.length - 1)) throw new Error(`invalid topic ${filter}: # must at the last level`);
    if (p.includes('+') && p !== '+') throw new Error(`invalid topic ${filter}: + must be a whole level`);
  });
  if (!/[+#]/.test(filter)) return (topic) => topic === filter;
  return (topic) => {
    const levels = topic.split('/');
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] === '#') return true;
      if (i >= levels.length || (parts[i] !== '+' && parts[i] !== levels[i])) return false;
    }
    return parts.length === levels.length;
  };
}
