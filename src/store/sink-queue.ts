// Durable queues of sinks in pages: one row of the table holds up to a page of items, so that a backlog costs few writes on flash.
// Written by runtime/sink/durable-queue.ts, which owns the order and the bounds; this file only stores.
import type { Database } from './database.ts';

/** Head of one stored page. */
export interface QueuePage {
  seq: number;
  rows: number;
  bytes: number;
  /** Epoch ms of its oldest item. */
  atMs: number;
  /** Boot of the machine when it was stored, and how long ago that was then; undefined in pages of earlier versions. */
  boot?: string | undefined;
  upMs?: number | undefined;
}

export interface SinkQueueStore {
  /** Heads of all pages of a queue, oldest first; [] without touching the disk when the file does not exist. */
  pages(queue: string): Promise<QueuePage[]>;
  /** Names of queues that hold pages. */
  queues(): Promise<string[]>;
  /** Resolves when the page is on disk. */
  append(queue: string, page: QueuePage, payload: Uint8Array): Promise<void>;
  /** @returns undefined when the page is gone */
  read(queue: string, seq: number): Promise<Uint8Array | undefined>;
  remove(queue: string, seqs: readonly number[]): Promise<void>;
  /** Replaces what is left of a page after a stop in its middle. */
  replace(queue: string, page: QueuePage, payload: Uint8Array): Promise<void>;
  /** Sets `atMs` anew: the clock was set since they were stored. */
  restamp(queue: string, pages: readonly QueuePage[]): Promise<void>;
  clear(queue: string): Promise<void>;
}

export function createSinkQueueStore(db: Database): SinkQueueStore {
  const put =
    'INSERT OR REPLACE INTO sink_queue (queue, seq, row_count, byte_count, at_ms, boot, up_ms, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
  const blob = (p: Uint8Array) => Buffer.from(p.buffer, p.byteOffset, p.byteLength);
  const store = (queue: string, page: QueuePage, payload: Uint8Array) =>
    db.write([
      { sql: put, params: [queue, page.seq, page.rows, page.bytes, page.atMs, page.boot ?? null, page.upMs ?? null, blob(payload)] },
    ]);
  return {
    async pages(queue) {
      if (!db.exists()) return [];
      const rows = await db.read<{
        seq: number;
        row_count: number;
        byte_count: number;
        at_ms: number;
        boot: string | null;
        up_ms: number | null;
      }>('SELECT seq, row_count, byte_count, at_ms, boot, up_ms FROM sink_queue WHERE queue = ? ORDER BY seq', [queue]);
      return rows.map((r) => ({
        seq: r.seq,
        rows: r.row_count,
        bytes: r.byte_count,
        atMs: r.at_ms,
        boot: r.boot ?? undefined,
        upMs: r.up_ms ?? undefined,
      }));
    },
    async queues() {
      if (!db.exists()) return [];
      const rows = await db.read<{ queue: string }>('SELECT DISTINCT queue FROM sink_queue', []);
      return rows.map((r) => r.queue);
    },
    append: store,
    replace: store,
    async read(queue, seq) {
      const rows = await db.read<{ payload: Uint8Array }>('SELECT payload FROM sink_queue WHERE queue = ? AND seq = ?', [queue, seq]);
      return rows[0]?.payload;
    },
    async remove(queue, seqs) {
      if (seqs.length)
        await db.write(seqs.map((seq) => ({ sql: 'DELETE FROM sink_queue WHERE queue = ? AND seq = ?', params: [queue, seq] })));
    },
    async restamp(queue, pages) {
      if (pages.length)
        await db.write(
          pages.map((p) => ({ sql: 'UPDATE sink_queue SET at_ms = ? WHERE queue = ? AND seq = ?', params: [p.atMs, queue, p.seq] })),
        );
    },
    async clear(queue) {
      if (!db.exists()) return;
      const rows = await db.read('SELECT 1 AS found FROM sink_queue WHERE queue = ? LIMIT 1', [queue]);
      if (rows.length) await db.write([{ sql: 'DELETE FROM sink_queue WHERE queue = ?', params: [queue] }]);
    },
  };
}
