// An import or a restore as one change, all of it or nothing: files are put in place with an undo log, everything is checked against a shadow of the
// configuration, a copy of what there is now is kept, one transaction makes it so, and only then does what runs take it over. A refusal leaves the
// gateway as it was; so does the end of the process at any step before the transaction. Used by data-transfer.ts and backup.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { MASK, placesOfMasks, restoreSecrets } from '../../base/secrets.ts';
import { type ComponentKind, type Folders, OWNER_FILE } from '../../config/index.ts';
import type { Props } from '../../contract/props.ts';
import type { Extensions } from '../../extensions/index.ts';
import type { Store, StoreChange } from '../../store/index.ts';
import type { PluginAdmin, PortableAdmin } from '../plugins/index.ts';
import { missingSecrets } from '../rules/rule-secrets.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { SchemaRegistry } from '../schemas.ts';
import type { Uploads } from '../uploads.ts';
import type { ImportTarget, TargetFile } from './import-target.ts';
import type { LiveConfiguration } from './live.ts';
import { recheckRules } from './recheck.ts';
import { type ImportReport, type Outcome, type ReportItem, refusedIn } from './report.ts';
import { rulesWithState } from './restored-state.ts';
import { createShadow, SHADOWED, type Shadow, type ShadowDeps, type ShadowRows, storedRows } from './shadow.ts';
import { beginTransfer, type FileAccess, filesBelow, type UndoSession } from './undo-log.ts';

export interface ImportOptions {
  /** False: what is not in the target goes. */
  partial: boolean;
  /** What is refused is left out; otherwise one refusal refuses all. */
  skipRefused?: boolean;
  /** Only tells what would change. */
  dryRun?: boolean;
  /** A secret that is not there, and a plugin file that does not run, are refusals too. */
  strict?: boolean;
}

export interface ImporterDeps extends ShadowDeps {
  store: Pick<Store, 'kv' | 'commit'>;
  folders: Folders;
  files: FileAccess;
  plugins: PluginAdmin;
  schemas: SchemaRegistry;
  uploads: Uploads;
  extensions: Extensions;
  portables: PortableAdmin;
  externalServices: { importOne: PortableAdmin['importOne'] };
  rules: RuleService;
  live: LiveConfiguration;
  clock: Clock;
  log: Log;
  /** Takes the settings that the files say now. @throws what the next start would refuse */
  reloadSettings?(): void;
  /** Takes what there is now, for `kuiper restore --last`, before anything is changed.
   *  @returns keeps it; throws when it cannot be kept, and then nothing is imported */
  takeCopy(): Promise<() => void>;
  /** Told after each step, for tests that end the process there. */
  step?(name: string): void;
}

export interface Importer {
  /** @returns what was done; `applied` false after a refusal  @throws only for faults of the system; everything is as it was then */
  run(target: ImportTarget, options: ImportOptions): Promise<ImportReport>;
}

/** eKuiper's names of the parts. */
const PART_OF_KIND: Readonly<Record<ComponentKind, string>> = {
  sources: 'sourceConfig',
  sinks: 'sinkConfig',
  connections: 'connectionConfig',
};
const PART_OF_ROWS: Readonly<Record<(typeof SHADOWED)[number], (key: string, row: string) => { part: string; name: string }>> = {
  streams: (name, row) => ({ part: /^\s*create\s+table/i.test((JSON.parse(row) as { sql: string }).sql) ? 'tables' : 'streams', name }),
  rules: (name) => ({ part: 'rules', name }),
  confKeys(key) {
    const [kind, ...name] = key.split('.');
    return { part: PART_OF_KIND[kind as ComponentKind] ?? 'sourceConfig', name: name.join('.') };
  },
  connections: (id, row) => ({ part: 'connectionConfig', name: `${(JSON.parse(row) as { typ: string }).typ}.${id}` }),
  secrets: (name) => ({ part: 'secrets', name }),
};

export function createImporter(deps: ImporterDeps): Importer {
  let chain: Promise<unknown> = Promise.resolve();
  const step = (name: string) => deps.step?.(name);
  return {
    run(target, options) {
      const next = chain.then(() => importAll(deps, target, options, step));
      chain = next.catch(() => undefined);
      return next;
    },
  };
}

