// EdgeX Foundry: events of its message bus as source, and events of ours as sink, over MQTT.
import { defineConnector } from '../../contract/connector.ts';
import { parseOptions } from '../../contract/props.ts';
import mqtt from '../mqtt/index.ts';
import { connectionOptions, mqttProps, type SourceProps, sinkOptions, sourceOptions } from './options.ts';
import { createEdgexSink } from './sink.ts';
import { createEdgexSource } from './source.ts';

/** Events that may wait for the broker's confirmation. */
const IN_FLIGHT = 500;

export default defineConnector({
  name: 'edgex',
  source: {
    kind: 'source',
    name: 'edgex',
    payload: 'rows',
    shareable: true,
    options: sourceOptions,
    doc: 'Takes events of the EdgeX message bus over MQTT: a column for each reading.',
    create: createEdgexSource,
  },
  sink: {
    kind: 'sink',
    name: 'edgex',
    payload: 'rows',
    maxInFlight: IN_FLIGHT,
    options: sinkOptions,
    doc: 'Publishes rows as events on the EdgeX message bus over MQTT.',
    create: createEdgexSink,
  },
  connection: {
    options: connectionOptions,
    async test(props, signal) {
      const parsed = parseOptions<SourceProps>('edgex connection', connectionOptions, props);
      await mqtt.connection?.test(mqttProps('edgex connection', parsed).connection, signal);
    },
  },
});
