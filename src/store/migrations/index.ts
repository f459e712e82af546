// Steps of the schema, per file and in order. Only add: data of version N must stay readable by N-1, since an A/B rollback boots the
// old code on the new data. A step's place in its list + 1 is its number in `PRAGMA user_version`.

export const migrations = {
  catalog: [
    'CREATE TABLE IF NOT EXISTS kv (tab TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID',
    // number and checksum of the row's last change; what an older program writes has none
    'ALTER TABLE kv ADD COLUMN sum TEXT',
    'CREATE TABLE IF NOT EXISTS kv_meta (id INTEGER NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, row_count INTEGER NOT NULL, foreign_changes INTEGER NOT NULL)',
    // changes by an older program are counted; this one sets the count back with each of its own
    "CREATE TRIGGER IF NOT EXISTS kv_insert AFTER INSERT ON kv WHEN NEW.tab <> 'pluginState' BEGIN UPDATE kv_meta SET foreign_changes = foreign_changes + 1; END",
    "CREATE TRIGGER IF NOT EXISTS kv_delete AFTER DELETE ON kv WHEN OLD.tab <> 'pluginState' BEGIN UPDATE kv_meta SET foreign_changes = foreign_changes + 1; END",
    "CREATE TRIGGER IF NOT EXISTS kv_update AFTER UPDATE OF value ON kv WHEN NEW.tab <> 'pluginState' BEGIN UPDATE kv_meta SET foreign_changes = foreign_changes + 1; END",
    'CREATE TRIGGER IF NOT EXISTS kv_stale AFTER UPDATE OF value ON kv WHEN NEW.sum IS OLD.sum AND NEW.value IS NOT OLD.value BEGIN UPDATE kv SET sum = NULL WHERE tab = NEW.tab AND key = NEW.key; END',
  ],
  checkpoint: [
    'CREATE TABLE IF NOT EXISTS checkpoint (rule TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL, state BLOB NOT NULL)',
    'ALTER TABLE checkpoint ADD COLUMN sum INTEGER',
    'CREATE TRIGGER IF NOT EXISTS checkpoint_stale AFTER UPDATE OF state ON checkpoint WHEN NEW.sum IS OLD.sum AND NEW.at_ms IS NOT OLD.at_ms BEGIN UPDATE checkpoint SET sum = NULL WHERE rule = NEW.rule; END',
  ],
  cache: [
    'CREATE TABLE IF NOT EXISTS sink_queue (queue TEXT NOT NULL, seq INTEGER NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, at_ms INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (queue, seq))',
    'ALTER TABLE sink_queue ADD COLUMN boot TEXT',
    'ALTER TABLE sink_queue ADD COLUMN up_ms INTEGER',
    // CRC-32 of the payload; an older program replaces whole rows and so leaves none
    'ALTER TABLE sink_queue ADD COLUMN sum INTEGER',
  ],
} as const satisfies Record<string, readonly string[]>;
