// The connector suite on MQTT and a real mosquitto.
import mqtt from 'mqtt';
import { createMqttSource } from '../../src/connectors/mqtt/source.ts';
import { haveMosquitto, startMosquitto } from '../helpers/mosquitto.ts';
import { connectorSuite } from './connector-suite.ts';

if (haveMosquitto)
  connectorSuite({
    name: 'mqtt',
    createSource: createMqttSource,
    acks: true,
    backMs: 5000,
    async createBench() {
      const broker = await startMosquitto();
      const password = 'never-to-be-shown';
      return {
        datasource: 't/#',
        props: { server: broker.url, qos: 1, username: 'u', password },
        secrets: [password],
        async say(text) {
          const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
          await client.publishAsync('t/a', text, { qos: 1 });
          await client.endAsync();
        },
        lose: () => broker.stop(),
        return: () => broker.start(),
        close: () => broker.remove(),
      };
    },
  });
