// MQTT sink: publishes one payload per item. QoS 0 counts as delivered when the socket took it, QoS 1 and 2 when the broker confirmed.
// Sinks with equal connection properties share one connection.
import { createHash, randomUUID } from 'node:crypto';
import type { ConnectorContext } from '../../contract/context.ts';
import { type Props, parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import { MqttConnection } from './connection.ts';
import { acquireClient, acquireNamed } from './named.ts';
import { connectionOptions, type SinkProps, sinkOptions } from './options.ts';
import { parseAddresses } from './streams.ts';

const isTemplate = (text: string) => text.includes('{{');

export function createMqttSink(): Sink {
  let props: SinkProps;
  let raw: Props = {};
  let connection: MqttConnection | undefined;
  let key = '';
  let unwatch: (() => void) | undefined;
  let vet: Vet;
  /** A template says for each message whether it is retained. */
  let mayRetain = false;
  let userProperties: Record<string, string> | undefined;

  return {
    configure(rawProps) {
      props = parseOptions<SinkProps>('mqtt sink', sinkOptions, rawProps);
      raw = rawProps;
      vet = createVetting(sinkOptions, rawProps);
      parseAddresses(props.server);
      mayRetain = Object.entries(rawProps).some(([k, v]) => k.toLowerCase() === 'retained' && typeof v === 'string' && isTemplate(v));
      if (!isTemplate(props.topic) && /[#+]/.test(props.topic)) throw new Error("mqtt sink topic shouldn't contain # or +");
      userProperties = Object.keys(props.properties).length ? props.properties : undefined;
    },

    open(ctx: ConnectorContext) {
      const selector = typeof raw['connectionSelector'] === 'string' ? raw['connectionSelector'] : '';
      const p = props as unknown as Record<string, unknown>;
      if (selector || props.clientid)
        ({ connection, key } = selector ? acquireNamed(ctx, selector, props) : acquireClient(ctx, props, props.clientid, false));
      else {
        key = createHash('sha256')
          .update(JSON.stringify(connectionOptions.map((o) => p[o.as ?? o.name])))
          .digest('hex');
        connection = ctx.connections.acquire(
          'mqtt',
          key,
          (_before, log) =>
            new MqttConnection(props, {
              clock: ctx.clock,
              log,
              persistent: props.enableClientSession === true,
              clientId: `kuiper_${randomUUID().replaceAll('-', '').slice(0, 16)}`,
            }),
        );
      }
      unwatch = connection.watch((state, message) => ctx.status(state, message));
    },

    collect(_ctx, data, given) {
      const dynamic = vet(given);
      const topic = (dynamic['topic'] as string | undefined) ?? props.topic;
      const retained = (dynamic['retained'] as boolean | undefined) ?? props.retained;
      const user = (dynamic['properties'] as Record<string, string> | undefined) ?? userProperties;
      // W3C trace context of a traced rule; it goes with MQTT 5 only
      const trace = given?.['traceparent'];
      const more = typeof trace === 'string' ? { ...user, traceparent: trace } : user;
      return connection!.publish(topic, data as string | Uint8Array, props.qos, retained, more);
    },

    notes: () => connection?.notes({ qos: props.qos, retained: props.retained || mayRetain }) ?? [],

    close(ctx) {
      unwatch?.();
      unwatch = undefined;
      const taken = connection;
      connection = undefined;
      if (taken) return ctx.connections.release('mqtt', key);
    },
  };
}
