// Tools without SQL, and the yardstick: bare mqtt.js. They have the jobs that are a filter.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Job } from '../job.ts';
import { filtersOnly, OUT_FILE, type Peer, type Place, run } from './peer.ts';

interface Flow {
  readonly broker: string;
  readonly topic: string;
  readonly field: string;
  readonly above: number;
  /** Results go to MQTT, otherwise to the file. */
  readonly mqtt: boolean;
  readonly out: string;
  readonly file: string;
}

/** @throws Error for a job that is no filter: `lacks` says so before */
function flowOf({ plain, streams, sink, name }: Job, place: Place): Flow {
  const topic = streams[0]?.topic;
  if (!plain || topic === undefined) throw new Error(`job ${name} is no filter`);
  return {
    broker: `tcp://127.0.0.1:${place.brokerPort}`,
    topic: `${place.prefix}/${topic}`,
    field: plain.field,
    above: plain.above,
    mqtt: sink === 'mqtt',
    out: place.out,
    file: path.join(place.folder, OUT_FILE),
  };
}

function tool(name: string, program: string, args: (config: string) => string[], config: (flow: Flow) => string, file: string): Peer {
  return {
    name,
    lacks: filtersOnly,
    async start(job, place) {
      const at = path.join(place.folder, file);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, config(flowOf(job, place)));
      return run(program, args(at), place.folder);
    },
  };
}

/** mqtt.js, JSON.parse and an if. */
export const bare: Peer = {
  name: 'bare mqtt.js',
  lacks: (job) => filtersOnly(job) ?? (job.sink === 'file' ? 'is measured with MQTT only' : undefined),
  async start(job, place) {
    const f = flowOf(job, place);
    const args = ['bench/public/peers/bare-loop.ts', f.broker, f.topic, f.field, String(f.above), f.out];
    return run(process.execPath, args, place.folder, {}, process.cwd());
  },
};

export const telegraf = (program: string): Peer =>
  tool('Telegraf', program, (config) => ['--config', config, '--quiet'], telegrafConfig, 'telegraf.conf');

const telegrafConfig = (f: Flow): string => `
[agent]
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["${f.broker}"]
  topics = ["${f.topic}"]
  topic_tag = ""
  data_format = "json"
  json_string_fields = ["device", "status"]
[[outputs.${f.mqtt ? 'mqtt' : 'file'}]]
  ${f.mqtt ? `servers = ["${f.broker}"]\n  topic = "${f.out}"` : `files = ["${f.file}"]`}
  metricpass = "fields.${f.field} > ${f.above.toFixed(1)}"
  data_format = "json"
  json_transformation = 'fields'
`;

export const bento = (program: string): Peer => tool('Bento', program, (config) => ['-c', config], bentoConfig, 'bento.yaml');

const bentoConfig = (f: Flow): string => `
http: { enabled: false }
logger: { level: ERROR }
input:
  mqtt: { urls: ["${f.broker}"], topics: ["${f.topic}"], client_id: bento_in, qos: 0 }
pipeline:
  processors:
    - mapping: 'root = if this.${f.field} <= ${f.above} { deleted() }'
output:
  ${f.mqtt ? `mqtt: { urls: ["${f.broker}"], topic: "${f.out}", client_id: bento_out, qos: 0, max_in_flight: 64 }` : `file: { path: "${f.file}", codec: lines }`}
`;

/** @param program red.js of Node-RED */
export const nodeRed = (program: string): Peer =>
  tool(
    'Node-RED',
    process.execPath,
    (config) => [program, '--userDir', path.dirname(config), '--port', '0', config],
    (f) => JSON.stringify(nodeRedFlow(f)),
    'red/flows.json',
  );

function nodeRedFlow(f: Flow): object[] {
  const common = { z: 'tab' };
  const last = f.mqtt
    ? { id: 'out', type: 'mqtt out', topic: f.out, qos: '0', retain: 'false', broker: 'broker' }
    : { id: 'out', type: 'file', filename: f.file, filenameType: 'str', appendNewline: true, overwriteFile: 'false' };
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: new URL(f.broker).port,
      clientid: '',
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    },
    { ...common, id: 'in', type: 'mqtt in', topic: f.topic, qos: '0', datatype: 'utf8', broker: 'broker', wires: [['parse']] },
    { ...common, id: 'parse', type: 'json', property: 'payload', action: 'obj', wires: [['if']] },
    {
      ...common,
      id: 'if',
      type: 'switch',
      property: `payload.${f.field}`,
      propertyType: 'msg',
      rules: [{ t: 'gt', v: String(f.above), vt: 'num' }],
      checkall: 'true',
      outputs: 1,
      wires: [['text']],
    },
    { ...common, id: 'text', type: 'json', property: 'payload', action: 'str', wires: [['out']] },
    { ...common, ...last, wires: f.mqtt ? [] : [[]] },
  ];
}
