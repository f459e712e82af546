// NATS: core subjects and streams of JetStream, as source and sink.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createNatsSink } from './sink.ts';
import { createNatsSource } from './source.ts';

/** Items that may wait for one answer: they go out together. */
const IN_FLIGHT = 2000;

export default defineConnector({
  name: 'nats',
  source: {
    kind: 'source',
    name: 'nats',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Reads subjects of NATS or a stream of JetStream; DATASOURCE is the subject.',
    create: createNatsSource,
  },
  sink: {
    kind: 'sink',
    name: 'nats',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Publishes rows on subjects of NATS.',
    create: createNatsSink,
  },
});
