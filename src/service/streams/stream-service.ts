// Use cases of streams and tables without HTTP: run a statement, replace, drop, list, describe. Nothing is changed when a check fails.
// Called by rest/routes/streams.ts and ruleset import. Texts: docs/spec/rest.json.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { MASK } from '../../base/secrets.ts';
import type { FieldDef } from '../../contract/schema.ts';
import { newTold, settle, type Told } from '../../contract/told.ts';
import type { SourceKind } from '../../sql/index.ts';
import { createKeyedLock } from '../keyed-lock.ts';
import { checkName } from '../names.ts';
import { mayReplace } from '../versions.ts';
import { definitionOf, optionOf, parseStreamStatement, type SourceDefinition } from './definition.ts';
import { describeJson, describeText, schemaJson } from './describe.ts';
import type { StreamCatalog } from './stream-catalog.ts';
import { unmaskStatement } from './stream-secrets.ts';

export interface StreamService {
  /** One CREATE, SHOW, DESCRIBE or DROP statement. @returns eKuiper's text */
  command(sql: string, told?: Told): Promise<string>;
  /** PUT: replaces or creates `name`. */
  replace(kind: SourceKind, name: string, sql: string, told?: Told): Promise<string>;
  /** DELETE. @param force skips the look at rules that read it */
  drop(kind: SourceKind, name: string, force: boolean): Promise<string>;
  /** @param tableKind `scan` or `lookup`; anything else lists all */
  names(kind: SourceKind, tableKind?: string): string[];
  details(kind: SourceKind, tableKind?: string): { name: string; type: string; format: string }[];
  describe(kind: SourceKind, name: string): Record<string, unknown>;
  schema(kind: SourceKind, name: string): Record<string, unknown> | null;
  /** The statement with masked secrets put back from the stored stream or table of that name. */
  withSecrets(name: string, sql: string): Promise<string>;
  /** @returns the definition of a stream or table  @throws GatewayError as eKuiper's planner does */
  find(name: string): SourceDefinition | undefined;
  all(): SourceDefinition[];
}

export interface StreamServiceDeps {
  catalog: StreamCatalog;
  /** Names that FORMAT may have. */
  formats(): readonly string[];
  /** Rules that read it, running or not. */
  usedBy(name: string): string[];
  /** Columns of a schemaless stream that running rules read. */
  columnsRead(name: string): string[];
  /** Has the connector check its properties. @returns sentences about what has no effect  @throws why the source is refused */
  validate(definition: SourceDefinition): Promise<readonly string[]>;
}

const title = (kind: SourceKind) => (kind === 'stream' ? 'Stream' : 'Table');

