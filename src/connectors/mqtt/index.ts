// MQTT: source, sink and named connections over package `mqtt`.
import { createRealClock } from '../../base/clock.ts';
import { createLog } from '../../base/log.ts';
import { defineConnector } from '../../contract/connector.ts';
import { parseOptions } from '../../contract/props.ts';
import { MqttConnection } from './connection.ts';
import { type ConnectionProps, connectionOptions, sinkOptions, sourceOptions } from './options.ts';
import { createMqttSink } from './sink.ts';
import { createMqttSource } from './source.ts';

export default defineConnector({
  name: 'mqtt',
  source: {
    kind: 'source',
    name: 'mqtt',
    payload: 'bytes',
    shareable: true,
    options: sourceOptions,
    doc: 'Subscribes to topics of an MQTT broker. DATASOURCE is one topic filter or several separated by commas.',
    create: createMqttSource,
  },
  sink: {
    kind: 'sink',
    name: 'mqtt',
    payload: 'bytes',
    maxInFlight: 100,
    resendProperty: 'topic',
    options: sinkOptions,
    doc: 'Publishes results to an MQTT broker.',
    create: createMqttSink,
  },
  connection: {
    options: connectionOptions,
    test(props, signal) {
      const parsed = parseOptions<ConnectionProps>('mqtt connection', connectionOptions, props);
      const log = createLog({ write: () => undefined });
      const connection = new MqttConnection(parsed, {
        clock: createRealClock(),
        log,
        persistent: false,
        clientId: `kuiper_probe_${process.pid}_${Date.now() % 1e6}`,
      });
      return new Promise<void>((resolve, reject) => {
        const finish = (error?: Error) => {
          unwatch();
          void connection.close();
          if (error) reject(error);
          else resolve();
        };
        signal.addEventListener('abort', () => finish(new Error(connection.stateMessage || 'the broker does not answer')), { once: true });
        let unwatch = () => undefined as unknown as void;
        unwatch = connection.watch((state, message) => {
          if (state === 'connected') queueMicrotask(() => finish());
          else if (state === 'disconnected') queueMicrotask(() => finish(new Error(message)));
        }) as () => void;
      });
    },
  },
});
