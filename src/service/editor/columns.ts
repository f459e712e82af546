// Columns of streams as far as they are known: declared, seen in the last row of a running rule, or read by one. What was seen is kept from one
// question to the next, since messages of one stream differ; within bounds, and never a value. Used by catalog.ts.
import type { FieldType } from '../../contract/schema.ts';
import { kindOf, type Row, type Value } from '../../data/value.ts';
import { printType } from '../../sql/print.ts';

export interface Column {
  readonly name: string;
  /** As CREATE would write it, e.g. `STRUCT(x FLOAT)`; '' = not known. */
  readonly type: string;
  /** `declared` in CREATE, `seen` in a message, `read` by a rule that runs; `step`: given out by a step of the statement itself. */
  readonly from: 'declared' | 'seen' | 'read' | 'step';
  /** Members of an object. */
  readonly fields?: readonly Column[];
}

const MAX_STREAMS = 500;
const MAX_COLUMNS = 300;
const MAX_FIELDS = 50;
const MAX_DEPTH = 3;

export const declaredColumns = (fields: readonly { name: string; type: FieldType }[]): Column[] =>
  fields.map(({ name, type }) => ({
    name,
    type: printType(type as never),
    from: 'declared',
    ...(type.kind === 'struct' ? { fields: declaredColumns(type.fields) } : {}),
  }));

/** What CREATE could say of a value. Numbers are floats: the next one may have a fraction. */
function seenColumn(name: string, value: Value, depth: number): Column {
  const column = (type: string, fields?: readonly Column[]): Column => ({ name, type, from: 'seen', ...(fields ? { fields } : {}) });
  switch (kindOf(value)) {
    case 'bigint':
      return column('BIGINT');
    case 'float':
      return column('FLOAT');
    case 'boolean':
      return column('BOOLEAN');
    case 'datetime':
      return column('DATETIME');
    case 'bytea':
      return column('BYTEA');
    case 'string':
      return column('STRING');
    case 'array': {
      const element = (value as Value[]).find((v) => v !== null && v !== undefined);
      const inner = element === undefined || depth >= MAX_DEPTH ? '' : seenColumn('', element, depth + 1).type;
      return column(inner === '' ? '' : `ARRAY(${inner})`);
    }
    default: {
      if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return column('');
      const fields = fieldsOf(value as Row, depth + 1);
      return column(fields.length === 0 || fields.some((f) => f.type === '') ? '' : `STRUCT(${fields.map(fieldText).join(', ')})`, fields);
    }
  }
}

const fieldText = ({ name, type }: Column): string => `${/^[a-zA-Z]\w*$/.test(name) ? name : `\`${name}\``} ${type}`;

/** A field that cannot be decoded throws when it is read: it is there, and its type is not known. */
function fieldsOf(row: Row, depth: number): Column[] {
  return Object.keys(row)
    .slice(0, MAX_FIELDS * (depth === 0 ? 6 : 1))
    .map((name) => {
      try {
        return seenColumn(name, row[name], depth);
      } catch {
        // the name alone is of use; why it cannot be read is in the rule's health
        return { name, type: '', from: 'seen' };
      }
    });
}

export class SeenColumns {
  private readonly streams = new Map<string, Map<string, Column>>();

  /** Takes the columns of a row; a column keeps its last known type. */
  see(stream: string, row: Row): void {
    let columns = this.streams.get(stream);
    if (columns === undefined) {
      if (this.streams.size >= MAX_STREAMS) this.streams.delete(this.streams.keys().next().value!);
      this.streams.set(stream, (columns = new Map()));
    }
    for (const column of fieldsOf(row, 0))
      if ((columns.has(column.name) && column.type !== '') || columns.size < MAX_COLUMNS) {
        const old = columns.get(column.name);
        columns.set(column.name, column.type === '' && old ? old : column);
      }
  }

  /** In the order in which they were seen first. */
  of(stream: string): Column[] {
    return [...(this.streams.get(stream)?.values() ?? [])];
  }

  /** Streams that are not there any more are forgotten. */
  keepOnly(streams: ReadonlySet<string>): void {
    for (const name of this.streams.keys()) if (!streams.has(name)) this.streams.delete(name);
  }
}
