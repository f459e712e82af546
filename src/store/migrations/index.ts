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
  // docs/adr/0235; statements: src/history/tables.ts
  history: [
    'CREATE TABLE IF NOT EXISTS names (id INTEGER NOT NULL PRIMARY KEY, series TEXT NOT NULL, field TEXT NOT NULL, UNIQUE (series, field))',
    'CREATE TABLE IF NOT EXISTS marks (what TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE IF NOT EXISTS recent (at INTEGER NOT NULL, name INTEGER NOT NULL, nth INTEGER NOT NULL, value, PRIMARY KEY (at, name, nth)) WITHOUT ROWID',
    'CREATE TABLE IF NOT EXISTS raw (name INTEGER NOT NULL, at INTEGER NOT NULL, nth INTEGER NOT NULL, value, PRIMARY KEY (name, at, nth)) WITHOUT ROWID',
    'CREATE TABLE IF NOT EXISTS minutes (name INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, least, greatest, sum REAL, PRIMARY KEY (name, at)) WITHOUT ROWID',
    'CREATE TABLE IF NOT EXISTS hours (name INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, least, greatest, sum REAL, PRIMARY KEY (name, at)) WITHOUT ROWID',
    'CREATE VIEW IF NOT EXISTS history AS SELECT r.at, n.series, n.field, r.value FROM names n JOIN raw r ON r.name = n.id UNION ALL SELECT r.at, n.series, n.field, r.value FROM names n JOIN recent r ON r.name = n.id',
    'CREATE VIEW IF NOT EXISTS history_minutes AS SELECT m.at, n.series, n.field, m.n AS count, m.least AS min, m.greatest AS max, m.sum / m.n AS avg FROM names n JOIN minutes m ON m.name = n.id',
    'CREATE VIEW IF NOT EXISTS history_hours AS SELECT m.at, n.series, n.field, m.n AS count, m.least AS min, m.greatest AS max, m.sum / m.n AS avg FROM names n JOIN hours m ON m.name = n.id',
  ],
} as const satisfies Record<string, readonly string[]>;
