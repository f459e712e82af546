// Sink neuron: writes columns of a row as tags of a node's group, one message a row. A row counts as delivered when the system has it for the
// connection: Neuron confirms nothing. While it is away rows wait.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { parseOptions } from '../../contract/props.ts';
import { rowsRefused, type Sink } from '../../contract/sink.ts';
import type { Row } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { checkHost } from '../net-shared/destination.ts';
import { type Endpoint, endpointOf, shownEndpoint } from '../net-shared/endpoint.ts';
import { type NeuronSinkProps, sinkOptions } from './options.ts';
import { PairSocket } from './pair.ts';

/** Names of tags that rows did not have, for the note in health. */
const MAX_MISSING = 10;

export function createNeuronSink(): Sink {
  let endpoint: Endpoint;
  let messageFor: (row: Row) => Uint8Array;
  let pair: PairSocket | undefined;
  let leave: (() => void | Promise<void>) | undefined;
  const missing = new Set<string>();
  return {
    configure(raw) {
      const props = parseOptions<NeuronSinkProps>('neuron sink', sinkOptions, raw);
      if (!props.raw && props.nodeName === '') throw new Error('node name is required if raw is not set');
      if (!props.raw && props.groupName === '') throw new Error('group name is required if raw is not set');
      endpoint = endpointOf(props.url, 'url');
      messageFor = compileMessage(props, missing);
    },
    open(ctx) {
      if ('host' in endpoint) checkHost(ctx, endpoint.host);
      const key = shownEndpoint(endpoint);
      const shared = ctx.connections.acquire('neuron', key, (before) => new PairSocket(endpoint, ctx, before));
      const stop = shared.use({ onState: (state, message) => ctx.status(state, message) });
      pair = shared;
      leave = () => {
        stop();
        return ctx.connections.release('neuron', key);
      };
    },
    async collect(_ctx, data) {
      const to = pair;
      if (!to) return;
      const refused: Row[] = [];
      let why: unknown;
      const rows = rowsOf(data);
      const messages = rows.flatMap((row) => {
        try {
          return [messageFor(row)];
        } catch (error) {
          refused.push(row);
          why ??= error;
          return [];
        }
      });
      await Promise.all(messages.map((m) => to.send(m)));
      if (refused.length === 0) return;
      if (refused.length === rows.length) throw why;
      throw rowsRefused(`${refused.length} of ${rows.length} rows: ${messageOf(why)}`, refused, why);
    },
    notes: () => (missing.size === 0 ? [] : [`Tags that rows did not have were left out: ${[...missing].join(', ')}.`]),
    async close() {
      pair = undefined;
      const go = leave;
      leave = undefined;
      await go?.();
    },
  };
}

function compileMessage(p: NeuronSinkProps, missing: Set<string>): (row: Row) => Uint8Array {
  if (p.raw) return (row) => Buffer.from(encodeJson(row));
  const engine = createTemplateEngine({ now: () => Date.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });
  const text = (t: string): ((row: Row) => string) => (t.includes('{{') ? engine.compile(t) : () => t);
  const node = text(p.nodeName);
  const group = text(p.groupName);
  const tags = p.tags.map(text);
  const named = (what: string, name: string): string => {
    if (name === '') throw rowError(`the ${what} that the row names is empty`, 'VALUE_REFUSED');
    return name;
  };
  return (row) => {
    const written: Row[] = [];
    const names = tags.length === 0 ? Object.keys(row) : tags.map((t) => t(row));
    for (const name of names) {
      const value = row[name];
      if (value !== undefined) written.push({ tag_name: name, value });
      else if (missing.size < MAX_MISSING) missing.add(name);
    }
    if (written.length === 0) throw rowError(`the row has none of the tags ${names.join(', ')}`, 'VALUE_REFUSED');
    return Buffer.from(encodeJson({ group_name: named('group', group(row)), node_name: named('node', node(row)), tags: written }));
  };
}
