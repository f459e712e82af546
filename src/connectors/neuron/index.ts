// Neuron, the gateway for industrial protocols: its events as source, writing its tags as sink.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createNeuronSink } from './sink.ts';
import { createNeuronSource } from './source.ts';

/** Messages that may wait for the socket: more are not handed to a peer that confirms nothing. */
const IN_FLIGHT = 16;

export default defineConnector({
  name: 'neuron',
  source: {
    kind: 'source',
    name: 'neuron',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Takes the events of a Neuron over its eKuiper app.',
    create: createNeuronSource,
  },
  sink: {
    kind: 'sink',
    name: 'neuron',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Writes tags of a Neuron over its eKuiper app.',
    create: createNeuronSink,
  },
});