async function importAll(
  deps: ImporterDeps,
  target: ImportTarget,
  options: ImportOptions,
  step: (name: string) => void,
): Promise<ImportReport> {
  const { store, tables, folders, clock } = deps;
  const notes = [...target.notes];
  const before = await storedRows(tables);
  const stays = (table: (typeof SHADOWED)[number]) => options.partial || (table === 'secrets' && target.secrets === undefined);
  const start = Object.fromEntries(SHADOWED.map((n) => [n, new Map(stays(n) ? before[n] : [])])) as ShadowRows;
  for (const { table, key } of target.removals) start[table].delete(key);
  const keepCopy = options.dryRun ? () => undefined : await deps.takeCopy();
  const undo = beginTransfer(folders.data, store, deps.files);
  step('begun');
  const work = createWork(deps, await createShadow(deps, start), undo, step);
  let committed = false;
  try {
    work.items.push(...target.refused);
    await work.putFiles(target, options.strict === true);
    step('files');
    await work.checkAll(target, before);
    work.items.push(...(await recheckRules(deps, work.shadow, target.recheck, before, start)));
    step('checked');
    const found = differences(before, start, work);
    const items = [...work.items, ...found, ...(options.strict ? withoutSecrets(found) : [])];
    const report: ImportReport = { applied: false, atMs: clock.now(), items, notes };
    if (options.dryRun || (refusedIn(report).length > 0 && !options.skipRefused)) return report;
    keepCopy();
    step('copied');
    const changes = [...(await rowChanges(deps, before, start, target.legacyRules)), ...work.schemaRows, ...target.rows, undo.mark];
    for (const { path, content, mode, after } of target.files) {
      const same = existsSync(path) && readFileSync(path).equals(content);
      if (after && !same) await undo.writeAfter(path, content, mode);
    }
    step('staged');
    await store.commit(changes);
    committed = true;
    step('committed');
    await undo.finish();
    step('finished');
    await deps.live.takeOver({
      before: before.rules,
      after: start.rules,
      listed: new Set(Object.keys(target.rules)),
      restored: rulesWithState(target.rows),
    });
    step('live');
    return { ...report, applied: true };
  } finally {
    if (!committed) await takeBack(deps, undo, target);
  }
}

async function takeBack(deps: ImporterDeps, undo: UndoSession, target: ImportTarget): Promise<void> {
  await undo.undo();
  deps.componentFiles.reload();
  await deps.schemas.reload();
  await deps.extensions.reload();
  const files = target.files.length + target.removedFiles.length;
  if (files > 0 && holdsSettings(deps, target)) deps.reloadSettings?.();
  if (Object.keys(target.plugins).length > 0 || target.folders.length > 0 || files > 0) await deps.plugins.reread();
}

const holdsSettings = ({ folders }: ImporterDeps, { files }: ImportTarget): boolean =>
  files.some((f) => !f.after && f.path === join(folders.etc, OWNER_FILE));

const withoutSecrets = (items: readonly ReportItem[]): ReportItem[] =>
  items
    .filter((i) => i.missing !== undefined && i.outcome !== 'unchanged')
    .map(({ part, name, missing }) => ({
      part,
      name,
      outcome: 'refused',
      reason: `the gateway has no secret to put in the place of ${MASK} at ${missing!.join(', ')}; set one (kuiper secret set NAME) and write \${secret:NAME}`,
    }));

interface Work {
  readonly shadow: Shadow;
  readonly items: ReportItem[];
  /** `confKeys\0key` → places of secrets that did not come with it. */
  readonly missing: Map<string, readonly string[]>;
  readonly schemaRows: StoreChange[];
  putFiles(target: ImportTarget, strict: boolean): Promise<void>;
  checkAll(target: ImportTarget, before: ShadowRows): Promise<void>;
}

