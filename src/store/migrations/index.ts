// Steps of the schema, per file and in order. Only add: data of version N must stay readable by N-1, since an A/B rollback boots the
// old code on the new data. A step's place in its list + 1 is its number in `PRAGMA user_version`.

export const migrations = {
  catalog: [
    'CREATE TABLE IF NOT EXISTS kv (tab TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID',
  ],
  checkpoint: ['CREATE TABLE IF NOT EXISTS checkpoint (rule TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL, state BLOB NOT NULL)'],
  cache: [
    'CREATE TABLE IF NOT EXISTS sink_queue (queue TEXT NOT NULL, seq INTEGER NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, at_ms INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (queue, seq))',
    'ALTER TABLE sink_queue ADD COLUMN boot TEXT',
    'ALTER TABLE sink_queue ADD COLUMN up_ms INTEGER',
  ],
} as const satisfies Record<string, readonly string[]>;
