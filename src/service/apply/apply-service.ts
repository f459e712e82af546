// Makes the gateway what a folder of files says: plan, then one transaction by the door of imports (transfer/importer.ts), all of it or nothing. What
// is the same is left alone, so that a second apply changes nothing. Before a change the gateway keeps a copy; `kuiper restore --last` takes it back.
// Used by rest/routes/apply.ts and by the fleet.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { checkOwnerSettings, type Folders, OWNER_FILE } from '../../config/index.ts';
import { maskSecrets, type Props } from '../../contract/props.ts';
import { suggest } from '../../sql/suggest.ts';
import type { Store } from '../../store/index.ts';
import type { ConfKeyStore } from '../conf-keys.ts';
import type { ConnectionStore } from '../connections.ts';
import type { SchemaRegistry } from '../schemas.ts';
import type { ImportTarget } from '../transfer/import-target.ts';
import type { Importer } from '../transfer/importer.ts';
import type { RulesetTransfer } from '../transfer/ruleset.ts';
import { emptyTarget } from '../transfer/target.ts';
import { filesBelow } from '../transfer/undo-log.ts';
import { differing, type PlanItem, planOf } from './plan.ts';
import { type Objects, printTree, readTree, type Tree } from './tree.ts';

export interface ApplyOptions {
  /** What the folder does not name goes. */
  prune?: boolean;
  /** Checks everything as an apply does, and changes nothing. */
  dryRun?: boolean;
  /** Only compares: what drifted. */
  compareOnly?: boolean;
  /** Where the files come from, for the record. */
  source?: string;
}

export interface ApplyReport {
  applied: boolean;
  /** Of the files: the same files have the same revision. */
  revision: string;
  items: PlanItem[];
  notes: string[];
}

/** The last apply that went through. */
export interface Applied {
  revision: string;
  atMs: number;
  source: string;
}

export interface ApplyService {
  /** @returns with `refused` items nothing was changed  @throws only for faults of the system; everything is as it was then */
  run(tree: Tree, options?: ApplyOptions): Promise<ApplyReport>;
  /** What there is, as a folder that `run` finds nothing to do for. Secrets are masked. */
  exportTree(): Promise<{ files: Map<string, Buffer>; notes: string[] }>;
  last(): Promise<Applied | undefined>;
}

export interface ApplyDeps {
  importer: Importer;
  ruleset: RulesetTransfer;
  confKeys: ConfKeyStore;
  connections: ConnectionStore;
  schemas: SchemaRegistry;
  folders: Folders;
  store: Pick<Store, 'kv'>;
  clock: Clock;
}

/** Larger ones are no configuration. */
export const MAX_APPLY_FILE_BYTES = 32 * 1024 * 1024;
const LEFT_BEHIND = /(^|\/)(STATUS(\.\w+)?|\..*|.*\.(part|tmp|new|zip))$/;
const KEY_FILE = /\.(?:key|pem|p12|pfx|jks|keystore)$/i;
const KINDS = ['sources', 'sinks', 'functions'] as const;
const TABLE = 'fleet';

