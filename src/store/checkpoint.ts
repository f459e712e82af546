// Checkpoints of rules: one row per rule, replaced as a whole. Written by runtime/checkpoint/checkpointer.ts; several rules that are due
// together share one transaction (group commit in database.ts).

import { bytesSum } from '../base/checksum.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Database } from './database.ts';

export interface CheckpointRecord {
  rule: string;
  /** Epoch ms. */
  atMs: number;
  /** What runtime/checkpoint/state-codec.ts wrote. */
  state: Uint8Array;
}

export interface CheckpointStore {
  /** Resolves when it is on disk. */
  save(record: CheckpointRecord): Promise<void>;
  /** @throws GatewayError STORE_FAILED when it is damaged: it is never taken for the state */
  load(rule: string): Promise<CheckpointRecord | undefined>;
  delete(rule: string): Promise<void>;
  /** Rules that have a checkpoint; [] without touching the disk when the file does not exist. */
  rules(): Promise<string[]>;
}

/** Over the moment too: a new checkpoint has another sum, by which the file knows that it was not an older program's. */
const sumOf = (atMs: number, state: Uint8Array): number => (bytesSum(state) ^ (atMs | 0)) >>> 0;

export function createCheckpointStore(db: Database): CheckpointStore {
  return {
    save: ({ rule, atMs, state }) =>
      db.write([
        {
          sql: 'INSERT INTO checkpoint (rule, at_ms, state, sum) VALUES (?, ?, ?, ?) ON CONFLICT (rule) DO UPDATE SET at_ms = excluded.at_ms, state = excluded.state, sum = excluded.sum',
          params: [rule, atMs, Buffer.from(state.buffer, state.byteOffset, state.byteLength), sumOf(atMs, state)],
        },
      ]),
    async load(rule) {
      if (!db.exists()) return undefined;
      const rows = await db.read<{ at_ms: number; state: Uint8Array; sum: number | null }>(
        'SELECT at_ms, state, sum FROM checkpoint WHERE rule = ?',
        [rule],
      );
      const row = rows[0];
      if (row && row.sum !== null && row.sum !== sumOf(row.at_ms, row.state))
        throw new GatewayError('STORE_FAILED', { file: 'checkpoint.db', text: `the state of rule ${rule} is damaged (checksum)` });
      return row && { rule, atMs: row.at_ms, state: row.state };
    },
    async delete(rule) {
      if (!db.exists()) return;
      const rows = await db.read('SELECT 1 AS found FROM checkpoint WHERE rule = ?', [rule]);
      if (rows.length) await db.write([{ sql: 'DELETE FROM checkpoint WHERE rule = ?', params: [rule] }], { needed: true });
    },
    async rules() {
      if (!db.exists()) return [];
      const rows = await db.read<{ rule: string }>('SELECT rule FROM checkpoint', []);
      return rows.map((r) => r.rule);
    },
  };
}
