// Properties of the action archive, which eKuiper does not have.
import type { OptionSpec } from '../../contract/props.ts';
import { type TlsProps, tlsOptions } from '../http-shared/client.ts';
import { type ColumnType, columnTypes } from './columns.ts';

export const archiveOptions: readonly OptionSpec[] = [
  {
    name: 'format',
    type: 'string',
    default: 'parquet',
    oneOf: ['parquet', 'avro', 'jsonl'],
    doc: 'parquet (snappy), avro (object container, deflate), jsonl (a row a line, gzip).',
  },
  {
    name: 'path',
    type: 'string',
    default: 'data/archives',
    doc: 'Folder for finished files, absolute or below the root of the gateway. With bucket: the begin of the names there.',
    example: 'data/archives/hall3',
  },
  {
    name: 'byDay',
    type: 'bool',
    default: true,
    doc: 'Files lie in folders date=2026-12-31 (UTC, of the first row), as query engines read them.',
  },
  {
    name: 'columns',
    type: 'map',
    default: {},
    doc: `Types of columns by name: ${columnTypes.join(', ')}. A row that does not fit is set aside. Columns without one take the type of their values, file by file.`,
    example: { temp: 'double', n: 'int64' },
  },
  { name: 'rollingCount', type: 'int', default: 100_000, min: 1, max: 1_000_000, doc: 'Rows of a file at most.' },
  {
    name: 'rollingSize',
    as: 'rollingBytes',
    type: 'bytes',
    default: 32 * 1024 ** 2,
    min: 1024,
    max: 256 * 1024 ** 2,
    doc: 'A file is finished when its rows have so many bytes as JSON.',
  },
  {
    name: 'rollingInterval',
    as: 'rollingIntervalMs',
    type: 'duration',
    default: 3_600_000,
    min: 100,
    doc: 'A file is finished when it is so old.',
  },
  {
    name: 'syncInterval',
    as: 'syncIntervalMs',
    type: 'duration',
    default: 100,
    min: 0,
    max: 1000,
    doc: 'Rows of so long a time are made safe together.',
    advanced: true,
  },
  {
    name: 'maxWaiting',
    as: 'maxWaitingBytes',
    type: 'bytes',
    default: 1024 ** 3,
    min: 1024,
    max: 1024 ** 4,
    doc: 'What may wait on this disk to be finished or uploaded; beyond it rows wait in the queue of the action.',
  },
  { name: 'bucket', type: 'string', default: '', doc: 'S3: the bucket, which must exist. Empty: files stay in path.' },
  {
    name: 'endpoint',
    type: 'string',
    default: '',
    doc: 'S3: address of the service, such as https://s3.eu-central-1.amazonaws.com or http://192.168.1.5:9000.',
  },
  { name: 'region', type: 'string', default: 'us-east-1', doc: 'S3: region, part of the signature.' },
  { name: 'accessKeyId', type: 'string', default: '', doc: 'S3: name of the access key.' },
  { name: 'secretAccessKey', type: 'string', default: '', secret: true, doc: 'S3: the access key.' },
  {
    name: 'partSize',
    as: 'partBytes',
    type: 'bytes',
    default: 8 * 1024 ** 2,
    min: 5 * 1024 ** 2,
    max: 512 * 1024 ** 2,
    doc: 'S3: larger files are uploaded in parts of this size; an upload that was cut goes on with the next part.',
    advanced: true,
  },
  {
    name: 'timeout',
    as: 'timeoutMs',
    type: 'duration',
    default: 60_000,
    min: 1000,
    doc: 'S3: longest time for one request.',
    advanced: true,
  },
  ...tlsOptions,
];

export interface ArchiveProps extends TlsProps {
  format: 'parquet' | 'avro' | 'jsonl';
  path: string;
  byDay: boolean;
  columns: Record<string, ColumnType>;
  rollingCount: number;
  rollingBytes: number;
  rollingIntervalMs: number;
  syncIntervalMs: number;
  maxWaitingBytes: number;
  bucket: string;
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  partBytes: number;
  timeoutMs: number;
}
