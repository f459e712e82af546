// Properties of the sql connector that only database servers have. index.ts adds them to those that SQLite has too.
import type { OptionSpec } from '../../../contract/props.ts';
import { type SocketTlsProps, socketTlsOptions } from '../../net-shared/tls.ts';

export const serverSinkOptions: readonly OptionSpec[] = [
  {
    name: 'writeMode',
    type: 'string',
    default: 'insert',
    oneOf: ['insert', 'upsert'],
    doc: 'What rows without a row kind are. upsert: a row with the same keyField is replaced, so that nothing is doubled after a lost answer. Servers only.',
  },
  {
    name: 'createTable',
    type: 'bool',
    default: false,
    doc: 'Make a table that is not there from the columns of the first rows, with keyField as its key. Servers only.',
  },
  { name: 'maxRows', type: 'int', default: 1000, min: 1, max: 60_000, doc: 'Rows in one statement at most. Servers only.', advanced: true },
  ...socketTlsOptions,
];
export const serverReadOptions: readonly OptionSpec[] = socketTlsOptions;

export interface ServerSinkProps extends SocketTlsProps {
  dburl: string;
  table: string;
  fields: string[];
  excludeFields: string[];
  rowkindField: string;
  keyField: string;
  writeMode: 'insert' | 'upsert';
  createTable: boolean;
  maxRows: number;
}
