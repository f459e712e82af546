// Source neuron: events of a Neuron, as JSON with timestamp, node_name, group_name, values and errors. Nobody confirms them: what Neuron sends while the
// connection is away is lost, and what comes faster than the rules take it waits in a bound (batch-shared/overflow.ts).
import { parseOptions } from '../../contract/props.ts';
import type { Source } from '../../contract/source.ts';
import { Overflow } from '../batch-shared/overflow.ts';
import { checkHost } from '../net-shared/destination.ts';
import { type Endpoint, endpointOf, shownEndpoint } from '../net-shared/endpoint.ts';
import { sourceOptions } from './options.ts';
import { PairSocket } from './pair.ts';

/** In front of a traced event: two marks, 16 bytes of a trace, 8 of a span. */
const TRACE_BYTES = 26;
const TRACE_ID_AT = 2;
const TRACE_ID_END = 18;
const isTraced = (m: Buffer): boolean => m.length > TRACE_BYTES && m[0] === 0x0a && m[1] === 0xce;

export function createNeuronSource(): Source {
  let endpoint: Endpoint;
  let inbox: Overflow | undefined;
  let leave: (() => void | Promise<void>) | undefined;
  return {
    configure(_datasource, raw) {
      endpoint = endpointOf(parseOptions<{ url: string }>('neuron source', sourceOptions, raw).url, 'url');
    },
    reads: () => ({ peer: shownEndpoint(endpoint), what: 'events of Neuron' }),
    open(ctx, emit) {
      if ('host' in endpoint) checkHost(ctx, endpoint.host);
      const waiting = new Overflow(ctx, emit);
      inbox = waiting;
      const key = shownEndpoint(endpoint);
      const pair = ctx.connections.acquire('neuron', key, (before) => new PairSocket(endpoint, ctx, before));
      const stop = pair.use({
        onState: (state, message) => ctx.status(state, message),
        onMessage(m) {
          if (isTraced(m))
            waiting.push(m.subarray(TRACE_BYTES), { traceId: m.toString('hex', TRACE_ID_AT, TRACE_ID_END), sourceKind: 'neuron' });
          else waiting.push(m, { sourceKind: 'neuron' });
        },
      });
      leave = () => {
        stop();
        return ctx.connections.release('neuron', key);
      };
    },
    async close() {
      inbox?.close();
      const go = leave;
      leave = undefined;
      await go?.();
    },
  };
}