export function createApplyService(deps: ApplyDeps): ApplyService {
  const { store, clock } = deps;
  let chain: Promise<unknown> = Promise.resolve();
  const now = async (): Promise<{ files: Map<string, Buffer>; notes: string[]; objects: Objects }> => {
    const { files, notes } = await exportTree(deps);
    return { files, notes, objects: (await readTree(files)).objects };
  };
  const run = async (
    tree: Tree,
    { prune = false, dryRun = false, compareOnly = false, source = '' }: ApplyOptions,
  ): Promise<ApplyReport> => {
    const revision = revisionOf(tree);
    const { objects: wanted, problems } = await readTree(tree);
    for (const [path, content] of tree)
      if (content.length > MAX_APPLY_FILE_BYTES) problems.push({ path, reason: `larger than ${MAX_APPLY_FILE_BYTES} bytes` });
    const { objects, notes } = await now();
    const items = await planOf(wanted, objects, problems, prune);
    const changes = differing(items);
    const report: ApplyReport = { applied: false, revision, items, notes: prune ? notes : [] };
    if (wanted.size === 0 && problems.length === 0 && prune)
      return refusal(report, 'the folder holds no object at all; an apply with prune would remove everything');
    if (compareOnly || problems.length > 0) return report;
    const record = JSON.stringify({ revision, atMs: clock.now(), source } satisfies Applied);
    if (changes.length === 0) {
      if (!dryRun) await store.kv(TABLE).set('applied', record);
      return { ...report, applied: !dryRun };
    }
    if (dryRun && changes.some((i) => i.part === 'plugins' || i.part === 'settings')) {
      report.notes.push('Plugins and settings change: rules are checked against them when it is applied, all of it or nothing.');
      return report;
    }
    const target = targetOf(deps, wanted, objects, changes);
    if (typeof target === 'string') return refusal(report, target);
    const rows = [...target.rows, { table: TABLE, key: 'applied', value: record }];
    const done = await deps.importer.run({ ...target, rows }, { partial: true, strict: true, dryRun });
    for (const { part, name, outcome, reason } of done.items) {
      if (outcome !== 'refused') continue;
      const key = part === 'connectionConfig' ? name.slice(name.indexOf('.') + 1) : name;
      const planned = items.find((i) => i.part === part && i.name === key && i.outcome !== 'refused');
      if (planned) Object.assign(planned, { outcome, reason });
      else items.push({ part, name, path: '', outcome, ...(reason ? { reason } : {}) });
    }
    return { ...report, applied: done.applied, notes: [...report.notes, ...done.notes] };
  };
  return {
    run(tree, options = {}) {
      const next = chain.then(() => run(tree, options));
      chain = next.catch(() => undefined);
      return next;
    },
    async exportTree() {
      const { files, notes } = await now();
      return { files, notes };
    },
    async last() {
      const text = await store.kv(TABLE).get('applied');
      return text === undefined ? undefined : (JSON.parse(text) as Applied);
    },
  };
}

function refusal(report: ApplyReport, reason: string): ApplyReport {
  return { ...report, items: [{ part: 'files', name: '.', path: '.', outcome: 'refused', reason }] };
}

