// Properties that the gateway itself takes of every source and lookup table (conf key, EXTRA, connection), whatever their connector: one list
// for parsing, warnings, metadata and pages. Read by source-pool.ts, payload-decoder.ts, table/lookup-table.ts and service/source-spec.ts.
import type { OptionSpec } from '../../contract/props.ts';
import { tlsProfile } from '../absent-options.ts';

/** Second decoding step: payload-decoder.ts. */
export const payloadOptions: readonly OptionSpec[] = [
  { name: 'payloadFormat', type: 'string', default: '', doc: 'Format of the field payloadField.' },
  { name: 'payloadField', type: 'string', default: '', doc: 'Field that holds encoded data.' },
  {
    name: 'payloadBatchField',
    type: 'string',
    default: '',
    doc: 'Array whose elements hold payloadField; all of them are merged into one row.',
  },
  { name: 'payloadSchemaId', type: 'string', default: '', doc: 'schema.Message for protobuf.' },
  { name: 'payloadDelimiter', type: 'string', default: '', doc: 'Separator of format delimited.' },
];

/** Member `lookup` of the properties of a lookup table. */
export const lookupCacheOptions: readonly OptionSpec[] = [
  { name: 'cache', type: 'bool', default: false, doc: 'Remember fetched rows.' },
  { name: 'cacheTtl', as: 'cacheTtlMs', type: 'duration', default: 0, min: 0, doc: 'How long; 0 = for ever.' },
  { name: 'cacheMissingKey', type: 'bool', default: false, doc: 'Also remember that a key has no row.' },
];

/** What stands for an option of WITH when the statement does not say it. */
const insteadOfWith: readonly OptionSpec[] = [
  { name: 'datasource', type: 'string', default: '', doc: 'DATASOURCE, when the statement has none.' },
  { name: 'format', type: 'string', default: '', doc: 'FORMAT, when the statement has none.' },
  { name: 'schemaId', type: 'string', default: '', doc: 'SCHEMAID, when the statement has none.' },
  { name: 'delimiter', type: 'string', default: '', doc: 'DELIMITER, when the statement has none.' },
  { name: 'timestamp', type: 'string', default: '', doc: 'TIMESTAMP, when the statement has none.' },
  { name: 'timestampFormat', type: 'string', default: '', doc: 'TIMESTAMP_FORMAT, when the statement has none.' },
  { name: 'key', type: 'string', default: '', doc: 'KEY, when the statement has none.' },
];

export const commonSourceOptions: readonly OptionSpec[] = [
  {
    name: 'interval',
    type: 'duration',
    min: 0,
    doc: 'Pull sources: time between two fetches. Push sources: at most one message in this time, the newest.',
  },
  { name: 'connectionSelector', type: 'string', default: '', doc: 'Id of a named connection, whose properties win over these.' },
  { name: 'decompression', type: 'string', default: '', doc: 'How payloads are packed: zlib, gzip, flate or zstd.' },
  { name: 'hasHeader', type: 'bool', doc: 'Format delimited: the first line holds the names.' },
  { name: 'useInt64ForWholeNumber', type: 'bool', default: false, doc: 'Format json: numbers without a fraction become int64.' },
  { name: 'colAliasMapping', type: 'map', doc: 'Format json: names to change, from what is sent to what is read.' },
  { name: 'mergeField', type: 'string', default: '', doc: 'With interval: messages of one value of this field are merged into one.' },
  { name: 'merger', type: 'string', default: '', doc: 'Mergers are Go plugins of eKuiper; a name is refused.', advanced: true },
  ...payloadOptions,
  { name: 'lookup', type: 'object', fields: lookupCacheOptions, doc: 'Lookup tables: memory of fetched rows.' },
  {
    name: 'timezone',
    type: 'string',
    doc: 'Zone of times that name none. Not set: that of the rule, or basic.timezone.',
    example: 'Europe/Berlin',
  },
  { name: 'sourceType', type: 'string', default: '', doc: 'stream or scan: a mark for lists of conf keys.', advanced: true },
  ...insteadOfWith,
  {
    name: 'bufferLength',
    type: 'int',
    doc: 'eKuiper: messages that wait for the rules.',
    noEffect: 'the source is asked to wait when its rules are behind; bufferLength of the rule says when',
    advanced: true,
  },
  {
    name: 'decrypt',
    type: 'any',
    doc: 'Encrypted payloads.',
    absent: 'payloads of sources cannot be decrypted; send them over TLS',
    advanced: true,
  },
  ...tlsProfile,
];
