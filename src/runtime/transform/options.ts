// Common properties of sinks (rules.md 5) that shape the payload. The durable queue's own properties are in sink/.
import type { OptionSpec } from '../../contract/props.ts';

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
  { name: 'batchSize', type: 'int', default: 0, min: 0, doc: 'Rows per message.', error: 'invalid batchSize {value}' },
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
  { name: 'maxRetries', type: 'int', default: 0, min: 0, doc: 'Tries after the first one until an item counts as refused; 0 = for ever.' },
  { name: 'encProps', type: 'object', doc: 'mode (gcm, cfb), iv, aad, tagsize.' },
];

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
  batchSize: number;
  lingerMs: number;
  compression: string;
  encryption: string;
  deadLetter: boolean;
  lateRows: boolean;
  maxRetries: number;
  encProps: Record<string, unknown> | undefined;
}
