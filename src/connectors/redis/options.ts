// Properties of the connectors redis (sink, lookup), redisPub and redisSub. Wire names are eKuiper's, which calls the address `addr` in some and
// `address` in others; both are taken everywhere.
import type { OptionSpec } from '../../contract/props.ts';
import { type SocketTlsProps, socketTlsOptions } from '../net-shared/tls.ts';

const connection = (component: string, addressName: 'addr' | 'address'): readonly OptionSpec[] => [
  {
    name: addressName,
    as: 'address',
    aliases: [addressName === 'addr' ? 'address' : 'addr'],
    type: 'string',
    default: '127.0.0.1:6379',
    doc: 'host:port of the server; rediss://host:port with TLS.',
    error: `${component} ${addressName} is null`,
  },
  { name: 'username', type: 'string', default: '', doc: 'User name.' },
  { name: 'password', type: 'string', default: '', secret: true, doc: 'Password.' },
  ...socketTlsOptions,
];

const db = (component: string): OptionSpec => ({
  name: 'db',
  type: 'int',
  default: 0,
  min: 0,
  max: 15,
  doc: 'Number of the database, 0 to 15.',
  error: `${component} db should be in range 0-15`,
});

export const sinkOptions: readonly OptionSpec[] = [
  ...connection('redis', 'addr'),
  db('redisSink'),
  { name: 'key', type: 'string', default: '', doc: 'Key of keyType single; may hold a template over the row.' },
  { name: 'field', type: 'string', default: '', doc: 'Column whose value is the key; wins over key.' },
  {
    name: 'keyType',
    type: 'string',
    default: 'single',
    oneOf: ['single', 'multiple'],
    doc: 'single: the row as JSON below one key; multiple: each column below a key of its name.',
    error: 'KeyType only support single or multiple',
  },
  {
    name: 'dataType',
    type: 'string',
    default: 'string',
    oneOf: ['string', 'list', 'hash', 'stream', 'set'],
    doc: 'string (SET), list (LPUSH), set (SADD) of the row as JSON; hash (HSET), stream (XADD) with one field per column.',
    error: 'redis sink only support string, list, set, hash or stream data type',
  },
  {
    name: 'expiration',
    as: 'expirationMs',
    type: 'duration',
    default: 0,
    doc: 'Time after which a key of dataType string or hash is gone, counted from the last write; 0 or less: never.',
  },
  {
    name: 'maxLength',
    type: 'int',
    default: 0,
    min: 0,
    doc: 'dataType stream and list: about so many entries are kept; 0 = all.',
    advanced: true,
  },
  { name: 'rowkindField', type: 'string', default: '', doc: 'Column that says insert, update, upsert or delete.' },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to write.' },
];

export const lookupOptions: readonly OptionSpec[] = [
  ...connection('redis', 'addr'),
  {
    name: 'dataType',
    type: 'string',
    default: 'string',
    oneOf: ['string', 'list', 'hash'],
    doc: 'string (GET) and list (LRANGE) hold rows as JSON; hash (HGETALL) one field per column, as texts.',
    error: 'redis dataType must be string, list or hash',
  },
];

export const publishOptions: readonly OptionSpec[] = [
  ...connection('redisPub', 'address'),
  db('redisPub'),
  { name: 'channel', type: 'string', required: true, doc: 'Channel.', error: 'redisPub sink is missing property channel' },
];

export const subscribeOptions: readonly OptionSpec[] = [
  ...connection('redisSub', 'address'),
  db('redisSub'),
  {
    name: 'channels',
    type: 'string[]',
    required: true,
    doc: 'Channels, also patterns with *, ? and [].',
    error: 'redisSub source is missing property channels',
  },
];

export interface RedisConnectionProps extends SocketTlsProps {
  address: string;
  username: string;
  password: string;
  db: number;
}
export interface RedisSinkProps extends RedisConnectionProps {
  key: string;
  field: string;
  keyType: 'single' | 'multiple';
  dataType: 'string' | 'list' | 'hash' | 'stream' | 'set';
  expirationMs: number;
  maxLength: number;
  rowkindField: string;
  fields: string[];
}
