// Damage of what is stored: any page, byte or file of the catalog is destroyed, and the configuration is there again at the next opening, with a
// word about it. One fault at a time, on files as a clean stop and as a kill leave them.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { openStore, type Store } from '../../src/store/index.ts';

const clock = createRealClock();
const PAGE = 4096;
const TABLES = ['stream', 'rule', 'confKey'];
let base: string;
/** What must be there, by table. */
const expected: Record<string, [string, string][]> = {};

const open = (dataDir: string): Store => openStore({ dataDir, clock, log: createMemoryLog().log, reserveBytes: 0 });

async function contentOf(store: Store): Promise<Record<string, [string, string][]>> {
  const out: Record<string, [string, string][]> = {};
  for (const t of TABLES) out[t] = [...(await store.kv(t).all())];
  return out;
}

/** 200 rules, changed and deleted ones among them, plugin state, a checkpoint, a queue. */
async function fill(store: Store): Promise<void> {
  const rules = store.kv('rule');
  const text = (i: number, n: number) =>
    JSON.stringify({ id: `rule${i}`, sql: `SELECT * FROM demo WHERE a > ${n}`, note: 'x'.repeat((i * 37) % 600) });
  await Promise.all(Array.from({ length: 205 }, (_, i) => rules.set(`rule${i}`, text(i, 0))));
  for (let i = 0; i < 205; i += 20) await rules.set(`rule${i}`, text(i, 1));
  for (let i = 200; i < 205; i++) await rules.delete(`rule${i}`);
  await store.kv('stream').setMany({ demo: '{"sql":"CREATE STREAM demo () WITH ()"}', other: '{"sql":"CREATE STREAM ü"}', gone: 'x' });
  await store.kv('stream').delete('gone');
  await store.kv('confKey').set('sources.mqtt.k', '{"server":"tcp://x:1883","password":"secret"}');
  await store.kv('pluginState').set('sinks/a', 'state');
  await store.checkpoints.save({ rule: 'rule1', atMs: 1000, state: Buffer.from('s'.repeat(9000)) });
  const page = { seq: 1, rows: 1, bytes: 6000, atMs: 1000 };
  for (let seq = 1; seq <= 6; seq++) await store.sinkQueues.append('rule1/mqtt_0', { ...page, seq }, Buffer.alloc(6000, seq));
}

const copyAll = (from: string, to: string) => {
  mkdirSync(to);
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name));
};

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'kuiper-damage-'));
  const store = open(join(base, 'live'));
  await fill(store);
  Object.assign(expected, await contentOf(store));
  copyAll(join(base, 'live'), join(base, 'killed'));
  await store.close();
  copyAll(join(base, 'live'), join(base, 'stopped'));
  expect(expected['rule']).toHaveLength(200);
  expect(statSync(join(base, 'killed', 'sqliteKV.db-wal')).size).toBeGreaterThan(10 * PAGE);
  expect(existsSync(join(base, 'stopped', 'sqliteKV.db-wal'))).toBe(false);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

let runs = 0;
/** Damages a copy and opens it. @returns what was told */
async function recover(state: 'killed' | 'stopped', damage: (folder: string) => void): Promise<{ told: string[]; folder: string }> {
  const folder = join(base, `run${++runs}`);
  copyAll(join(base, state), folder);
  damage(folder);
  const store = open(folder);
  expect(await contentOf(store)).toEqual(expected);
  const told = store.reports().map((r) => `${r.file}: ${r.text}`);
  // it works on: a change is stored, and the next opening is a calm one
  await store.kv('rule').set('rule0', 'changed');
  await store.close();
  const again = open(folder);
  expect(await again.kv('rule').get('rule0')).toBe('changed');
  expect(await again.kv('rule').keys()).toHaveLength(200);
  expect(again.reports()).toEqual([]);
  await again.close();
  rmSync(folder, { recursive: true });
  return { told, folder };
}

const noise = (seed: number): Buffer => {
  const out = Buffer.alloc(PAGE);
  for (let i = 0, x = seed * 2654435761 + 1; i < PAGE; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    out[i] = x >>> 24;
  }
  return out;
};
const overwrite = (file: string, at: number, bytes: Buffer) => {
  const content = readFileSync(file);
  bytes.copy(content, at, 0, Math.min(bytes.length, content.length - at));
  writeFileSync(file, content);
};
const CATALOG_FILES = ['sqliteKV.db', 'sqliteKV.db-wal', 'sqliteKV.db-shm', 'catalog.journal'];
const pagesOf = (state: string) =>
  CATALOG_FILES.flatMap((name) => {
    const file = join(base, state, name);
    return existsSync(file) ? Array.from({ length: Math.ceil(statSync(file).size / PAGE) }, (_, i) => [name, i] as const) : [];
  });

