// Sink sql for database servers: rows gather into transactions of few statements, which the server answers before the rows count as delivered. Rows
// that it does not take are found by halving and set aside alone. Made by ../index.ts.
import type { OptionSpec } from '../../../contract/props.ts';
import { parseOptions } from '../../../contract/props.ts';
import type { Sink } from '../../../contract/sink.ts';
import { createVetting, type Vet } from '../../../templates/rendered/index.ts';
import { Batcher, type Unit, unitsOf } from '../../batch-shared/batcher.ts';
import { tlsMaterial } from '../../net-shared/tls.ts';
import { type ServerAddress, serverAddress } from './dburl.ts';
import { quoteName } from './dialect.ts';
import type { ServerSinkProps } from './options.ts';
import { openSession, type Session, type Table } from './session.ts';
import { type Change, type ChangeProps, changeOf, createTable, statementsOf } from './statements.ts';

/** Rows of one transaction. */
const MAX_BYTES = 4 * 1024 * 1024;
const BYTES_PER_VALUE = 32;

export function createServerSink(options: readonly OptionSpec[]): Sink {
  let props: ServerSinkProps;
  let address: ServerAddress;
  let change: ChangeProps;
  let vet: Vet;
  let session: Session | undefined;
  let batcher: Batcher<Change>;
  return {
    configure(raw) {
      props = parseOptions<ServerSinkProps>('sql sink', options, raw);
      address = serverAddress(props.dburl)!;
      tlsMaterial(props);
      vet = createVetting(options, raw);
      if (!props.table.includes('{{')) for (const part of props.table.split('.')) quoteName(part, 'table');
      const keys = props.keyField === '' ? [] : props.keyField.split(',').map((k) => k.trim());
      if (props.rowkindField && keys.length === 0) throw new Error('keyField is required when rowkindField is set');
      if (props.writeMode === 'upsert' && keys.length === 0) throw new Error('keyField is required when writeMode is upsert');
      if (props.fields.length && props.excludeFields.length) throw new Error('field and excludeFields cannot both be set');
      change = {
        fields: props.fields,
        excludeFields: props.excludeFields,
        rowkindField: props.rowkindField,
        keys,
        writeMode: props.writeMode,
      };
    },
    async open(ctx, fail) {
      session = await openSession(ctx, address, props, fail);
      const opened = session;
      batcher = new Batcher({ maxRows: props.maxRows, maxBytes: MAX_BYTES, write: (units) => write(opened, units) });
      ctx.status('connected');
    },
    collect(_ctx, data, dynamic) {
      const table = (vet(dynamic)['table'] as string | undefined) ?? props.table;
      const { units, refused } = unitsOf(data, (row) => {
        const sent = changeOf(table, row, change);
        return { sent, bytes: sizeOf(sent) };
      });
      return batcher.add(units, refused);
    },
    close() {
      session?.close();
      session = undefined;
    },
  };

  async function write(on: Session, units: readonly Unit<Change>[]): Promise<void> {
    const changes = units.map((u) => u.sent);
    const tables = await tablesOf(on, changes);
    try {
      await on.write(statementsOf(changes, on.dialect, (name) => tables.get(name)!));
    } catch (error) {
      // a column may have come or gone meanwhile: the next try asks
      on.forget();
      throw error;
    }
  }

  async function tablesOf(on: Session, changes: readonly Change[]): Promise<Map<string, Table>> {
    const tables = new Map<string, Table>();
    for (const { table: name } of changes) {
      if (tables.has(name)) continue;
      if (props.createTable) await makeIfAbsent(on, name, changes);
      tables.set(name, await on.table(name));
    }
    return tables;
  }

  /** @throws rowError when the server does not take the columns */
  async function makeIfAbsent(on: Session, name: string, changes: readonly Change[]): Promise<void> {
    try {
      await on.table(name);
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable) throw error;
      const made = changes.filter((c) => c.table === name && (c.kind === 'insert' || c.kind === 'upsert'));
      if (made.length > 0) await on.write([createTable(name, made, on.dialect)]);
    }
  }
}

function sizeOf({ columns, row }: Change): number {
  let bytes = 0;
  for (const c of columns) {
    const v = row[c];
    bytes += typeof v === 'string' || v instanceof Uint8Array ? v.length + BYTES_PER_VALUE : BYTES_PER_VALUE;
  }
  return bytes;
}
