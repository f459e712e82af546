// ZeroMQ: a SUB socket as source, a PUB socket as sink, in ZMTP 3 of our own (docs/adr/0260).
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createZmqSink } from './sink.ts';
import { createZmqSource } from './source.ts';

/** Items that may wait for one slow subscriber. */
const IN_FLIGHT = 100;

export default defineConnector({
  name: 'zmq',
  source: {
    kind: 'source',
    name: 'zmq',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Subscribes to a publisher of ZeroMQ; DATASOURCE is the topic, empty for all.',
    create: createZmqSource,
  },
  sink: {
    kind: 'sink',
    name: 'zmq',
    payload: 'bytes',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Publishes results to subscribers of ZeroMQ.',
    create: createZmqSink,
  },
});
