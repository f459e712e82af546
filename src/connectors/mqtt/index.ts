// MQTT: source, sink and named connections over package `mqtt`.
import { randomUUID } from 'node:crypto';
import { createRealClock } from '../../base/clock.ts';
import { ioError } from '../../base/errors/gateway-error.ts';
import { createLog } from '../../base/log.ts';
import { defineConnector } from '../../contract/connector.ts';
import { parseOptions } from '../../contract/props.ts';
import { MqttConnection } from './connection.ts';
import { type ConnectionProps, connectionOptions, readConnection, sinkOptions, sourceOptions } from './options.ts';
import { createMqttSink } from './sink.ts';
import { createMqttSource } from './source.ts';
import { parseAddresses } from './streams.ts';

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
    replaces(raw) {
      // a retained message replaces that of its topic
      const { retained, topic } = raw;
      if (retained !== true && !String(retained ?? '').includes('{{')) return undefined;
      return (_data, dynamic) => (String(dynamic?.['retained'] ?? retained) === 'true' ? [String(dynamic?.['topic'] ?? topic)] : []);
    },
    async retired(raw, after, ctx) {
      if (raw['homeAssistant'] && !after?.['homeAssistant']) await (await import('./home-assistant/index.ts')).removeEntities(raw, ctx);
    },
    options: sinkOptions,
    doc: 'Publishes results to an MQTT broker.',
    create: createMqttSink,
  },
  connection: {
    options: connectionOptions,
    test(props, signal) {
      const parsed = readConnection(parseOptions<ConnectionProps>('mqtt connection', connectionOptions, props));
      const log = createLog({ write: () => undefined });
      const servers = parseAddresses(parsed.server).length;
      // never under the client id of the rules: a broker would throw their connection out, and their session away
      const connection = new MqttConnection(
        { ...parsed, clientid: '', will: undefined },
        {
          clock: createRealClock(),
          log,
          persistent: false,
          clientId: `kuiper_${randomUUID().replaceAll('-', '').slice(0, 16)}`,
        },
      );
      const failures: string[] = [];
      return new Promise<void>((resolve, reject) => {
        const finish = (error?: Error) => {
          unwatch();
          void connection.close();
          if (error) reject(error);
          else resolve();
        };
        signal.addEventListener(
          'abort',
          () => finish(ioError([...new Set(failures)].join('; ') || connection.stateMessage || 'the broker does not answer')),
          { once: true },
        );
        let unwatch = () => undefined as unknown as void;
        unwatch = connection.watch((state, message) => {
          if (state === 'connected') queueMicrotask(() => finish());
          else if (state === 'disconnected' && failures.push(message ?? '') >= servers)
            queueMicrotask(() => finish(ioError([...new Set(failures)].join('; '))));
        }) as () => void;
      });
    },
  },
});
