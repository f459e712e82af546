// AMQP 0.9.1 (RabbitMQ): a queue as source, an exchange as sink.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createAmqpSink } from './sink.ts';
import { createAmqpSource } from './source.ts';

/** Items that may wait for confirmations. */
const IN_FLIGHT = 2000;

export default defineConnector({
  name: 'amqp',
  source: {
    kind: 'source',
    name: 'amqp',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Reads a queue of a broker of AMQP 0.9.1, such as RabbitMQ; DATASOURCE is the queue.',
    create: createAmqpSource,
  },
  sink: {
    kind: 'sink',
    name: 'amqp',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Publishes rows to a broker of AMQP 0.9.1, such as RabbitMQ.',
    create: createAmqpSink,
  },
});
