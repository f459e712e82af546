// Sparkplug B over MQTT: edge nodes as sinks, host decoding as a source.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createSparkplugSink } from './sink.ts';
import { createSparkplugSource } from './source.ts';

export default defineConnector({
  name: 'sparkplug',
  source: {
    kind: 'source',
    name: 'sparkplug',
    payload: 'rows',
    shareable: true,
    options: sourceOptions,
    doc: 'Follows Sparkplug B nodes: a row for each birth, data message and death, with metrics by name. DATASOURCE is GROUP or GROUP/NODE, several separated by commas.',
    create: createSparkplugSource,
  },
  sink: {
    kind: 'sink',
    name: 'sparkplug',
    payload: 'rows',
    maxInFlight: 1,
    options: sinkOptions,
    doc: 'A Sparkplug B edge node: columns are metrics, with births, deaths, aliases, sequence numbers and rebirth.',
    create: createSparkplugSink,
  },
});
