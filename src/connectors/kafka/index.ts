// Kafka: source as a member of a consumer group, sink with keys and headers.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createKafkaSink } from './sink.ts';
import { createKafkaSource } from './source.ts';

/** Items that may wait for one answer: they go out together. */
const IN_FLIGHT = 5000;

export default defineConnector({
  name: 'kafka',
  source: {
    kind: 'source',
    name: 'kafka',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Reads a topic of Kafka; DATASOURCE is the topic.',
    create: createKafkaSource,
  },
  sink: {
    kind: 'sink',
    name: 'kafka',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Writes rows to topics of Kafka.',
    create: createKafkaSink,
  },
});
