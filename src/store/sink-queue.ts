// Durable queues of sinks in pages: one row of the table holds up to a page of items, so that a backlog costs few writes on flash.
// Written by runtime/sink/durable-queue.ts, which owns the order and the bounds; this file only stores.
import { bytesSum } from '../base/checksum.ts';
import type { Database } from './database.ts';
import type { RawDatabase } from './open-database.ts';

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
  /** Bytes of the pages of each queue. */
  sizes(): Promise<Map<string, number>>;
  /** Resolves when the page is on disk. */
  append(queue: string, page: QueuePage, payload: Uint8Array): Promise<void>;
  /** @returns undefined when the page is gone, or is not what was stored (checksum) */
  read(queue: string, seq: number): Promise<Uint8Array | undefined>;
  remove(queue: string, seqs: readonly number[]): Promise<void>;
  /** Replaces what is left of a page after a stop in its middle. */
  replace(queue: string, page: QueuePage, payload: Uint8Array): Promise<void>;
  /** Sets `atMs` anew: the clock was set since they were stored. */
  restamp(queue: string, pages: readonly QueuePage[]): Promise<void>;
  /** Works on a full disk, and gives the space back to it. */
  clear(queue: string): Promise<void>;
}

/** Pages that one transaction deletes: its log must fit into the reserve. */
const CLEAR_AT_ONCE = 32;
/** Free pages of the file that one transaction gives back. */
const SHRINK_AT_ONCE = 64;
/** A file with fewer free pages is left as it is: they are used again. */
const MIN_FREE_PAGES = 256;
/** Removed pages after which the file is looked at. */
const SHRINK_AFTER = 512;

export function createSinkQueueStore(db: Database): SinkQueueStore {
  const put =
    'INSERT OR REPLACE INTO sink_queue (queue, seq, row_count, byte_count, at_ms, boot, up_ms, payload, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
  const blob = (p: Uint8Array) => Buffer.from(p.buffer, p.byteOffset, p.byteLength);
  const store = (queue: string, page: QueuePage, payload: Uint8Array) =>
    db.write([
      {
        sql: put,
        params: [queue, page.seq, page.rows, page.bytes, page.atMs, page.boot ?? null, page.upMs ?? null, blob(payload), bytesSum(payload)],
      },
    ]);
  let removed = 0;
  const shrink = async (): Promise<void> => {
    removed = 0;
    try {
      await db.maintain?.(giveSpaceBack);
    } catch {
      // what was to be deleted is deleted; the free pages are used again, and the next removal tries to give them back
      removed = SHRINK_AFTER;
    }
  };
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
    async sizes() {
      if (!db.exists()) return new Map();
      const rows = await db.read<{ queue: string; bytes: number }>(
        'SELECT queue, SUM(byte_count) AS bytes FROM sink_queue GROUP BY queue',
        [],
      );
      return new Map(rows.map((r) => [r.queue, r.bytes]));
    },
    append: store,
    replace: store,
    async read(queue, seq) {
      const rows = await db.read<{ payload: Uint8Array; sum: number | null }>(
        'SELECT payload, sum FROM sink_queue WHERE queue = ? AND seq = ?',
        [queue, seq],
      );
      const row = rows[0];
      return row && (row.sum === null || row.sum === bytesSum(row.payload)) ? row.payload : undefined;
    },
    async remove(queue, seqs) {
      if (!seqs.length) return;
      await db.write(
        seqs.map((seq) => ({ sql: 'DELETE FROM sink_queue WHERE queue = ? AND seq = ?', params: [queue, seq] })),
        { needed: true },
      );
      removed += seqs.length;
      if (removed >= SHRINK_AFTER) await shrink();
    },
    async restamp(queue, pages) {
      if (pages.length)
        await db.write(
          pages.map((p) => ({ sql: 'UPDATE sink_queue SET at_ms = ? WHERE queue = ? AND seq = ?', params: [p.atMs, queue, p.seq] })),
        );
    },
    async clear(queue) {
      if (!db.exists()) return;
      let any = false;
      for (;;) {
        const rows = await db.read<{ seq: number }>('SELECT seq FROM sink_queue WHERE queue = ? ORDER BY seq LIMIT ?', [
          queue,
          CLEAR_AT_ONCE,
        ]);
        if (rows.length === 0) break;
        any = true;
        await db.write([{ sql: 'DELETE FROM sink_queue WHERE queue = ? AND seq <= ?', params: [queue, rows.at(-1)!.seq] }], {
          needed: true,
        });
      }
      if (any) await shrink();
    },
  };
}

/** Free pages of the file go back to the disk, little by little, so that this too works when the disk is full. A file of an earlier version cannot
 *  shrink that way; it is written afresh when nothing is in it any more. */
export async function giveSpaceBack(raw: RawDatabase): Promise<void> {
  const number = async (pragma: string): Promise<number> => Number(Object.values((await raw.all(`PRAGMA ${pragma}`))[0] ?? { n: 0 })[0]);
  const free = await number('freelist_count');
  if (free < MIN_FREE_PAGES) return;
  if ((await number('auto_vacuum')) !== 2) {
    const rows = await raw.all('SELECT 1 AS found FROM sink_queue LIMIT 1');
    if (rows.length > 0) return;
    await raw.run('PRAGMA auto_vacuum = INCREMENTAL');
    await raw.run('VACUUM');
  }
  // what lies in the log goes into the file first: its place is needed
  await raw.all('PRAGMA wal_checkpoint(TRUNCATE)');
  for (let left = await number('freelist_count'); left > 0; ) {
    await raw.all(`PRAGMA incremental_vacuum(${SHRINK_AT_ONCE})`);
    await raw.all('PRAGMA wal_checkpoint(TRUNCATE)');
    const next = await number('freelist_count');
    if (next >= left) break;
    left = next;
  }
}
