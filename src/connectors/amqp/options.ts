// Properties of the amqp connector (AMQP 0.9.1), which eKuiper does not have.
import type { OptionSpec } from '../../contract/props.ts';
import { type SocketTlsProps, socketTlsOptions } from '../net-shared/tls.ts';

const connection: readonly OptionSpec[] = [
  {
    name: 'server',
    aliases: ['servers', 'url', 'addr'],
    type: 'string',
    required: true,
    doc: 'Address of the broker, host:port or amqp://host:port; amqps:// with TLS.',
    example: 'amqp://192.168.1.5:5672',
    error: 'server is required',
  },
  { name: 'username', type: 'string', default: 'guest', doc: 'User name.' },
  { name: 'password', type: 'string', default: 'guest', secret: true, doc: 'Password.' },
  { name: 'vhost', type: 'string', default: '/', doc: 'Virtual host.' },
  ...socketTlsOptions,
];

export const sourceOptions: readonly OptionSpec[] = [
  ...connection,
  {
    name: 'exchange',
    type: 'string',
    default: '',
    doc: 'Exchange to bind the queue to. Empty: the queue is read as it is.',
  },
  { name: 'routingKey', type: 'string', default: '#', doc: 'Key of that binding.' },
  {
    name: 'declareQueue',
    type: 'bool',
    default: false,
    doc: 'true: the queue is made when it is not there, durable. false: a queue that is missing is an error.',
  },
  {
    name: 'prefetch',
    as: 'maxUnconfirmed',
    type: 'int',
    default: 1000,
    min: 1,
    max: 65_535,
    doc: 'Messages that may be on their way through the rules.',
    advanced: true,
  },
];

export const sinkOptions: readonly OptionSpec[] = [
  ...connection,
  {
    name: 'exchange',
    type: 'string',
    default: '',
    doc: 'Exchange to publish to; it must exist. Empty: the default one, where the routing key is the name of a queue.',
  },
  {
    name: 'routingKey',
    type: 'string',
    required: true,
    doc: 'Routing key; may hold a template over the row.',
    error: 'routingKey is required',
  },
  {
    name: 'mandatory',
    type: 'bool',
    default: true,
    doc: 'A row that no queue takes is set aside. false: the broker discards it.',
  },
  { name: 'persistent', type: 'bool', default: true, doc: 'Durable queues keep the row through a restart of the broker.' },
  { name: 'headers', type: 'map', default: {}, doc: 'Headers of each message; values may hold templates over the row.' },
  { name: 'fields', type: 'string[]', default: [], doc: 'Columns to send; routingKey and headers may use all.' },
  { name: 'excludeFields', type: 'string[]', default: [], doc: 'Columns that are not sent.' },
];

export interface AmqpProps extends SocketTlsProps {
  server: string;
  username: string;
  password: string;
  vhost: string;
}
export interface AmqpSourceProps extends AmqpProps {
  exchange: string;
  routingKey: string;
  declareQueue: boolean;
  maxUnconfirmed: number;
}
export interface AmqpSinkProps extends AmqpProps {
  exchange: string;
  routingKey: string;
  mandatory: boolean;
  persistent: boolean;
  headers: Record<string, unknown>;
  fields: string[];
  excludeFields: string[];
}
