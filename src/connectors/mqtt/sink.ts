// MQTT sink: publishes one payload per item. QoS 0 counts as delivered when the socket took it, QoS 1 and 2 when the broker confirmed.
// Sinks with equal connection properties share one connection.
import { createHash, randomUUID } from 'node:crypto';
import type { ConnectorContext } from '../../contract/context.ts';
import { type Props, parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import { MqttConnection } from './connection.ts';
import type { Announcer } from './home-assistant/announcer.ts';
import { acquireClient, acquireNamed } from './named.ts';
import { connectionOptions, readConnection, type SinkProps, sinkOptions } from './options.ts';
import type { PublishProperties } from './publisher.ts';
import { checkConnection } from './streams.ts';

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
  /** Properties of every message; undefined: none. */
  let constant: PublishProperties | undefined;
  /** With the property homeAssistant. */
  let discovery: typeof import('./home-assistant/index.ts') | undefined;
  let announcer: Announcer | undefined;

  return {
    configure(rawProps) {
      props = readConnection(parseOptions<SinkProps>('mqtt sink', sinkOptions, rawProps));
      raw = rawProps;
      vet = createVetting(sinkOptions, rawProps);
      checkConnection(props);
      mayRetain = Object.entries(rawProps).some(([k, v]) => k.toLowerCase() === 'retained' && typeof v === 'string' && isTemplate(v));
      if (!isTemplate(props.topic) && /[#+]/.test(props.topic)) throw new Error("mqtt sink topic shouldn't contain # or +");
      const { contentType } = props;
      const user = Object.keys(props.properties).length > 0;
      constant =
        user || contentType
          ? { ...(user ? { userProperties: props.properties } : {}), ...(contentType ? { contentType } : {}) }
          : undefined;
      if (props.homeAssistant)
        return import('./home-assistant/index.ts').then((module) => {
          module.checkHomeAssistant(props, rawProps);
          discovery = module;
        });
    },

    open(ctx: ConnectorContext) {
      const selector = typeof raw['connectionSelector'] === 'string' ? raw['connectionSelector'] : '';
      if (discovery) props = { ...props, will: discovery.willFor(ctx, props, selector !== '' || props.clientid !== '') };
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
      const taken = connection;
      const keep = (text: string, payload: string) => taken.publish(text, payload, 1, true);
      announcer = discovery && new discovery.Announcer(ctx, discovery.checkHomeAssistant(props, raw), props, keep, props.will);
      unwatch = connection.watch((state, message) => {
        if (state === 'connected') announcer?.connected();
        ctx.status(state, message);
      });
    },

    collect(ctx, data, given, atMs) {
      const dynamic = vet(given);
      const topic = (dynamic['topic'] as string | undefined) ?? props.topic;
      const retained = (dynamic['retained'] as boolean | undefined) ?? props.retained;
      const user = dynamic['properties'] as Record<string, string> | undefined;
      let properties = constant;
      if (user !== undefined) properties = { ...properties, userProperties: user };
      // W3C trace context of a traced rule; it goes with MQTT 5 only
      const trace = given?.['traceparent'];
      if (typeof trace === 'string') properties = { ...properties, userProperties: { ...properties?.userProperties, traceparent: trace } };
      if (props.messageExpiryMs > 0) {
        // what waited here has less left; never nothing: who may discard it is the broker
        const ageMs = atMs === undefined ? 0 : Math.max(0, ctx.clock.now() - atMs);
        properties = { ...properties, messageExpiryInterval: Math.max(1, Math.ceil((props.messageExpiryMs - ageMs) / 1000)) };
      }
      const send = () => connection!.publish(topic, data as string | Uint8Array, props.qos, retained, properties);
      const announced = announcer?.announce(topic, data as string | Uint8Array);
      return announced ? announced.then(send) : send();
    },

    notes: () => [
      ...(connection?.notes({
        qos: props.qos,
        retained: props.retained || mayRetain || announcer !== undefined,
        properties: constant !== undefined || props.messageExpiryMs > 0,
      }) ?? []),
      ...(announcer?.notes() ?? []),
    ],

    async close(ctx) {
      unwatch?.();
      unwatch = undefined;
      const taken = connection;
      if (taken?.connected) await announcer?.ended();
      announcer = undefined;
      connection = undefined;
      if (taken) await ctx.connections.release('mqtt', key);
    },
  };
}
