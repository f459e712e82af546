// Source edgex: events of the EdgeX message bus over the connector mqtt, with its session, confirmations and backpressure; one column for each reading.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import { createMqttSource } from '../mqtt/source.ts';
import { type EventRow, readEvent } from './event.ts';
import { mqttProps, type SourceProps, sourceOptions } from './options.ts';

export function createEdgexSource(): Source {
  const bus = createMqttSource();
  let messageType: SourceProps['messageType'];
  return {
    configure(_datasource, raw) {
      const props = parseOptions<SourceProps>('edgex source', sourceOptions, raw);
      ({ messageType } = props);
      const { connection, qos } = mqttProps('edgex source', props);
      return bus.configure?.(props.topic, { ...connection, qos });
    },
    open: (ctx, emit, fail) =>
      bus.open(
        ctx,
        (data, meta, ack) => {
          let event: EventRow;
          try {
            event = readEvent(
              typeof data === 'string' ? Buffer.from(data) : data instanceof Uint8Array ? data : Buffer.alloc(0),
              messageType,
            );
          } catch (error) {
            ctx.dropped(1, messageOf(error));
            return ack?.();
          }
          const topic = typeof meta?.['topic'] === 'string' ? meta['topic'] : '';
          if (event.left.length > 0) ctx.log.warn({ topic, readings: event.left }, 'Readings of an event were left out.');
          return emit(event.row, { ...event.meta, topic }, ack);
        },
        fail,
      ),
    reads: () => bus.reads?.() ?? { peer: '', what: '' },
    notes: () => bus.notes?.() ?? [],
    close: (ctx, reason) => bus.close(ctx, reason),
  };
}
