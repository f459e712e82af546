// Simulated disk below the shipped store (src/store): each file is real SQL in memory, twice: as the system's cache has it and as the medium has it. A
// write is applied to the cache, then synced, then answered. A killed process leaves the cache behind; a power cut leaves the medium and a beginning
// of what was not synced. Delays, hiccups, errors, a full and a read-only disk come from the scenario.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { GatewayError } from '../../src/base/errors/gateway-error.ts';
import type { Database, DatabaseOptions, Statement } from '../../src/store/database.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

interface Unit {
  statements: readonly Statement[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/** A medium with the statements that it was given. */
class Medium {
  db!: DatabaseSync;
  private statements = new Map<string, StatementSync>();
  private readonly migrations: readonly string[];

  constructor(migrations: readonly string[]) {
    this.migrations = migrations;
    this.clear();
  }

  clear(): void {
    this.db = new DatabaseSync(':memory:');
    this.statements = new Map();
    for (const m of this.migrations) this.db.exec(m);
  }

  statement(sql: string): StatementSync {
    let s = this.statements.get(sql);
    if (!s) {
      s = this.db.prepare(sql);
      this.statements.set(sql, s);
    }
    return s;
  }

  apply(statements: readonly Statement[]): void {
    for (const { sql, params } of statements) this.statement(sql).run(...(params as SQLInputValue[]));
  }

  copyFrom(other: Medium): void {
    this.clear();
    const tables = other.db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    for (const { name } of tables) {
      for (const row of other.db.prepare(`SELECT * FROM ${name}`).all()) {
        const keys = Object.keys(row);
        this.db
          .prepare(`INSERT INTO ${name} (${keys.join(', ')}) VALUES (${keys.map(() => '?').join(', ')})`)
          .run(...(Object.values(row) as SQLInputValue[]));
      }
    }
  }
}

interface File {
  cache: Medium;
  medium: Medium;
  /** In the cache and not yet on the medium, in order. */
  unsynced: (readonly Statement[])[];
}

export interface DiskFaults {
  /** Why writes fail now; '' = they do not. */
  failing:
    | ''
    | 'SQLITE_FULL: database or disk is full'
    | 'SQLITE_READONLY: attempt to write a readonly database'
    | 'SQLITE_IOERR: disk I/O error';
  /** Part of the writes that fail by themselves. */
  errorRate: number;
  /** Latency of a sync, ms. */
  slowMs: number;
}

export class Disk {
  readonly faults: DiskFaults = { failing: '', errorRate: 0, slowMs: 0 };
  writes = 0;
  failed = 0;
  tornUnits = 0;
  /** Broken on purpose: a write is answered when it is in the cache. */
  skipSync = false;
  /** Broken on purpose: a page of a queue is gone when it was read. */
  losesPages = false;
  private readonly world: World;
  private readonly files = new Map<string, File>();

  constructor(world: World) {
    this.world = world;
  }

  /** What `openStore` is given instead of SQLite in threads. */
  opener(process: Process): (options: DatabaseOptions) => Database {
    return (options) => this.open(process, options);
  }

  private open(process: Process, { path, migrations }: DatabaseOptions): Database {
    const name = path.slice(path.lastIndexOf('/') + 1);
    let file = this.files.get(name);
    if (!file) {
      file = { cache: new Medium(migrations), medium: new Medium(migrations), unsynced: [] };
      this.files.set(name, file);
    }
    const own = file;
    const { world } = this;
    const waiting: Unit[] = [];
    let busy = false;
    const closing: (() => void)[] = [];
    const fail = (text: string) => new GatewayError('STORE_FAILED', { file: name, text });

    const next = () => {
      if (waiting.length === 0) {
        busy = false;
        for (const done of closing.splice(0)) done();
        return;
      }
      busy = true;
      const group = waiting.splice(0, 64);
      const { faults } = this;
      const hiccup = world.chance(0.01) ? world.between(200, 1500) : 0;
      world.at(
        world.between(0, 4),
        () => {
          if (!process.puts('disk')) return;
          const why = faults.failing || (world.chance(faults.errorRate) ? 'SQLITE_IOERR: disk I/O error' : '');
          if (why) {
            this.failed++;
            for (const u of group) u.reject(fail(why));
            return next();
          }
          const statements = group.flatMap((u) => u.statements);
          own.cache.apply(statements);
          own.unsynced.push(statements);
          const answer = () => {
            for (const u of group) u.resolve();
            next();
          };
          const done = () => {
            this.sync(own, statements);
            this.writes++;
            if (!this.skipSync) answer();
          };
          world.at((this.skipSync ? 2000 : world.between(1, 8)) + hiccup + faults.slowMs, done, process);
          if (this.skipSync) answer();
        },
        process,
      );
    };
    return {
      read: <R extends object>(sql: string, params: Statement['params']) =>
        new Promise<R[]>((resolve) => {
          world.at(
            0,
            () => {
              const rows = own.cache.statement(sql).all(...(params as SQLInputValue[]));
              if (this.losesPages && /^SELECT payload\b.* FROM sink_queue/.test(sql))
                for (const m of [own.cache, own.medium])
                  m.statement('DELETE FROM sink_queue WHERE queue = ? AND seq = ?').run(...(params as SQLInputValue[]));
              resolve(rows.map((row) => ({ ...row })) as R[]);
            },
            process,
          );
        }),
      write: (statements) =>
        new Promise<void>((resolve, reject) => {
          waiting.push({ statements, resolve, reject });
          if (!busy) next();
        }),
      exists: () => true,
      close: () =>
        new Promise((resolve) => {
          if (busy) closing.push(resolve);
          else resolve();
        }),
    };
  }

  private sync(file: File, statements: readonly Statement[]): void {
    const i = file.unsynced.indexOf(statements);
    if (i < 0) return;
    for (const s of file.unsynced.splice(0, i + 1)) file.medium.apply(s);
  }

  /** The process is gone: what is in the cache gets onto the medium. */
  afterKill(): void {
    for (const file of this.files.values()) for (const s of file.unsynced.splice(0)) file.medium.apply(s);
  }

  /** The power is gone: a beginning of what was not synced may have got onto the medium. */
  afterPowerCut(): void {
    for (const file of this.files.values()) {
      const units = file.unsynced.splice(0);
      const kept = this.skipSync ? 0 : this.world.between(0, units.length);
      this.tornUnits += units.length - kept;
      for (const s of units.slice(0, kept)) file.medium.apply(s);
      if (units.length > kept) file.cache.copyFrom(file.medium);
    }
  }
}
