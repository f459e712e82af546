// Properties of Sparkplug sinks and sources. Read by sink.ts and source.ts; the metadata in etc/ is made from it.
import type { OptionSpec } from '../../contract/props.ts';
import { type ConnectionProps, connectionOptions } from '../mqtt/options.ts';

/** The will and the session belong to the protocol. */
const connection = connectionOptions.filter((o) => !['will', 'enableClientSession', 'clientStatePath'].includes(o.name));

export const sinkOptions: readonly OptionSpec[] = [
  ...connection,
  { name: 'group', type: 'string', required: true, doc: 'Group id of the edge node.', example: 'plant1' },
  {
    name: 'node',
    type: 'string',
    required: true,
    doc: 'Edge node id. Sinks with the same group and node are one node.',
    example: 'gateway7',
  },
  {
    name: 'device',
    type: 'string',
    default: '',
    dynamic: 'mqtt-topic',
    doc: 'Device id; may hold a template. Empty: the columns are metrics of the node itself.',
    example: '{{.meter}}',
  },
  {
    name: 'primaryHost',
    type: 'string',
    default: '',
    doc: 'Host application that must be online: while it is not, rows wait here. Empty: none.',
  },
];

export interface SinkProps extends ConnectionProps {
  group: string;
  node: string;
  device: string;
  primaryHost: string;
}

export const sourceOptions: readonly OptionSpec[] = [
  ...connection,
  {
    name: 'complete',
    type: 'bool',
    default: false,
    doc: 'Rows hold the last value of each metric of the node or device, not only of those that the message brings.',
  },
  {
    name: 'hostId',
    type: 'string',
    default: '',
    doc: 'Be the host application with this id: tell with a retained STATE message, and a will, whether we are there. Empty: only listen.',
  },
  { name: 'askRebirth', type: 'bool', default: true, doc: 'Ask nodes for a rebirth when their births or messages are missing.' },
];

export interface SourceProps extends ConnectionProps {
  complete: boolean;
  hostId: string;
  askRebirth: boolean;
}

/** @throws Error when it cannot be a part of a topic */
export function checkId(what: string, id: string): void {
  if (id === '' || /[/+#\0]/.test(id)) throw new Error(`property ${what}: "${id}" is not an id of Sparkplug: it holds none of / + #`);
}
