// Sparkplug B sink: the columns of a row are metrics of an edge node or of one of its devices. Delivered means handed to the socket: data messages
// are QoS 0 by the specification. Next file: edge-node.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { clientIdOf, clientKey } from '../mqtt/client-id.ts';
import { readConnection } from '../mqtt/options.ts';
import { checkConnection } from '../mqtt/streams.ts';
import { EdgeNode } from './edge-node.ts';
import { checkId, type SinkProps, sinkOptions } from './options.ts';

export function createSparkplugSink(): Sink {
  let props: SinkProps;
  let vet: Vet;
  let node: EdgeNode | undefined;
  let key = '';
  const me = {};

  return {
    configure(raw) {
      props = readConnection(parseOptions<SinkProps>('sparkplug sink', sinkOptions, raw));
      vet = createVetting(sinkOptions, raw);
      checkConnection(props);
      checkId('group', props.group);
      checkId('node', props.node);
      if (props.device !== '' && !props.device.includes('{{')) checkId('device', props.device);
      if (props.primaryHost !== '') checkId('primaryHost', props.primaryHost);
    },

    open(ctx: ConnectorContext) {
      // a node is one client of its broker, whatever the properties of the second sink say
      key = clientKey(props.server, `${props.group}/${props.node}`);
      node = ctx.connections.acquire(
        'sparkplug',
        key,
        (_before, log) =>
          new EdgeNode(props, { clock: ctx.clock, log, clientId: clientIdOf(`${ctx.gatewayId}|sparkplug|${props.group}|${props.node}`) }),
      );
      node.use(me, (state, message) => ctx.status(state, message));
    },

    collect(_ctx, data, given, atMs) {
      const device = (vet(given)['device'] as string | undefined) ?? props.device;
      if (device !== '' && /[/+#]/.test(device))
        throw rowError(`device "${device}" is not an id of Sparkplug: it holds none of / + #`, 'VALUE_REFUSED');
      const rows = rowsOf(data);
      return rows.map((row) => node!.publish(me, device, row, atMs)).at(-1);
    },

    notes: () => node?.notes() ?? [],

    async close(ctx) {
      const taken = node;
      node = undefined;
      taken?.unuse(me);
      if (taken) await ctx.connections.release('sparkplug', key);
    },
  };
}
