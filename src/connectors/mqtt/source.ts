// MQTT source: subscribes, gives each payload with its topic to the gateway, and lets the broker's copy go only when the gateway is done with
// the message. Next file on the path of a message: runtime/source-node.ts.
import type { ConnectorContext } from '../../contract/context.ts';
import { type Props, parseOptions } from '../../contract/props.ts';
import { type Emit, EndOfInput, type Fail, type Source } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import { stableClientId } from './client-id.ts';
import { watchDrops } from './drop-watch.ts';
import { lookAround } from './look-around.ts';
import { acquireClient, acquireNamed, type Taken } from './named.ts';
import { readConnection, type SourceProps, sourceOptions } from './options.ts';
import { checkConnection, parseAddresses } from './streams.ts';
import type { Subscription } from './subscription.ts';
import { checkFilter } from './topic.ts';

/** Reading may stand still for backpressure this part of the keep-alive at most, so that pings go on being answered. */
const MAX_WAIT_PART = 0.4;
const MIN_WAIT_MS = 1000;

export function createMqttSource(): Source {
  let filters: string[] = [];
  let props: SourceProps;
  let raw: Props = {};
  let taken: Taken | undefined;
  let selector = '';
  let subscription: Subscription | undefined;
  let received = 0;
  /** Why the broker does not grant the subscription; '' when it does. */
  let refusal = '';
  let endWatch: (() => void | Promise<void>) | undefined;

  return {
    configure(datasource, rawProps) {
      props = readConnection(parseOptions<SourceProps>('mqtt source', sourceOptions, rawProps));
      raw = rawProps;
      checkConnection(props);
      const topics = datasource.split(/(?<!\\),/).map((t) => t.replaceAll('\\,', ',').trim());
      filters = [...new Set(topics)].filter((t) => t !== '');
      if (filters.length === 0) throw new Error('topic is required');
      filters.forEach(checkFilter);
    },

    open(ctx: ConnectorContext, emit: Emit, fail: Fail) {
      const eof = props.eofMessage ? Buffer.from(props.eofMessage, 'base64') : undefined;
      selector = typeof raw['connectionSelector'] === 'string' ? raw['connectionSelector'] : '';
      taken = selector
        ? acquireNamed(ctx, selector, props)
        : acquireClient(ctx, props, props.clientid || stableClientId(ctx, filters, props), props.qos > 0);

      const { connection } = taken;
      const { clock } = ctx;
      const bounded = (wait: Promise<void>): Promise<void> =>
        new Promise((resolve) => {
          const timer = ctx.clock.setTimer(Math.max(MIN_WAIT_MS, connection.keepAliveMs * MAX_WAIT_PART), resolve);
          void wait.then(() => {
            ctx.clock.clear(timer);
            resolve();
          });
        });
      subscription = {
        filters,
        qos: props.qos,
        granted: false,
        onState(state, message) {
          if (state === 'connected') refusal = '';
          else if (message?.includes('refuses the subscription')) refusal = message;
          // we hung up ourselves after the refusal, to try again
          ctx.status(state, refusal !== '' && message?.includes('closed the connection') ? refusal : message);
        },
        onSkipped: (topic, bytes, limitBytes) =>
          ctx.dropped(1, `payload of ${bytes} bytes on topic ${topic} is above maxPacketSize (${limitBytes})`),
        onMessage(packet, ack) {
          received++;
          const payload = packet.payload;
          if (eof?.equals(payload)) {
            ack?.();
            fail(new EndOfInput());
            return;
          }
          if (packet.retain && props.ignoreRetained) return ack?.();
          const meta: Record<string, unknown> = {
            topic: packet.topic,
            qos: packet.qos,
            messageId: packet.messageId ?? 0,
            // a value that the broker kept, sent since we subscribed
            retained: packet.retain,
            arrivalTime: clock.now(),
          };
          // told only when true: a repetition after a lost connection
          if (packet.dup) meta['dup'] = true;
          if (packet.properties?.contentType !== undefined) meta['contentType'] = packet.properties.contentType;
          const user = packet.properties?.userProperties;
          if (user) {
            meta['properties'] = { ...user };
            if (user['traceparent'] !== undefined) meta['traceId'] = String(user['traceparent']).split('-')[1] ?? '';
          }
          const wait = emit(payload, meta as Meta, ack);
          if (wait) return bounded(wait);
        },
      };
      taken.connection.subscribe(subscription);
      if (props.qos === 0) endWatch = watchDrops(ctx, props);
    },

    reads() {
      const peer = parseAddresses(props.server)
        .map((a) => a.text)
        .join(', ');
      const what = `topic filter ${filters.join(', ')}`;
      if (!taken) return { peer, what };
      const { connection } = taken;
      return { peer, what, linked: connection.connected || refusal !== '', elsewhere: Math.max(0, connection.messages - received) };
    },

    search: (ctx) => lookAround(ctx, props, filters),

    notes: () => (taken && subscription ? taken.connection.notesFor(subscription) : []),

    async close(ctx, reason) {
      const t = taken;
      const s = subscription;
      taken = undefined;
      subscription = undefined;
      if (!t) return;
      // a session that the user asked for goes on collecting while no rule runs, as in eKuiper; one that we chose ends with the rule
      const keep = reason !== 'stopped' || (props.enableClientSession === true && selector === '');
      await endWatch?.();
      endWatch = undefined;
      if (s) await t.connection.unsubscribe(s, keep);
      await ctx.connections.release('mqtt', t.key);
    },
  };
}
