// Changes of files that belong to a transaction of the catalog. Before a file is changed its content is kept in `<data>/transfer`; the transaction
// itself leaves a mark in the store. A process that dies before the mark finds the old files put back at its next start; one that dies after it finds
// the change done. Files that must not be in effect earlier (settings, tokens) are written after the mark, and at the next start again if need be.
// Used by importer.ts; `recoverTransfer` is called by daemon/gateway.ts before plugins are loaded.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably, writeDurablyAsync, writeDurablyBelow } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { Store, StoreChange } from '../../store/index.ts';

export interface FileAccess {
  /** Whole or not at all. */
  write(path: string, content: Uint8Array, mode: number): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface UndoSession {
  /** Part of the transaction: from here on there is no way back. */
  readonly mark: StoreChange;
  /** Keeps what the files hold now. Call before they are changed; files that are not there are removed by an undo. */
  keepFiles(paths: readonly string[]): Promise<void>;
  /** Keeps all files below the folders; new ones are removed by an undo. */
  keepFolders(folders: readonly string[]): Promise<void>;
  /** Keeps all rows of a table that is changed on the way. */
  keepTable(table: string): Promise<void>;
  /** Writes a file once the mark is set. */
  writeAfter(path: string, content: Uint8Array, mode: number): Promise<void>;
  /** Everything as it was. */
  undo(): Promise<void>;
  /** The mark is set: writes what was to come after it and forgets what was kept. */
  finish(): Promise<void>;
}

interface Kept {
  id: string;
  /** Absent `copy`: there was no such file. */
  files: { path: string; copy?: string; mode?: number }[];
  folders: string[];
  tables: Record<string, Record<string, string>>;
  after: { path: string; copy: string; mode: number }[];
}

const MARK = { table: 'transfer', key: 'done' } as const;
const PLAN = 'plan.json';

const folderOf = (dataDir: string) => join(dataDir, 'transfer');

/** @throws the system's error; nothing was changed then */
export function beginTransfer(dataDir: string, store: Pick<Store, 'kv' | 'commit'>, access: FileAccess): UndoSession {
  const folder = folderOf(dataDir);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept: Kept = { id: nodeCrypto().randomUUID(), files: [], folders: [], tables: {}, after: [] };
  let copies = 0;
  const save = () => writeDurably(join(folder, PLAN), JSON.stringify(kept), 0o600);
  const copyOf = async (content: Uint8Array): Promise<string> => {
    const name = `${++copies}`;
    await writeDurablyAsync(join(folder, name), content, { mode: 0o600 });
    return name;
  };
  const keep = async (paths: readonly string[]) => {
    for (const path of paths) {
      if (kept.files.some((f) => f.path === path)) continue;
      const found = existsSync(path) ? { copy: await copyOf(readFileSync(path)), mode: statSync(path).mode & 0o777 } : {};
      kept.files.push({ path, ...found });
    }
  };
  return {
    mark: { ...MARK, value: kept.id },
    async keepFiles(paths) {
      await keep(paths);
      save();
    },
    async keepFolders(folders) {
      kept.folders.push(...folders);
      await keep(folders.flatMap(filesBelow));
      save();
    },
    async keepTable(table) {
      kept.tables[table] = Object.fromEntries(await store.kv(table).all());
      save();
    },
    async writeAfter(path, content, mode) {
      kept.after.push({ path, copy: await copyOf(content), mode });
      save();
    },
    async undo() {
      await putBack(folder, kept, store, access);
      rmSync(folder, { recursive: true, force: true });
    },
    async finish() {
      await writeAfterwards(folder, kept);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a process that died has left: undone, or finished. @returns what was done, for the log */
export async function recoverTransfer(
  dataDir: string,
  store: Pick<Store, 'kv' | 'commit'>,
  access: FileAccess,
  log: Log,
): Promise<'nothing' | 'undone' | 'finished'> {
  const folder = folderOf(dataDir);
  let kept: Kept;
  try {
    kept = JSON.parse(readFileSync(join(folder, PLAN), 'utf8')) as Kept;
  } catch (error) {
    // without a plan no file was changed yet
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.error({ code: 'TRANSFER', folder, reason: messageOf(error) }, 'What an unfinished import has kept cannot be read.');
    rmSync(folder, { recursive: true, force: true });
    return 'nothing';
  }
  const done = (await store.kv(MARK.table).get(MARK.key)) === kept.id;
  if (done) await writeAfterwards(folder, kept);
  else await putBack(folder, kept, store, access);
  rmSync(folder, { recursive: true, force: true });
  log.warn(
    { code: 'TRANSFER' },
    done ? 'An import that was cut off after its last check was finished.' : 'An import that was cut off was undone.',
  );
  return done ? 'finished' : 'undone';
}

async function putBack(folder: string, kept: Kept, store: Pick<Store, 'kv' | 'commit'>, access: FileAccess): Promise<void> {
  const known = new Set(kept.files.map((f) => f.path));
  for (const path of kept.folders.flatMap(filesBelow)) if (!known.has(path)) await access.remove(path);
  for (const { path, copy, mode } of kept.files) {
    if (copy === undefined) {
      if (existsSync(path)) await access.remove(path);
      continue;
    }
    const content = readFileSync(join(folder, copy));
    // a file that is as it was keeps its time: nobody loads it again
    if (!existsSync(path) || !readFileSync(path).equals(content)) await access.write(path, content, mode ?? 0o640);
  }
  const changes: StoreChange[] = [];
  for (const [table, rows] of Object.entries(kept.tables)) {
    const now = await store.kv(table).all();
    for (const key of now.keys()) if (!Object.hasOwn(rows, key)) changes.push({ table, key, value: undefined });
    for (const [key, value] of Object.entries(rows)) if (now.get(key) !== value) changes.push({ table, key, value });
  }
  await store.commit(changes);
}

async function writeAfterwards(folder: string, kept: Kept): Promise<void> {
  for (const { path, copy, mode } of kept.after) writeDurablyBelow(path, readFileSync(join(folder, copy)), mode);
}

export function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile() && !e.name.endsWith('.part'))
      .map((e) => join(e.parentPath, e.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