export function createStreamService({ catalog, formats, usedBy, columnsRead, validate }: StreamServiceDeps): StreamService {
  const lock = createKeyedLock();
  const refuse = (text: string, cause?: unknown) => new GatewayError('STREAM_COMMAND', { text }, { cause });

  const get = (kind: SourceKind, name: string): SourceDefinition => {
    const found = catalog.get(name);
    if (!found) throw refuse(`Describe ${kind} fails, ${name} is not found.`);
    if (found.kind !== kind) throw refuse(`Describe ${kind} fails, ${kind} ${name} is not found.`);
    return found;
  };
  const listed = (kind: SourceKind, tableKind?: string): SourceDefinition[] =>
    catalog.list().filter((d) => d.kind === kind && (tableKind === 'lookup' ? d.lookup : tableKind === 'scan' ? !d.lookup : true));

  const create = (definition: SourceDefinition, told: Told = newTold()): Promise<string> =>
    lock.run(definition.name, async () => {
      const { kind, name } = definition;
      const failed = (why: unknown) => refuse(`Create ${kind} fails: ${messageOf(why)}`, why);
      if (catalog.get(name)) throw failed(`Item ${name} already exists.`);
      const found = await validate(definition).catch((error: unknown) => {
        throw failed(error);
      });
      told.warnings.push(...found);
      settle(told);
      await catalog.put(definition);
      return `${title(kind)} ${name} is created.`;
    });

  const withSecrets = async (name: string, sql: string): Promise<string> => {
    const old = catalog.get(name);
    if (!old || !sql.includes(MASK)) return sql;
    const statement = await parseStreamStatement(sql);
    return statement.kind === 'create' ? unmaskStatement(sql, statement, old) : sql;
  };

  const dropByStatement = (kind: SourceKind, name: string): Promise<string> =>
    lock.run(name, async () => {
      if (catalog.get(name)?.kind !== kind) throw refuse(`Drop ${kind} fails: ${kind} ${name} is not found.`);
      await catalog.delete(name);
      return `${title(kind)} ${name} is dropped.`;
    });

  return {
    async command(sql, told) {
      const statement = await parseStreamStatement(sql, formats());
      switch (statement.kind) {
        case 'create':
          return create(definitionOf(sql, statement), told);
        case 'drop':
          return dropByStatement(statement.object, statement.name);
        case 'describe':
        case 'explain':
          return describeText(get(statement.object, statement.name));
        case 'show': {
          const names = listed(statement.object).map((d) => d.name);
          return names.length ? names.join('\n') : `No ${statement.object} definitions are found.`;
        }
        default:
          throw refuse(`Invalid stream statement: ${sql}`);
      }
    },
    replace: (kind, name, given, told = newTold()) =>
      lock.run(checkName(name), async () => {
        const sql = await withSecrets(name, given);
        const statement = await parseStreamStatement(sql, formats());
        if (statement.kind !== 'create') throw refuse(`Replace ${name} fails: the sql statement must update the ${name} source.`);
        if (statement.name !== name) throw refuse(`Replace ${name} fails: the sql statement must update the ${name} source.`);
        const next = definitionOf(sql, statement);
        if (next.temp) throw refuse(`Replace ${name} fails: cannot replace with temp option.`);
        const old = catalog.get(name);
        if (next.kind !== kind || (old && old.kind !== kind)) throw new GatewayError('STREAM_NOT_FOUND', { kind, name });
        if (old && (optionOf(old, 'SHARED') ?? false) !== (optionOf(next, 'SHARED') ?? false))
          throw refuse(`Replace ${name} fails: do not support to change stream SHARED option.`);
        if (old && !mayReplace(old.version, next.version))
          throw refuse(`source ${name} already exists with version (${old.version}), new version (${next.version}) is lower`);
        const found = await validate(next).catch((error: unknown) => {
          throw refuse(`Replace ${name} fails: ${messageOf(error)}`, error);
        });
        told.warnings.push(...found);
        settle(told);
        await catalog.put(next);
        return `${title(kind)} ${name} is replaced.`;
      }),
    drop: (kind, name, force) =>
      lock.run(checkName(name), async () => {
        if (!force && usedBy(name).length) throw new GatewayError('STREAM_IN_USE', { name });
        if (catalog.get(name)?.kind !== kind) throw new GatewayError('STREAM_NOT_FOUND', { kind, name });
        await catalog.delete(name);
        return `${title(kind)} ${name} is dropped.`;
      }),
    names: (kind, tableKind) => listed(kind, tableKind).map((d) => d.name),
    details: (kind, tableKind) => listed(kind, tableKind).map((d) => ({ name: d.name, type: d.type, format: d.format })),
    describe: (kind, name) => describeJson(get(kind, checkName(name))),
    schema(kind, name) {
      const definition = get(kind, checkName(name));
      const declared = schemaJson(definition.statement.fields as readonly FieldDef[]);
      if (declared) return declared;
      const columns = columnsRead(name);
      return columns.length ? Object.fromEntries(columns.map((c) => [c, { type: '', index: 0 }])) : null;
    },
    withSecrets,
    find: (name) => catalog.get(name),
    all: () => catalog.list(),
  };
}
