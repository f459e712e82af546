// Properties of the neuron connector: eKuiper's.
import type { OptionSpec } from '../../contract/props.ts';

const url: OptionSpec = {
  name: 'url',
  type: 'string',
  default: 'tcp://127.0.0.1:7081',
  doc: 'Where the eKuiper app of Neuron listens: tcp://host:port, or ipc:///path of a socket file.',
  example: 'ipc:///tmp/neuron-ekuiper.ipc',
};

export const sourceOptions: readonly OptionSpec[] = [url];

export const sinkOptions: readonly OptionSpec[] = [
  url,
  {
    name: 'nodeName',
    type: 'string',
    default: '',
    doc: 'Node of Neuron to write to; may hold a template over the row. Required unless raw.',
  },
  { name: 'groupName', type: 'string', default: '', doc: 'Group of the node; may hold a template over the row. Required unless raw.' },
  { name: 'tags', type: 'string[]', default: [], doc: 'Columns to write as tags, each may hold a template over the row; empty: all.' },
  { name: 'raw', type: 'bool', default: false, doc: "true: the row's JSON as it is, instead of Neuron's message of tags." },
];

export interface NeuronSinkProps {
  url: string;
  nodeName: string;
  groupName: string;
  tags: string[];
  raw: boolean;
}
