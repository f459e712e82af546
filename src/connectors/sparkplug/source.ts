// Sparkplug B source: a host that follows the nodes of a group, with what it must remember of them. Rows: host-state.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import { clientIdOf } from '../mqtt/client-id.ts';
import { MqttConnection } from '../mqtt/connection.ts';
import { readConnection } from '../mqtt/options.ts';
import { checkConnection } from '../mqtt/streams.ts';
import { checkFilter } from '../mqtt/topic.ts';
import { REBIRTH } from './edge-state.ts';
import { HostState } from './host-state.ts';
import { type SourceProps, sourceOptions } from './options.ts';
import { encodePayload } from './payload.ts';
import { readState, stateText } from './primary-host.ts';
import { TYPES } from './values.ts';

/** Reading may stand still for backpressure so long at a time, so that pings go on being answered. */
const MAX_WAIT_MS = 5000;

/** `plant`, `plant/node7`, `+`: groups and nodes, as topic filters. @throws Error naming what is wrong */
export function filtersOf(datasource: string): string[] {
  const parts = datasource
    .split(',')
    .map((p) => p.trim())
    .filter((p) => p !== '');
  if (parts.length === 0) throw new Error('DATASOURCE names the groups: plant1, or plant1/node7, or + for all');
  return parts.flatMap((part) => {
    const [group, node, ...more] = part.split('/');
    if (!group || more.length > 0 || node === '') throw new Error(`DATASOURCE "${part}": write GROUP or GROUP/NODE`);
    const filters = node === undefined ? [`spBv1.0/${group}/#`] : [`spBv1.0/${group}/+/${node}/#`];
    filters.forEach(checkFilter);
    return filters;
  });
}

export function createSparkplugSource(): Source {
  let props: SourceProps;
  let filters: string[] = [];
  let connection: MqttConnection | undefined;
  let sayOffline: (() => Promise<void>) | undefined;

  return {
    configure(datasource, raw) {
      props = readConnection(parseOptions<SourceProps>('sparkplug source', sourceOptions, raw));
      checkConnection(props);
      filters = filtersOf(datasource);
    },

    open(ctx: ConnectorContext, emit) {
      const { clock, log } = ctx;
      const { hostId } = props;
      const host = new HostState(props.complete);
      const stateTopic = `spBv1.0/STATE/${hostId}`;
      let sessionMs = 0;
      let before = false;
      const will = () => {
        sessionMs = clock.now();
        const payload = stateText(false, sessionMs);
        return { topic: stateTopic, payload, qos: 1 as const, retained: true, delayMs: 0, messageExpiryMs: 0, contentType: '' };
      };
      const clientId = clientIdOf(`${ctx.gatewayId}|sparkplug host|${JSON.stringify([filters, props.server, props.username, hostId])}`);
      const own = new MqttConnection(
        { ...props, will: undefined },
        { clock, log, persistent: hostId === '', clientId: props.clientid || clientId, ...(hostId === '' ? {} : { will }) },
      );
      connection = own;
      const publish = (topic: string, payload: string | Buffer, qos: 0 | 1, retain: boolean) => {
        const failed = (error: unknown) => log.debug({ topic, cause: messageOf(error) }, 'A message to nodes was not published.');
        try {
          void own.publish(topic, payload, qos, retain)?.catch(failed);
        } catch (error) {
          failed(error);
        }
      };
      const rebirth = ({ group, node }: { group: string; node: string }) => {
        if (!props.askRebirth) return;
        const metrics = [{ name: REBIRTH, datatype: TYPES.Boolean, timestampMs: clock.now(), value: true }];
        publish(`spBv1.0/${group}/NCMD/${node}`, encodePayload({ timestampMs: clock.now(), metrics }), 0, false);
      };
      const online = () => publish(stateTopic, stateText(true, sessionMs), 1, true);
      sayOffline = async () => {
        if (hostId !== '' && own.connected) await own.publish(stateTopic, stateText(false, sessionMs), 1, true);
      };
      own.subscribe({
        filters: hostId === '' ? filters : [...filters, stateTopic],
        qos: 1,
        granted: false,
        onSkipped: (topic, bytes, limit) => ctx.dropped(1, `payload of ${bytes} bytes on topic ${topic} is above maxPacketSize (${limit})`),
        onState(state, message) {
          ctx.status(state, message);
          if (state !== 'connected') return;
          if (hostId !== '') online();
          // what they said meanwhile is not known
          if (before) for (const node of host.doubt(clock.monotonic())) rebirth(node);
          before = true;
        },
        onMessage(packet, ack) {
          if (hostId !== '' && packet.topic === stateTopic) {
            const said = readState(packet.topic, packet.payload as Buffer, hostId);
            // the will of a session of ours before this one
            if (said && !said.online && connection === own) online();
            return ack?.();
          }
          const { rows, rebirth: ask, dropped } = host.message(packet.topic, packet.payload as Buffer, clock.monotonic());
          for (const reason of dropped) ctx.dropped(1, reason);
          if (ask) rebirth(ask);
          if (rows.length === 0) return ack?.();
          const wait = emit(rows, { topic: packet.topic, qos: packet.qos, retained: packet.retain } as Meta, ack);
          if (wait)
            return new Promise((resolve) => {
              const timer = clock.setTimer(MAX_WAIT_MS, resolve);
              void wait.then(() => {
                clock.clear(timer);
                resolve();
              });
            });
        },
      });
    },

    reads: () => ({ peer: props.server, what: `Sparkplug messages of ${filters.join(', ')}` }),

    async close(ctx) {
      const own = connection;
      connection = undefined;
      try {
        if (own) await sayOffline?.();
      } catch (error) {
        ctx.log.debug({ cause: messageOf(error) }, 'The end of a host could not be published.');
      }
      await own?.close();
    },
  };
}