describe('the configuration is there again, and it is told,', () => {
  // @covers issue:13#6
  // @covers finding:security#D7
  it('when any page of the stopped catalog is noise or zeros', async () => {
    const silent: string[] = [];
    for (const [name, i] of pagesOf('stopped')) {
      const bytes = i % 2 === 0 ? noise(i) : Buffer.alloc(PAGE);
      const { told } = await recover('stopped', (folder) => overwrite(join(folder, name), i * PAGE, bytes));
      if (told.length === 0) silent.push(`${name} page ${i}`);
    }
    expect(pagesOf('stopped').length).toBeGreaterThan(30);
    expect(silent).toEqual([]);
  }, 60_000);

  // @covers issue:13#6
  it('when any page is destroyed after a kill, the log of SQLite among them', async () => {
    const pages = pagesOf('killed');
    expect(pages.filter(([n]) => n === 'sqliteKV.db-wal').length).toBeGreaterThan(10);
    // every third: the log is long
    for (const [name, i] of pages.filter((_, n) => n % 3 === 0 || n < 10))
      await recover('killed', (folder) => overwrite(join(folder, name), i * PAGE, noise(i)));
  }, 60_000);

  // @covers issue:13#6
  // @covers finding:security#D7
  it.each([
    ['stopped', 'sqliteKV.db', /sqliteKV\.db: 203 entries were restored/],
    ['stopped', 'catalog.journal', /catalog\.journal: the copy of the configuration was gone/],
    ['killed', 'sqliteKV.db', /sqliteKV\.db: .*(restored|complete)/],
    ['killed', 'sqliteKV.db-wal', /sqliteKV\.db: .*entries were restored/],
    ['killed', 'catalog.journal', /catalog\.journal: the copy of the configuration was gone/],
  ] as const)('%s: when %s is cut to 0 bytes, or deleted', async (state, name, words) => {
    const { told } = await recover(state, (folder) => truncateSync(join(folder, name), 0));
    expect(told.join('\n')).toMatch(words);
    const gone = await recover(state, (folder) => rmSync(join(folder, name)));
    expect(gone.told.join('\n')).toMatch(words);
  });

  // @covers issue:13#6
  it.each(['sqliteKV.db', 'catalog.journal'])('when %s is cut in its middle', async (name) => {
    const { told } = await recover('stopped', (folder) =>
      truncateSync(join(folder, name), Math.floor(statSync(join(folder, name)).size / 2)),
    );
    expect(told).not.toEqual([]);
  });

  // @covers issue:13#6
  // @covers finding:security#D7
  it('when a byte of a stored value is changed: it is never taken as it is', async () => {
    const before = '{"id":"rule7","sql":"SELECT * FROM demo WHERE a > ';
    const { told } = await recover('stopped', (folder) => {
      const file = join(folder, 'sqliteKV.db');
      const content = readFileSync(file);
      // SQLite leaves old copies of rows in free space
      for (let at = content.indexOf(before); at >= 0; at = content.indexOf(before, at + 1)) content[at + before.length] = 0x37;
      writeFileSync(file, content);
    });
    expect(told.join()).toContain('1 damaged entries were found by their checksum; 1 entries were restored');
  });

  // @covers issue:13#6
  it('for any changed byte of any file of the catalog', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sqliteKV.db', 'catalog.journal'),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 255 }),
        async (name, part, flip) => {
          await recover('stopped', (folder) => {
            const file = join(folder, name);
            const content = readFileSync(file);
            const at = Math.floor(part * content.length);
            content[at] = content[at]! ^ flip;
            writeFileSync(file, content);
          });
        },
      ),
      { numRuns: 60, seed: 13 },
    );
  }, 60_000);
});

