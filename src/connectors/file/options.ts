// Properties of the file source and sink (spec: connectors.md, file).
import type { OptionSpec } from '../../contract/props.ts';

export const sourceOptions: readonly OptionSpec[] = [
  {
    name: 'fileType',
    type: 'string',
    default: 'json',
    doc: 'json (array of objects or one object), csv, lines; any other: the whole file as bytes for FORMAT.',
  },
  {
    name: 'path',
    type: 'string',
    default: 'data',
    doc: 'Folder, absolute or below the root of the gateway.',
    error: 'missing property Path',
  },
  {
    name: 'interval',
    as: 'intervalMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Read again each interval; 0 reads once (a folder is watched).',
  },
  { name: 'sendInterval', as: 'sendIntervalMs', type: 'duration', default: 0, min: 0, doc: 'Pause between rows.' },
  {
    name: 'actionAfterRead',
    type: 'int',
    default: 0,
    oneOf: [0, 1, 2],
    doc: '0 keep, 1 delete, 2 move to moveTo.',
    error: 'invalid actionAfterRead: {value}',
  },
  { name: 'moveTo', type: 'string', default: '', doc: 'Folder for files that were read.' },
  { name: 'hasHeader', type: 'bool', default: false, doc: 'csv: the first line holds the names.' },
  { name: 'columns', type: 'string[]', default: [], doc: 'csv: names of the columns.' },
  { name: 'delimiter', type: 'string', default: ',', doc: 'csv: separator, one character.' },
  { name: 'ignoreStartLines', type: 'int', default: 0, min: 0, doc: 'Lines to skip at the beginning.' },
  { name: 'ignoreEndLines', type: 'int', default: 0, min: 0, max: 100_000, doc: 'Lines to skip at the end.' },
  { name: 'decompression', type: 'string', default: '', doc: 'zlib, gzip, flate, zstd; whole-file types only.' },
  { name: 'useInt64ForWholeNumber', type: 'bool', default: false, doc: 'json: numbers without fraction become int64.' },
  { name: 'colAliasMapping', type: 'map', default: {}, doc: 'json: names to change.' },
];

export interface FileSourceProps {
  fileType: string;
  path: string;
  intervalMs: number;
  sendIntervalMs: number;
  actionAfterRead: 0 | 1 | 2;
  moveTo: string;
  hasHeader: boolean;
  columns: string[];
  delimiter: string;
  ignoreStartLines: number;
  ignoreEndLines: number;
  decompression: string;
  useInt64ForWholeNumber: boolean;
  colAliasMapping: Record<string, string>;
}

export const sinkOptions: readonly OptionSpec[] = [
  {
    name: 'path',
    type: 'string',
    default: 'cache',
    dynamic: 'file-path',
    doc: 'File name; may hold a template, whose values stay below the folder before it.',
  },
  {
    name: 'fileType',
    type: 'string',
    default: 'lines',
    oneOf: ['lines', 'json', 'csv'],
    doc: 'lines, json (one array per file), csv (needs format delimited).',
  },
  { name: 'format', type: 'string', default: 'json', doc: 'Format of the entries.' },
  { name: 'hasHeader', type: 'bool', default: false, doc: 'csv: header line, from fields or the first row.' },
  { name: 'fields', type: 'string[]', default: [], doc: 'csv: order of the columns.' },
  { name: 'delimiter', type: 'string', default: ',', doc: 'csv: separator.' },
  { name: 'rollingInterval', as: 'rollingIntervalMs', type: 'duration', default: 0, min: 0, doc: 'Begin a new file after this time.' },
  { name: 'checkInterval', as: 'checkIntervalMs', type: 'duration', default: 300_000, min: 1, doc: 'How often the age is looked at.' },
  { name: 'rollingCount', type: 'int', default: 1_000_000, min: 0, doc: 'Begin a new file after so many entries; 0 = off.' },
  { name: 'rollingSize', as: 'rollingBytes', type: 'int', default: 0, min: 0, doc: 'Begin a new file after so many bytes; 0 = off.' },
  {
    name: 'rollingNamePattern',
    type: 'string',
    default: '',
    oneOf: ['', 'prefix', 'suffix', 'none'],
    doc: 'prefix <ms>-name.ext, suffix name-<ms>.ext, none.',
  },
  {
    name: 'compression',
    type: 'string',
    default: '',
    oneOf: ['', 'gzip', 'zstd'],
    doc: 'gzip or zstd, one stream per file.',
    error: 'compression must be one of gzip, zstd',
  },
  {
    name: 'append',
    type: 'bool',
    default: false,
    doc: 'lines and csv: append to a file that exists when the rule starts; otherwise the file is overwritten, as in eKuiper.',
  },
  {
    name: 'sync',
    type: 'string',
    default: 'disk',
    oneOf: ['disk', 'system'],
    doc: 'When an entry counts as delivered: disk: after fsync, so that a power cut does not lose it; system: when the operating system has it.',
  },
  {
    name: 'syncInterval',
    as: 'syncIntervalMs',
    type: 'duration',
    default: 100,
    min: 0,
    max: 500,
    doc: 'Entries of so long a time are made safe by one fsync; 0: each gathered write has its own.',
  },
  { name: 'rollingHook', type: 'string', default: '', doc: 'Hooks of eKuiper plugins; none is registered here.' },
  {
    name: 'encryption',
    type: 'string',
    default: '',
    doc: 'aes: each file is one stream (cfb) that begins with its 16-byte IV; the key is basic.aesKey. Properties in encProps do not apply.',
  },
];

export interface FileSinkProps {
  path: string;
  fileType: 'lines' | 'json' | 'csv';
  format: string;
  hasHeader: boolean;
  fields: string[];
  delimiter: string;
  rollingIntervalMs: number;
  checkIntervalMs: number;
  rollingCount: number;
  rollingBytes: number;
  rollingNamePattern: string;
  compression: string;
  append: boolean;
  sync: 'disk' | 'system';
  syncIntervalMs: number;
  rollingHook: string;
  encryption: string;
}
