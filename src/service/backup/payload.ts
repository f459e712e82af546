// What a backup holds: rows of the catalog as they were given (secrets in clear: the file is encrypted as a whole), files of etc, plugins, uploads and
// schemas, and, where it is wanted, what rules had counted and queued. `collectPayload` takes it, `targetOfPayload` says what a restore makes of it.
import { readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { maskText, maskValue } from '../../base/secrets.ts';
import type { Folders } from '../../config/index.ts';
import type { Props } from '../../contract/props.ts';
import type { PluginRegistry } from '../../plugin-host/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { Store, StoreChange } from '../../store/index.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { parseStreamStatement } from '../streams/definition.ts';
import type { Tables } from '../tables.ts';
import type { ImportTarget, TargetFile } from '../transfer/import-target.ts';
import { collectState, type SavedState, stateRows } from '../transfer/restored-state.ts';
import { emptyTarget } from '../transfer/target.ts';
import { filesBelow } from '../transfer/undo-log.ts';
import { checkContent } from './check-content.ts';

export interface Payload {
  /** Table → key → text. Tables that a version does not know are left out. */
  tables: Record<string, Record<string, string>>;
  /** Path below the root → content. */
  files: Record<string, { mode: number; base64: string }>;
  state?: SavedState;
  /** What is not in it, for people. */
  leftOut: string[];
}

export interface PayloadDeps {
  tables: Tables;
  store: Pick<Store, 'kv' | 'checkpoints' | 'sinkQueues'>;
  folders: Folders;
  runtime: Pick<Runtime, 'moment'>;
  registry: Pick<PluginRegistry, 'state'>;
}

const SEALED = { stream: 'streams', rule: 'rules', confKey: 'confKeys', connection: 'connections', secret: 'secrets' } as const;
const PLAIN = ['schema', 'provisioned', 'pluginFunctions', 'ruleMark'] as const;
/** Folders that a restore makes as they were, file by file. */
const WHOLE = [
  'plugins/sources',
  'plugins/sinks',
  'plugins/functions',
  'plugins/portable',
  'data/uploads',
  'data/schemas',
  'data/scripts',
  'data/services',
] as const;
/** Folders whose files are put back; others in them stay. */
const MERGED = ['etc', 'data/sources', 'data/sinks', 'data/connections'] as const;
const SINGLE = ['data/plugins/shipped.json', 'data/gateway-id'] as const;
/** Not before everything else is done. */
const AFTER = /^(etc\/(kuiper\.(ya?ml|json)|mgmt\/.*)|data\/gateway-id)$/;
/** The key of this device never leaves it. */
const DEVICE_KEY = /^etc\/device\.key/;
const LEFT_BEHIND = /(^|\/)(STATUS(\.\w+)?|\..*|.*\.(part|tmp|new))$/;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const KEY_FILE = /\.(?:key|pem|p12|pfx|jks|keystore)$/i;

/** @param secrets false: texts are masked and files that hold secrets stay here */
export async function collectPayload(deps: PayloadDeps, secrets: boolean, state: boolean): Promise<Payload> {
  const { tables, store, folders } = deps;
  const out: Payload = { tables: {}, files: {}, leftOut: [] };
  for (const [name, key] of Object.entries(SEALED) as [string, (typeof SEALED)[keyof typeof SEALED]][]) {
    if (!secrets && key === 'secrets') continue;
    out.tables[name] = Object.fromEntries(secrets ? await tables[key].all() : await tables[key].shown());
  }
  for (const name of PLAIN) out.tables[name] = Object.fromEntries(await store.kv(name).all());
  for (const path of pathsOf(folders)) {
    const file = pathIn(folders, path);
    const { size, mode } = statSync(file);
    if (size > MAX_FILE_BYTES) {
      out.leftOut.push(`${path}: larger than ${MAX_FILE_BYTES} bytes`);
      continue;
    }
    const content = readFileSync(file);
    if (!secrets && holdsSecrets(path, content)) {
      out.leftOut.push(`${path}: it holds secrets`);
      continue;
    }
    out.files[path] = { mode: mode & 0o777, base64: content.toString('base64') };
  }
  out.leftOut.push(...outside(folders, out.tables));
  if (state) {
    const { late, ...taken } = await collectState(store, deps.runtime, deps.registry.state);
    out.state = taken;
    for (const rule of late)
      out.leftOut.push(`rule ${rule}: what it counted last, since its sinks took nothing in time; its state is older`);
  }
  return out;
}

/** @param clone the device keeps its own identity  @throws GatewayError BACKUP_FILE when the content is not one of a backup */
export async function targetOfPayload(content: unknown, folders: Folders, clone: boolean): Promise<ImportTarget> {
  checkContent(content);
  const { tables, files, state, leftOut } = content as Payload;
  const rowsOf = (name: string): [string, string][] => Object.entries(tables[name] ?? {});
  const confKeys: ImportTarget['confKeys'][number][] = rowsOf('confKey').map(([id, text]) => {
    const [kind, type, ...key] = id.split('.') as ['sources', string, ...string[]];
    return { kind, type, key: key.join('.'), props: parseKeepingIntegers(text) as Props };
  });
  const connections = rowsOf('connection').map(([id, text]) => ({ id, ...(parseKeepingIntegers(text) as { typ: string; props: Props }) }));
  const sources: ImportTarget['sources'][number][] = [];
  for (const [name, text] of rowsOf('stream')) {
    const { sql } = JSON.parse(text) as { sql: string };
    const statement = await parseStreamStatement(sql);
    sources.push({ kind: statement.kind === 'create' ? statement.object : 'stream', name, sql });
  }
  const target: TargetFile[] = [];
  for (const [path, { mode, base64 }] of Object.entries(files)) {
    if (!isOurs(path)) throw new GatewayError('BACKUP_FILE', { reason: `the path ${JSON.stringify(path)} is none of the gateway` });
    if (clone && path === 'data/gateway-id') continue;
    target.push({ path: pathIn(folders, path), content: Buffer.from(base64, 'base64'), mode: mode & 0o777, after: AFTER.test(path) });
  }
  // marks of rules go with the rules
  const rows: StoreChange[] = PLAIN.filter((t) => t !== 'ruleMark').flatMap((table) =>
    rowsOf(table).map(([key, value]) => ({ table, key, value })),
  );
  rows.push(...stateRows(state ?? {}));
  const notes = (leftOut ?? []).map((text) => `Not in the backup: ${text}.`);
  if (target.some((f) => f.after)) notes.push('Settings, tokens and the identity of the gateway take effect at its next start.');
  if (clone) {
    const ids = connections.filter((c) => c.props['clientId'] || c.props['clientid']).map((c) => c.id);
    if (ids.length > 0) notes.push(`These connections name a client id, which the original uses as well: ${ids.join(', ')}.`);
  }
  return {
    ...emptyTarget(),
    confKeys,
    connections,
    sources,
    rules: Object.fromEntries(rowsOf('rule')),
    legacyRules: new Set(rowsOf('rule').flatMap(([id]) => (Object.hasOwn(tables['ruleMark'] ?? {}, id) ? [] : [id]))),
    // a backup without secrets says nothing about them
    secrets: tables['secret'] && Object.fromEntries(rowsOf('secret')),
    files: target,
    folders: WHOLE.map((f) => pathIn(folders, f)),
    rows,
    notes,
  };
}

function pathsOf(folders: Folders): string[] {
  const below = [...WHOLE, ...MERGED].flatMap((f) =>
    filesBelow(pathIn(folders, f)).map((path) => `${f}/${relative(pathIn(folders, f), path).split(sep).join('/')}`),
  );
  const single = SINGLE.filter((f) => statSync(pathIn(folders, f), { throwIfNoEntry: false })?.isFile());
  return [...below, ...single].filter((path) => isOurs(path) && !LEFT_BEHIND.test(path)).sort();
}

function isOurs(path: string): boolean {
  if (DEVICE_KEY.test(path) || path.split('/').some((part) => part === '..' || part === '' || part.includes('\0'))) return false;
  return [...WHOLE, ...MERGED].some((f) => path.startsWith(`${f}/`)) || SINGLE.some((f) => f === path);
}

function pathIn(folders: Folders, path: string): string {
  const [top, ...rest] = path.split('/') as ['etc' | 'data' | 'plugins', ...string[]];
  return join(folders[top], ...rest);
}

function holdsSecrets(path: string, content: Buffer): boolean {
  if (path.startsWith('etc/mgmt/') || KEY_FILE.test(path) || content.includes('PRIVATE KEY')) return true;
  if (!/\.(ya?ml|json|conf|ini|txt)$/.test(path)) return false;
  const text = content.toString('utf8');
  // `password: x` of YAML, and what is seen in any text
  const member = /^\s*(?:- )?["']?([\w.-]+)["']?\s*:\s*(.*)$/;
  const isSecret = (line: string): boolean => {
    const [, name, value] = member.exec(line) ?? [];
    return name !== undefined && value !== '' && maskValue(value, name) !== value;
  };
  return maskText(text) !== text || text.split('\n').some(isSecret);
}

/** Files that properties name and that lie elsewhere: certificates, keys. */
function outside(folders: Folders, tables: Payload['tables']): string[] {
  const found = new Set<string>();
  for (const rows of Object.values(tables))
    for (const text of Object.values(rows))
      for (const [, path] of text.matchAll(
        /"(?:certificationPath|privateKeyPath|rootCaPath|certificationpath|privatekeypath|rootcapath)\\*"\s*:\s*\\*"(\/[^"\\]+)/g,
      ))
        if (!path!.startsWith(`${folders.etc}/`) && !path!.startsWith(`${folders.data}/uploads/`))
          found.add(`${path}: it lies outside of the gateway's folders`);
  return [...found].sort();
}
