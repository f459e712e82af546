// Common properties of sinks (rules.md 5) that shape the payload. The durable queue's own properties are in sink/.
import { MAX_BUFFER_ROWS, type OptionSpec } from '../../contract/props.ts';
import { tlsProfile } from '../absent-options.ts';
import { cacheOptions } from '../sink/cache-props.ts';

export const transformOptions: readonly OptionSpec[] = [
  { name: 'sendSingle', type: 'bool', default: false, doc: 'One message per row; otherwise one message, an array, per result.' },
  { name: 'omitIfEmpty', type: 'bool', default: false, doc: 'Send nothing for empty results.' },
  { name: 'dataTemplate', type: 'string', default: '', doc: 'Go template that makes the payload.' },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to keep; one that a row lacks is sent as null.' },
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns to leave out.' },
  {
    name: 'dataField',
    aliases: ['tableDataField'],
    type: 'string',
    default: '',
    doc: 'Column that holds the object or list of objects to send.',
  },
  { name: 'format', type: 'string', default: 'json', doc: 'json, delimited, urlencoded, binary, protobuf.' },
  { name: 'schemaId', type: 'string', default: '', doc: 'schema.Message for protobuf.' },
  { name: 'delimiter', type: 'string', default: ',', doc: 'Separator of format delimited.' },
  { name: 'hasHeader', type: 'bool', default: false, doc: 'Format delimited: header line.' },
  {
    name: 'timeField',
    type: 'string',
    default: '',
    doc: 'Column that is given the moment of the result, ms since 1970, unless the row has it; a row that waited on disk keeps its own.',
  },
  {
    name: 'batchSize',
    type: 'int',
    default: 0,
    min: 0,
    max: MAX_BUFFER_ROWS,
    doc: 'Rows per message.',
    error: 'invalid batchSize {value}',
  },
  {
    name: 'lingerInterval',
    as: 'lingerMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Longest time that a row waits for its batch.',
    error: 'invalid lingerInterval {value}',
  },
  { name: 'compression', type: 'string', default: '', doc: 'zlib, gzip, flate or zstd.' },
  { name: 'encryption', type: 'string', default: '', doc: 'aes' },
  {
    name: 'deadLetter',
    type: 'bool',
    default: false,
    doc: 'The action takes what can never succeed (refused by another sink, undecodable, failing expression) instead of results.',
  },
  {
    name: 'lateRows',
    type: 'bool',
    default: false,
    doc: 'Event time: the action takes rows that came too late or are too far ahead of the clock instead of results.',
  },
  {
    name: 'encProps',
    type: 'object',
    fields: [
      { name: 'mode', type: 'string', default: 'gcm', oneOf: ['', 'gcm', 'cfb'], doc: 'gcm or cfb.' },
      { name: 'iv', type: 'string', default: '', doc: 'Base64 of 12 bytes (gcm) or 16 (cfb); not set: another one for each message.' },
      { name: 'aad', type: 'string', default: '', doc: 'Base64; gcm: further data that is authenticated, and not sent.' },
      { name: 'tagsize', type: 'int', default: 16, min: 12, max: 16, doc: 'gcm: bytes of the tag.' },
    ],
    doc: 'How encryption works.',
  },
];

/** Further properties that the gateway takes of every sink: runtime/sink, service/actions.ts. */
export const actionOptions: readonly OptionSpec[] = [
  { name: 'resourceId', type: 'string', default: '', doc: 'Conf key of the sink whose properties these complete.' },
  { name: 'connectionSelector', type: 'string', default: '', doc: 'Id of a named connection, whose properties win over these.' },
  {
    name: 'bufferLength',
    type: 'int',
    min: 1,
    max: MAX_BUFFER_ROWS,
    doc: 'Rows that wait before the sink; not set: bufferLength of the rule.',
  },
  { name: 'concurrency', type: 'int', default: 1, min: 0, doc: 'More than 1 is taken as 1, which health notes: rows keep their order.' },
  {
    name: 'compressionProps',
    type: 'any',
    doc: 'How compression works.',
    absent: 'the level of a compression cannot be chosen; leave it out to have the usual one',
    advanced: true,
  },
  ...tlsProfile,
];

/** All of them, without those of the connector. */
export const commonSinkOptions: readonly OptionSpec[] = [...transformOptions, ...cacheOptions, ...actionOptions];

export interface TransformProps {
  sendSingle: boolean;
  omitIfEmpty: boolean;
  dataTemplate: string;
  fields: string[];
  excludeFields: string[];
  dataField: string;
  format: string;
  schemaId: string;
  delimiter: string;
  hasHeader: boolean;
  timeField: string;
  batchSize: number;
  lingerMs: number;
  compression: string;
  encryption: string;
  deadLetter: boolean;
  lateRows: boolean;
  encProps: Record<string, unknown> | undefined;
}