function createWork(deps: ImporterDeps, shadow: Shadow, undo: UndoSession, step: (name: string) => void): Work {
  const { folders, files } = deps;
  const items: ReportItem[] = [];
  const missing = new Map<string, readonly string[]>();
  const schemaRows: StoreChange[] = [];
  const attempt = async (part: string, name: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      items.push({ part, name, outcome: 'refused', reason: messageOf(error) });
      return false;
    }
  };
  const putFile = async (part: string, name: string, file: string, content: Uint8Array) => {
    await undo.keepFiles([file]);
    await files.write(file, content, 0o640);
    items.push({ part, name, outcome: 'created' });
    step(`file ${name}`);
  };
  const lost = (table: string, key: string, places: readonly string[]) => {
    if (places.length > 0) missing.set(`${table}\0${key}`, places);
  };
  return {
    shadow,
    items,
    missing,
    schemaRows,
    async putFiles(target, strict) {
      const pluginNames = Object.keys(target.plugins);
      if (pluginNames.length > 0 || target.folders.length > 0) {
        const places = ['sources', 'sinks', 'functions'].flatMap((kind) => [`${folders.plugins}/${kind}`, `${folders.etc}/${kind}`]);
        await undo.keepFolders([...new Set([...places, ...target.folders])]);
        await undo.keepFiles([`${folders.data}/plugins/shipped.json`]);
        await undo.keepTable('pluginFunctions');
        step('kept');
      }
      for (const [name, json] of Object.entries(target.plugins)) {
        if (await attempt('nativePlugins', name, () => deps.plugins.importOne(name, json)))
          items.push({ part: 'nativePlugins', name, outcome: 'created' });
        step(`plugin ${name}`);
      }
      const whole = target.files.filter((f) => !f.after);
      if (whole.length > 0 || target.removedFiles.length > 0) {
        await undo.keepFiles([...whole.map((f) => f.path), ...target.removedFiles]);
        for (const path of target.removedFiles) await files.remove(path);
        await placeFiles(deps, whole, target.folders);
        step('restored files');
        deps.componentFiles.reload();
        // rules are checked against them
        await deps.store.commit(target.rows.filter((r) => r.table === 'pluginFunctions'));
        await deps.plugins.reread();
        await deps.extensions.reload();
        if (strict)
          for (const { path, reason } of deps.plugins.faults(whole.map((f) => f.path)))
            items.push({ part: 'plugins', name: relative(folders.plugins, path), outcome: 'refused', reason });
        if (holdsSettings(deps, target)) await attempt('settings', OWNER_FILE, async () => deps.reloadSettings?.());
      }
      for (const [name, json] of Object.entries(target.schemas))
        await attempt('Schema', name, async () => {
          const { file, content, row } = await deps.schemas.prepare(name, json);
          await putFile('Schema', name, file, Buffer.from(content));
          schemaRows.push({ table: 'schema', key: row[0], value: row[1] });
        });
      for (const [name, json] of Object.entries(target.uploads))
        await attempt('uploads', name, async () => {
          const { file, content } = deps.uploads.prepare(name, json);
          await putFile('uploads', name, file, content);
        });
      for (const [name, json] of Object.entries(target.scripts))
        await attempt('scripts', name, async () => {
          const { file, content } = await deps.extensions.scripts.prepare(name, json);
          await putFile('scripts', name, file, Buffer.from(content));
        });
      const packed = async (
        part: 'portablePlugins' | 'Service',
        folder: string,
        texts: ImportTarget['services'],
        take: PortableAdmin['importOne'],
      ) => {
        for (const [name, json] of Object.entries(texts)) {
          await undo.keepFolders([part === 'Service' ? folder : join(folder, name)]);
          if (await attempt(part, name, () => take(name, json))) items.push({ part, name, outcome: 'created' });
        }
      };
      await packed('portablePlugins', join(folders.plugins, 'portable'), target.portables, deps.portables.importOne);
      await packed('Service', join(folders.data, 'services'), target.services, deps.externalServices.importOne);
      // rules are checked against them
      if (Object.keys(target.scripts).length > 0) await deps.extensions.reload();
    },
    async checkAll(target, before) {
      for (const [name, row] of Object.entries(target.secrets ?? {})) shadow.rows.secrets.set(name, row);
      for (const { kind, type, key, props } of target.confKeys)
        await attempt(PART_OF_KIND[kind], `${type}.${key}`, async () => {
          const id = `${kind}.${type}.${key}`;
          const old = before.confKeys.get(id);
          const own = restoreSecrets(props, old === undefined ? undefined : JSON.parse(old)) as Props;
          await shadow.confKeys.put(kind, type, key, JSON.stringify(own, bigintAsNumber));
          lost('confKeys', id, placesOfMasks(own));
        });
      for (const { id, typ, props } of target.connections)
        await attempt('connectionConfig', `${typ}.${id}`, async () => {
          const old = before.connections.get(id);
          const own = restoreSecrets(props, old === undefined ? undefined : (JSON.parse(old) as { props: Props }).props) as Props;
          if (shadow.connections.list().some((c) => c.id === id)) await shadow.connections.replace(id, typ, own);
          else await shadow.connections.create(id, typ, own);
          lost('connections', id, placesOfMasks(own));
        });
      for (const { kind, name, sql } of target.sources)
        await attempt(kind === 'stream' ? 'streams' : 'tables', name, async () => {
          // what is no statement is refused below, with its reason
          const own = await deps.live.withStreamSecrets(name, sql).catch(() => sql);
          const known = shadow.streams.find(name);
          if (known) await shadow.streams.replace(kind, name, own);
          else await shadow.streams.command(own);
          if (own.includes(MASK)) lost('streams', name, ['password']);
        });
      for (const [id, text] of Object.entries(target.rules))
        if (text === '') items.push({ part: 'rules', name: id, outcome: 'left out', reason: 'the export knew no rule of that name' });
        else
          await attempt('rules', id, async () => {
            const own = deps.rules.withSecrets(id, text);
            const draft = await deps.rules.examine(shadow.planning, own, id, target.legacyRules.has(id));
            deps.rules.checkVersion(id, draft.version);
            shadow.rows.rules.set(id, draft.text);
            lost('rules', id, missingSecrets(draft.text));
          });
    },
  };
}

