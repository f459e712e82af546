// Properties of the nats connector, which eKuiper does not have.
import type { OptionSpec } from '../../contract/props.ts';
import { type SocketTlsProps, socketTlsOptions } from '../net-shared/tls.ts';

const connection: readonly OptionSpec[] = [
  {
    name: 'servers',
    aliases: ['server', 'url'],
    type: 'string',
    required: true,
    doc: 'Addresses, host:port or nats://host:port, several separated by commas; tls:// with TLS.',
    error: 'servers is required',
  },
  { name: 'username', type: 'string', default: '', doc: 'User name.' },
  { name: 'password', type: 'string', default: '', secret: true, doc: 'Password.' },
  { name: 'token', type: 'string', default: '', secret: true, doc: 'Token instead of user name and password.' },
  ...socketTlsOptions,
];

export const sinkOptions: readonly OptionSpec[] = [
  ...connection,
  { name: 'subject', type: 'string', required: true, doc: 'Subject; may hold a template over the row.', error: 'subject is required' },
  {
    name: 'jetstream',
    type: 'bool',
    default: false,
    doc: 'true: a stream of JetStream must store each row; false: the server has received it, whoever listens.',
  },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to send; the subject may use all.' },
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns that are not sent.' },
];

export const sourceOptions: readonly OptionSpec[] = [
  ...connection,
  { name: 'queue', type: 'string', default: '', doc: 'Queue group of core NATS: each message goes to one member.' },
  {
    name: 'stream',
    type: 'string',
    default: '',
    doc: 'Stream of JetStream. Empty: core NATS, which gives a message to whoever listens now.',
  },
  {
    name: 'durable',
    type: 'string',
    default: '',
    doc: 'Name of the consumer in the stream, which keeps the position; several gateways may share it. Empty: one of this gateway and subscription.',
  },
  {
    name: 'deliverPolicy',
    type: 'string',
    default: 'new',
    oneOf: ['new', 'all'],
    doc: 'Where a consumer that is not there yet begins.',
  },
  {
    name: 'ackWait',
    as: 'ackWaitMs',
    type: 'duration',
    default: 60_000,
    min: 1000,
    doc: 'The server gives a message again that is not confirmed within this. Windows that hold messages longer are checkpointed first.',
    advanced: true,
  },
  {
    name: 'maxUnconfirmed',
    type: 'int',
    default: 5000,
    min: 1,
    max: 1_000_000,
    doc: 'Messages that may be on their way through the rules.',
    advanced: true,
  },
];

export interface NatsProps extends SocketTlsProps {
  servers: string;
  username: string;
  password: string;
  token: string;
}
export interface NatsSinkProps extends NatsProps {
  subject: string;
  jetstream: boolean;
  fields: string[];
  excludeFields: string[];
}
export interface NatsSourceProps extends NatsProps {
  queue: string;
  stream: string;
  durable: string;
  deliverPolicy: 'new' | 'all';
  ackWaitMs: number;
  maxUnconfirmed: number;
}
