// Properties of the kafka connector. Wire names are eKuiper's.
import type { OptionSpec } from '../../contract/props.ts';
import { type SocketTlsProps, socketTlsOptions } from '../net-shared/tls.ts';

const connection: readonly OptionSpec[] = [
  {
    name: 'brokers',
    type: 'string',
    required: true,
    doc: 'Addresses of brokers, host:port, several separated by commas.',
    error: 'brokers can not be empty',
  },
  {
    name: 'saslAuthType',
    type: 'string',
    default: 'none',
    oneOf: ['none', 'plain', 'scram', 'scram-sha-256', 'scram-sha-512'],
    doc: 'none, plain, scram (SHA-512), scram-sha-256 or scram-sha-512.',
  },
  { name: 'saslUserName', type: 'string', default: '', doc: 'User name for SASL.' },
  { name: 'password', aliases: ['saslPassword'], type: 'string', default: '', secret: true, doc: 'Password for SASL.' },
  { name: 'useTls', type: 'bool', default: false, doc: 'TLS also without a certificate of your own.' },
  ...socketTlsOptions,
];

export const sinkOptions: readonly OptionSpec[] = [
  ...connection,
  { name: 'topic', type: 'string', required: true, doc: 'Topic; may hold a template over the row.', error: 'topic can not be empty' },
  { name: 'key', type: 'string', default: '', doc: 'Key of the message; may hold a template over the row. Equal keys keep their order.' },
  { name: 'headers', type: 'map', default: {}, doc: 'Headers; values may hold templates over the row.' },
  {
    name: 'requiredACKs',
    type: 'int',
    default: -1,
    oneOf: [-1, 0, 1],
    doc: '-1: all replicas confirm, 1: the leader, 0: nobody (rows may be lost).',
  },
  {
    name: 'compression',
    type: 'string',
    default: '',
    oneOf: ['', 'none', 'gzip', 'snappy', 'lz4', 'zstd'],
    doc: 'gzip, snappy, lz4 or zstd.',
  },
  { name: 'maxRows', type: 'int', default: 2000, min: 1, max: 50_000, doc: 'Rows in one request at most.', advanced: true },
  { name: 'batchBytes', type: 'int', default: 900_000, min: 1000, max: 104_857_600, doc: 'Bytes in one request at most.', advanced: true },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to send; keys, headers and topics may use all.' },
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns that are not sent.' },
  {
    name: 'maxAttempts',
    type: 'int',
    default: 1,
    doc: 'Accepted as in eKuiper. The gateway tries until the row is delivered.',
    advanced: true,
  },
];

export const sourceOptions: readonly OptionSpec[] = [
  ...connection,
  {
    name: 'groupID',
    type: 'string',
    default: '',
    doc: 'Consumer group. Members of one group, on several gateways, share the partitions. Empty: a group of this gateway and subscription.',
  },
  {
    name: 'offsetReset',
    type: 'string',
    default: 'latest',
    oneOf: ['latest', 'earliest'],
    doc: 'Where a group without a position begins.',
  },
  {
    name: 'maxBytes',
    type: 'int',
    default: 1_000_000,
    min: 1000,
    max: 104_857_600,
    doc: 'Bytes of one answer to a fetch.',
    advanced: true,
  },
  {
    name: 'maxUnconfirmed',
    type: 'int',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: 'Messages that may be on their way through the rules; further ones stay at the broker.',
    advanced: true,
  },
  { name: 'maxAttempts', type: 'int', default: 3, doc: 'Accepted as in eKuiper. The gateway connects again for ever.', advanced: true },
];

export interface KafkaProps extends SocketTlsProps {
  brokers: string;
  saslAuthType: string;
  saslUserName: string;
  password: string;
  useTls: boolean;
}
export interface KafkaSinkProps extends KafkaProps {
  topic: string;
  key: string;
  headers: Record<string, unknown>;
  requiredACKs: -1 | 0 | 1;
  compression: string;
  maxRows: number;
  batchBytes: number;
  fields: string[];
  excludeFields: string[];
}
export interface KafkaSourceProps extends KafkaProps {
  groupID: string;
  offsetReset: 'latest' | 'earliest';
  maxBytes: number;
  maxUnconfirmed: number;
}