/** Plugins go through their own door; the others are written here. Files that are not in the target go first. */
async function placeFiles({ files }: ImporterDeps, wanted: readonly TargetFile[], folders: readonly string[]): Promise<void> {
  const named = new Set(wanted.map((f) => f.path));
  for (const path of folders.flatMap(filesBelow)) if (!named.has(path)) await files.remove(path);
  for (const { path, content, mode } of wanted) {
    // what is the same keeps its time: nobody loads it again
    const same = existsSync(path) && readFileSync(path).equals(content);
    if (!same) await files.write(path, content, mode);
  }
}

/** Created, changed, removed: by the rows of before and after. */
function differences(before: ShadowRows, after: ShadowRows, { missing }: Work): ReportItem[] {
  const out: ReportItem[] = [];
  for (const name of SHADOWED) {
    const put = (key: string, row: string, outcome: Outcome) => {
      const places = missing.get(`${name}\0${key}`);
      out.push({ ...PART_OF_ROWS[name](key, row), outcome, ...(places ? { missing: places } : {}) });
    };
    for (const [key, row] of after[name]) {
      const old = before[name].get(key);
      put(key, row, old === undefined ? 'created' : old === row ? 'unchanged' : 'changed');
    }
    for (const [key, row] of before[name]) if (!after[name].has(key)) put(key, row, 'removed');
  }
  return out;
}

/** The transaction: rows that differ. */
async function rowChanges(
  { tables }: ImporterDeps,
  before: ShadowRows,
  after: ShadowRows,
  legacy: ReadonlySet<string>,
): Promise<StoreChange[]> {
  const out: StoreChange[] = [];
  for (const name of SHADOWED) {
    const changed: Record<string, string | undefined> = {};
    for (const [key, row] of after[name]) if (before[name].get(key) !== row) changed[key] = row;
    for (const key of before[name].keys()) if (!after[name].has(key)) changed[key] = undefined;
    out.push(...(await tables[name].changes(changed)));
    if (name === 'rules')
      for (const [key, row] of Object.entries(changed))
        out.push({ table: 'ruleMark', key, value: row === undefined || legacy.has(key) ? undefined : '1' });
  }
  return out;
}