export function revisionOf(tree: Tree): string {
  const hash = nodeCrypto().createHash('sha256');
  for (const [path, content] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${content.length}\0`);
    hash.update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** @returns a text of why not */
function targetOf({ folders, schemas }: ApplyDeps, wanted: Objects, now: Objects, changes: readonly PlanItem[]): ImportTarget | string {
  const rules: Record<string, string> = {};
  const uploads: Record<string, string> = {};
  const schemaTexts: Record<string, string> = {};
  const known = schemas.exportAll();
  const target = { ...emptyTarget(), rules, uploads, schemas: schemaTexts };
  const lists = {
    sources: [] as ImportTarget['sources'][number][],
    confKeys: [] as ImportTarget['confKeys'][number][],
    connections: [] as ImportTarget['connections'][number][],
    files: [] as ImportTarget['files'][number][],
    removals: [] as ImportTarget['removals'][number][],
    removedFiles: [] as string[],
    rows: [] as ImportTarget['rows'][number][],
  };
  let settingsChange = false;
  for (const { part, name, outcome } of changes) {
    const gone = outcome === 'removed';
    const value = wanted.get(`${part} ${name}`)?.value;
    const bytes = () => Buffer.from(value as string, 'base64');
    const [type, ...key] = name.split('.') as [string, ...string[]];
    switch (part) {
      case 'streams':
      case 'tables':
        if (gone) lists.removals.push({ table: 'streams', key: name });
        else lists.sources.push({ kind: part === 'streams' ? 'stream' : 'table', name, sql: value as string });
        break;
      case 'rules':
        if (gone) lists.removals.push({ table: 'rules', key: name });
        else rules[name] = JSON.stringify({ id: name, ...(value as object) }, bigintAsNumber);
        break;
      case 'sourceConfig':
      case 'sinkConfig': {
        const kind = part === 'sourceConfig' ? 'sources' : 'sinks';
        if (gone) lists.removals.push({ table: 'confKeys', key: `${kind}.${name}` });
        else lists.confKeys.push({ kind, type, key: key.join('.'), props: value as Props });
        break;
      }
      case 'connectionConfig':
        if (gone) lists.removals.push({ table: 'connections', key: name });
        else lists.connections.push({ id: name, ...(value as { typ: string; props: Props }) });
        break;
      case 'Schema': {
        const own = name.slice('protobuf_'.length);
        const { version } = JSON.parse(known[name] ?? '{}') as { version?: string };
        if (gone) {
          lists.removedFiles.push(join(folders.data, 'schemas/protobuf', `${own}.proto`));
          lists.rows.push({ table: 'schema', key: `protobuf.${own}`, value: undefined });
        } else schemaTexts[name] = JSON.stringify({ type: 'protobuf', name: own, content: bytes().toString('utf8'), version });
        break;
      }
      case 'uploads':
        if (gone) lists.removedFiles.push(join(folders.data, 'uploads', name));
        else uploads[name] = JSON.stringify({ name, base64: value });
        break;
      case 'plugins':
        if (gone) lists.removedFiles.push(join(folders.plugins, name));
        else lists.files.push({ path: join(folders.plugins, name), content: bytes(), mode: 0o640, after: false });
        break;
      case 'pluginFiles':
        lists.files.push({ path: join(folders.etc, name), content: bytes(), mode: 0o640, after: false });
        break;
      default:
        settingsChange = true;
    }
  }
  if (settingsChange) {
    const tree = settingsOf(changes, wanted, now);
    const [problem] = checkOwnerSettings(tree, suggest);
    if (problem) return `settings.yaml: ${problem.path.join('.')}: ${problem.text}`;
    lists.files.push({
      path: join(folders.etc, OWNER_FILE),
      content: Buffer.from(`${JSON.stringify(tree, bigintAsNumber, 2)}\n`),
      mode: 0o644,
      after: false,
    });
  }
  // what rules read may be another thing now
  const recheck = [...now.values()].filter((o) => o.part === 'rules' && rules[o.name] === undefined).map((o) => o.name);
  return { ...target, ...lists, recheck };
}

/** What the owner's file is to hold. */
function settingsOf(changes: readonly PlanItem[], wanted: Objects, now: Objects): Record<string, unknown> {
  const gone = new Set(changes.filter((i) => i.part === 'settings' && i.outcome === 'removed').map((i) => i.name));
  const values = new Map<string, unknown>();
  for (const objects of [now, wanted])
    for (const o of objects.values()) if (o.part === 'settings' && !gone.has(o.name)) values.set(o.name, o.value);
  const tree: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const path = name.split('.');
    let at = tree;
    for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[path.at(-1)!] = value;
  }
  return tree;
}

async function exportTree({ ruleset, confKeys, connections, schemas, folders }: ApplyDeps) {
  const notes: string[] = [];
  const files = new Map<string, Buffer>();
  const addFolder = (folder: string, prefix: string, wanted: (path: string) => boolean) => {
    for (const file of filesBelow(folder)) {
      const path = `${prefix}/${relative(folder, file).split(sep).join('/')}`;
      const facts = lstatSync(file);
      if (!facts.isFile() || LEFT_BEHIND.test(path) || !wanted(path)) continue;
      if (facts.size > MAX_APPLY_FILE_BYTES) notes.push(`${path} is left out: larger than ${MAX_APPLY_FILE_BYTES} bytes`);
      else files.set(path, readFileSync(file));
    }
  };
  for (const kind of KINDS) {
    addFolder(join(folders.plugins, kind), `plugins/${kind}`, () => true);
    addFolder(join(folders.etc, kind), `plugin-files/${kind}`, (path) => path.split('/').length > 3 && !KEY_FILE.test(path));
  }
  addFolder(join(folders.data, 'uploads'), 'uploads', () => true);
  const { streams, tables, rules } = ruleset.exportAll();
  const printed = await printTree({
    streams,
    tables,
    rules,
    confKeys: confKeys.stored().map((k) => ({ ...k, props: maskSecrets(k.props) })),
    connections: connections.list(),
    schemas: Object.fromEntries(
      Object.entries(schemas.exportAll()).map(([key, text]) => [
        key.slice('protobuf_'.length),
        (JSON.parse(text) as { content: string }).content,
      ]),
    ),
    files,
    settings: readOwnerFile(folders),
  });
  return { files: printed, notes };
}

/** @throws GatewayError CONFIG_FILE when somebody wrote no JSON into it */
function readOwnerFile(folders: Folders): Record<string, unknown> {
  const file = join(folders.etc, OWNER_FILE);
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new GatewayError('CONFIG_FILE', { file, reason: (error as Error).message }, { cause: error });
  }
}