describe('an older program', () => {
  const v1 = [
    'CREATE TABLE IF NOT EXISTS kv (tab TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID',
  ];

  // @covers issue:13#6
  it('reads and changes the file of this one, and this one takes its changes over', async () => {
    const { createDatabase } = await import('../../src/store/database.ts');
    const folder = join(base, 'older');
    copyAll(join(base, 'stopped'), folder);
    const reports: never[] = [];
    const old = createDatabase({
      path: join(folder, 'sqliteKV.db'),
      migrations: v1,
      clock,
      log: createMemoryLog().log,
      reports,
      check: true,
    });
    const put = 'INSERT INTO kv (tab, key, value) VALUES (?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value';
    expect(await old.read('SELECT count(*) AS n FROM kv WHERE tab = ?', ['rule'])).toEqual([{ n: 200 }]);
    await old.write([{ sql: put, params: ['rule', 'rule1', 'by the older'] }]);
    await old.write([{ sql: put, params: ['rule', 'new', 'made by the older'] }]);
    await old.write([{ sql: 'DELETE FROM kv WHERE tab = ? AND key = ?', params: ['rule', 'rule2'] }]);
    await old.close();
    const store = open(folder);
    expect(await store.kv('rule').get('rule1')).toBe('by the older');
    expect(await store.kv('rule').get('new')).toBe('made by the older');
    expect(await store.kv('rule').get('rule2')).toBeUndefined();
    expect(await store.kv('rule').keys()).toHaveLength(200);
    expect(store.reports()).toEqual([]);
    await store.close();
    // and from then on both copies have it
    truncateSync(join(folder, 'sqliteKV.db'), 0);
    const again = open(folder);
    expect(await again.kv('rule').get('rule1')).toBe('by the older');
    expect(await again.kv('rule').get('rule2')).toBeUndefined();
    await again.close();
  });

  it('leaves a file that is taken over without a word about damage', async () => {
    const { createDatabase } = await import('../../src/store/database.ts');
    const folder = join(base, 'from-older');
    mkdirSync(folder);
    const old = createDatabase({
      path: join(folder, 'sqliteKV.db'),
      migrations: v1,
      clock,
      log: createMemoryLog().log,
      reports: [],
      check: true,
    });
    await old.write([{ sql: 'INSERT INTO kv VALUES (?, ?, ?)', params: ['rule', 'a', '1'] }]);
    await old.close();
    const store = open(folder);
    expect([...(await store.kv('rule').all())]).toEqual([['a', '1']]);
    expect(store.reports()).toEqual([]);
    await store.close();
    truncateSync(join(folder, 'sqliteKV.db'), 0);
    const again = open(folder);
    expect([...(await again.kv('rule').all())]).toEqual([['a', '1']]);
    expect(again.reports().map((r) => r.text)).toEqual(['1 entries were restored from catalog.journal']);
    await again.close();
  });
});

describe('states and queues', () => {
  // @covers issue:13#6
  it('a changed byte of a checkpoint is refused, not taken for the state', async () => {
    const folder = join(base, 'state');
    copyAll(join(base, 'stopped'), folder);
    const bytes = readFileSync(join(folder, 'checkpoint.db'));
    overwrite(join(folder, 'checkpoint.db'), bytes.indexOf('ssssssss') + 100, Buffer.from('t'));
    const store = open(folder);
    await expect(store.checkpoints.load('rule1')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('checksum'),
    });
    await store.checkpoints.save({ rule: 'rule1', atMs: 2000, state: Buffer.from('new') });
    expect(Buffer.from((await store.checkpoints.load('rule1'))!.state).toString()).toBe('new');
    await store.close();
  });

  // @covers issue:13#6
  it('a changed byte of a queued page is noticed; the other pages stay', async () => {
    const folder = join(base, 'queue');
    copyAll(join(base, 'stopped'), folder);
    const bytes = readFileSync(join(folder, 'cache.db'));
    overwrite(join(folder, 'cache.db'), bytes.indexOf(Buffer.alloc(300, 3)) + 50, Buffer.from([9]));
    const store = open(folder);
    expect(await store.sinkQueues.read('rule1/mqtt_0', 3)).toBeUndefined();
    expect(await store.sinkQueues.read('rule1/mqtt_0', 4)).toEqual(Buffer.alloc(6000, 4));
    await store.close();
  });

  // @covers issue:13#6
  it('when a page of the queue file is destroyed, all other queued pages are taken over', async () => {
    const pages = Math.ceil(statSync(join(base, 'stopped', 'cache.db')).size / PAGE);
    for (let i = 0; i < pages; i++) {
      const folder = join(base, `queue${i}`);
      copyAll(join(base, 'stopped'), folder);
      overwrite(join(folder, 'cache.db'), i * PAGE, noise(i + 50));
      const store = open(folder);
      const queue = store.sinkQueues;
      for (let seq = 1; seq <= 6; seq++) {
        const payload = await queue.read('rule1/mqtt_0', seq).catch(() => undefined);
        if (payload) expect(payload).toEqual(Buffer.alloc(6000, seq));
      }
      // whatever was lost, the file works
      await queue.append('q', { seq: 9, rows: 1, bytes: 3, atMs: 1 }, Buffer.from('abc'));
      expect(await queue.read('q', 9)).toEqual(Buffer.from('abc'));
      await store.close();
    }
  });
});

describe('database files', () => {
  // @covers issue:13#6
  // @covers finding:security#D8
  it('are nobody else’s, whatever the umask; files of earlier versions lose what others may', async () => {
    const before = process.umask(0o022);
    try {
      const folder = join(base, 'modes');
      mkdirSync(folder);
      writeFileSync(join(folder, 'cache.db'), '', { mode: 0o644 });
      const store = open(folder);
      await fill(store);
      for (const name of readdirSync(folder)) expect([name, statSync(join(folder, name)).mode & 0o007]).toEqual([name, 0]);
      expect(statSync(join(folder, 'sqliteKV.db')).mode & 0o777).toBe(0o640);
      expect(statSync(join(folder, 'sqliteKV.db-wal')).mode & 0o777).toBe(0o640);
      await store.close();
    } finally {
      process.umask(before);
    }
  });
});
