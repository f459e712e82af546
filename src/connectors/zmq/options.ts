// Properties of the zmq connector: eKuiper's, and what it may wait for.
import type { OptionSpec } from '../../contract/props.ts';

export const sourceOptions: readonly OptionSpec[] = [
  {
    name: 'server',
    type: 'string',
    required: true,
    doc: 'Where the publisher listens: tcp://host:port, or ipc:///path of a socket file.',
    error: 'missing server address',
    example: 'tcp://192.168.2.2:5563',
  },
];

export const sinkOptions: readonly OptionSpec[] = [
  {
    name: 'server',
    type: 'string',
    required: true,
    doc: 'Where subscribers connect to: tcp://address:port of this machine (* = all addresses), or ipc:///path of a socket file.',
    error: 'missing server address',
    example: 'tcp://*:5563',
  },
  {
    name: 'topic',
    type: 'string',
    default: '',
    doc: 'First part of each message, by which subscribers choose. Empty: messages of one part.',
  },
];

export interface ZmqProps {
  server: string;
  topic: string;
}
