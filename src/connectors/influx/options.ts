// Properties of the actions influx (InfluxDB 1) and influx2 (2, 3, and what speaks their protocol). Read by sink.ts.
import type { OptionSpec } from '../../contract/props.ts';
import { tlsOptions } from '../http-shared/client.ts';

const common: readonly OptionSpec[] = [
  {
    name: 'addr',
    type: 'string',
    required: true,
    doc: 'Address of the server: http://host:8086, also with a path.',
    example: 'http://192.168.1.5:8086',
    error: 'addr is required',
  },
  {
    name: 'tags',
    type: 'any',
    default: {},
    doc: 'Tags of each row, an object (or its JSON text): fixed texts, or templates over the row such as {{.deviceId}}. A tag without a value is left out.',
  },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to write as fields. Empty: all but excludeFields.' },
  {
    name: 'excludeFields',
    type: 'string[]',
    default: [],
    doc: 'Columns that are not written as fields; tags and tsFieldName may use them.',
  },
  {
    name: 'precision',
    type: 'string',
    default: '',
    oneOf: ['', 'ns', 'us', 'ms', 's'],
    doc: 'Unit of time stamps: ns, us, ms or s. Empty: ms for tsFieldName; without it ns, so that rows of one millisecond do not replace each other.',
    error: 'precision {value} is not supported',
  },
  {
    name: 'tsFieldName',
    type: 'string',
    default: '',
    doc: 'Column with the time stamp: a whole number in the unit of precision, or a datetime. Empty: the moment at which the rule gave the row.',
  },
  { name: 'timeout', as: 'timeoutMs', type: 'duration', default: 10_000, min: 100, doc: 'Longest time for one request.', advanced: true },
  { name: 'maxRows', type: 'int', default: 5000, min: 1, max: 100_000, doc: 'Rows in one request at most.', advanced: true },
  ...tlsOptions,
];
const measurement: OptionSpec = {
  name: 'measurement',
  type: 'string',
  required: true,
  doc: 'Measurement; may hold a template over the row.',
  error: 'measurement is required',
};

export const influx1Options: readonly OptionSpec[] = [
  ...common,
  measurement,
  { name: 'tagKey', type: 'string', default: '', doc: 'One more tag, as in eKuiper 1: its name.', advanced: true },
  { name: 'tagValue', type: 'string', default: '', doc: 'The value of tagKey.', advanced: true },
  {
    name: 'database',
    aliases: ['databasename'],
    type: 'string',
    required: true,
    doc: 'Database; it must exist.',
    error: 'database is required',
  },
  { name: 'retentionPolicy', type: 'string', default: '', doc: 'Retention policy; empty: that of the database.', advanced: true },
  { name: 'username', type: 'string', default: '', doc: 'User name.' },
  { name: 'password', type: 'string', default: '', secret: true, doc: 'Password.' },
];

export const influx2Options: readonly OptionSpec[] = [
  ...common,
  measurement,
  { name: 'org', type: 'string', required: true, doc: 'Organisation.', error: 'org is required' },
  { name: 'bucket', type: 'string', required: true, doc: 'Bucket; with InfluxDB 3 the database.', error: 'bucket is required' },
  { name: 'token', type: 'string', default: '', secret: true, doc: 'Token that may write to the bucket.' },
  {
    name: 'useLineProtocol',
    type: 'bool',
    default: false,
    doc: 'Accepted as in eKuiper. Rows always go out in line protocol.',
    advanced: true,
  },
];

export interface InfluxProps {
  addr: string;
  tags: unknown;
  tagKey?: string;
  tagValue?: string;
  fields: string[];
  excludeFields: string[];
  precision: '' | 'ns' | 'us' | 'ms' | 's';
  tsFieldName: string;
  timeoutMs: number;
  maxRows: number;
  measurement: string;
  database: string;
  retentionPolicy: string;
  username: string;
  password: string;
  org: string;
  bucket: string;
  token: string;
  useLineProtocol: boolean;
}
