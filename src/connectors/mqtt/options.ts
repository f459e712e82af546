// Properties of MQTT connections, sources and sinks: eKuiper's wire names, our names with units. Read by source.ts, sink.ts and
// connection.ts; the metadata in etc/ is made from it.
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import { homeAssistantOptions } from './home-assistant/options.ts';
import { PRESETS, withPreset } from './presets.ts';

/** Four bytes of seven bits: no MQTT packet is larger. */
export const LARGEST_PACKET_BYTES = 268_435_455;
/** What a gateway of 512 MB takes without trouble, in flight and decoded. */
const DEFAULT_PAYLOAD_BYTES = 1024 * 1024;

/** Properties that make a connection; equal ones may share it. */
export const connectionOptions: readonly OptionSpec[] = [
  {
    name: 'server',
    type: 'string',
    required: true,
    doc: 'Broker address: tcp://, mqtt://, ssl://, mqtts://, ws:// or wss://; several separated by commas are tried in turn.',
    example: 'tcp://127.0.0.1:1883',
    error: 'missing server property',
  },
  {
    name: 'protocolVersion',
    type: 'string',
    default: '',
    oneOf: ['', '3.1', '3.1.1', '4', '5'],
    doc: 'MQTT version. Empty: 5, falling back to 3.1.1 when the broker refuses it.',
    error: 'unsupported protocol version {value}',
  },
  { name: 'clientid', type: 'string', default: '', doc: 'Client id. Empty: a stable one made from the gateway and the subscription.' },
  { name: 'username', type: 'string', default: '', doc: 'User name.' },
  { name: 'password', type: 'string', default: '', secret: true, doc: 'Password.' },
  {
    name: 'enableClientSession',
    type: 'bool',
    doc: 'Persistent session at the broker. Not set: persistent for subscriptions with QoS 1 or 2, so that messages wait while the gateway restarts.',
  },
  {
    name: 'sessionExpiryIntervalSeconds',
    as: 'sessionExpiryS',
    type: 'int',
    default: 604_800,
    min: 0,
    max: 4_294_967_295,
    doc: 'MQTT 5: how long the broker keeps a persistent session, seconds.',
  },
  {
    name: 'clientStatePath',
    type: 'string',
    default: '',
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: 'the broker keeps the session',
    advanced: true,
  },
  { name: 'keepAlive', as: 'keepAliveMs', type: 'duration', default: 30_000, min: 1000, doc: 'Keep-alive interval.', advanced: true },
  {
    name: 'connectTimeout',
    as: 'connectTimeoutMs',
    type: 'duration',
    default: 10_000,
    min: 100,
    doc: 'Time for the connection to be made.',
    advanced: true,
  },
  {
    name: 'maxInFlight',
    type: 'int',
    default: 1000,
    min: 1,
    max: 65_535,
    doc: 'Messages of QoS 1 and 2 that may be unacknowledged at a time (MQTT 5 receive maximum; with 3.1.1 the broker decides).',
    advanced: true,
  },
  {
    name: 'maxPacketSize',
    as: 'maxPayloadBytes',
    type: 'int',
    default: DEFAULT_PAYLOAD_BYTES,
    min: 1024,
    max: LARGEST_PACKET_BYTES,
    doc: 'Largest payload accepted, bytes. A larger one is skipped, counted, shown in health and confirmed; 268435455 = no limit but that of MQTT.',
    advanced: true,
  },
  { name: 'certificationPath', type: 'string', default: '', doc: 'Client certificate file.' },
  { name: 'privateKeyPath', type: 'string', default: '', doc: 'Private key file of the client certificate.' },
  { name: 'rootCaPath', type: 'string', default: '', doc: 'File of the CA that signed the broker certificate.' },
  { name: 'certificationRaw', aliases: ['certficationRaw'], type: 'string', default: '', doc: 'Client certificate as base64 of its PEM.' },
  { name: 'privateKeyRaw', type: 'string', default: '', secret: true, doc: 'Private key as base64 of its PEM.' },
  { name: 'rootCARaw', type: 'string', default: '', doc: 'CA as base64 of its PEM.' },
  { name: 'insecureSkipVerify', type: 'bool', default: false, doc: 'Accept any broker certificate. Only for tests.' },
  {
    name: 'tlsMinVersion',
    type: 'string',
    default: 'tls1.2',
    oneOf: ['tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'],
    doc: 'tls1.0, tls1.1, tls1.2 or tls1.3.',
  },
  {
    name: 'tlsServerName',
    type: 'string',
    default: '',
    doc: 'Name that the broker certificate must bear, when it is not the host of the address.',
    advanced: true,
  },
  {
    name: 'preset',
    type: 'string',
    default: '',
    oneOf: ['', ...PRESETS],
    doc: 'Broker of a cloud: fills in scheme, port, MQTT version and ALPN that are not given, and says what else it needs. aws-iot, azure-event-grid, hivemq-cloud or emqx-cloud.',
  },
  {
    name: 'alpn',
    aliases: ['ALPNProtocols'],
    type: 'string[]',
    default: [],
    doc: 'Protocols offered in the TLS handshake (ALPN), such as x-amzn-mqtt-ca for AWS IoT on port 443.',
    advanced: true,
  },
  {
    name: 'headers',
    type: 'map',
    default: {},
    doc: 'HTTP headers of the request that opens the WebSocket (ws://, wss://).',
    advanced: true,
  },
  {
    name: 'will',
    type: 'object',
    doc: 'Message that the broker publishes when the connection is lost without a goodbye: topic, payload, qos, retained; with MQTT 5 also delay, messageExpiry, contentType.',
    advanced: true,
  },
];

/** Members of `will`. */
const willOptions: readonly OptionSpec[] = [
  { name: 'topic', type: 'string', required: true, doc: 'Topic of the will.' },
  { name: 'payload', type: 'string', default: '', doc: 'Text of the will.' },
  { name: 'qos', type: 'int', default: 0, oneOf: [0, 1, 2], doc: 'Quality of service.' },
  { name: 'retained', type: 'bool', default: false, doc: 'The broker keeps it.' },
  { name: 'delay', as: 'delayMs', type: 'duration', default: 0, min: 0, doc: 'MQTT 5: how long the broker waits for our return.' },
  { name: 'messageExpiry', as: 'messageExpiryMs', type: 'duration', default: 0, min: 0, doc: 'MQTT 5: how long it is of use.' },
  { name: 'contentType', type: 'string', default: '', doc: 'MQTT 5: MIME type of the payload.' },
];

export interface WillProps {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1 | 2;
  retained: boolean;
  delayMs: number;
  messageExpiryMs: number;
  contentType: string;
}

/** Fills in the preset and reads the members of `will`. @throws Error naming what is wrong or missing */
export function readConnection<P extends ConnectionProps>(given: P): P {
  const props = withPreset(given);
  if (props.will === undefined) return props;
  const raw = props.will as unknown as Record<string, unknown>;
  const known = new Set(willOptions.map((o) => o.name.toLowerCase()));
  const unknown = Object.keys(raw).find((k) => !known.has(k.toLowerCase()));
  if (unknown !== undefined) throw new Error(`will has no member "${unknown}"; use ${willOptions.map((o) => o.name).join(', ')}`);
  const will = parseOptions<WillProps>('mqtt will', willOptions, raw);
  if (/[#+\0]/.test(will.topic)) throw new Error("the topic of will shouldn't contain # or +");
  return { ...props, will };
}

export interface ConnectionProps {
  server: string;
  protocolVersion: string;
  clientid: string;
  username: string;
  password: string;
  enableClientSession: boolean | undefined;
  sessionExpiryS: number;
  keepAliveMs: number;
  connectTimeoutMs: number;
  maxInFlight: number;
  maxPayloadBytes: number;
  certificationPath: string;
  privateKeyPath: string;
  rootCaPath: string;
  certificationRaw: string;
  privateKeyRaw: string;
  rootCARaw: string;
  insecureSkipVerify: boolean;
  tlsMinVersion: string;
  tlsServerName: string;
  preset: string;
  alpn: readonly string[];
  headers: Readonly<Record<string, string>>;
  will: WillProps | undefined;
}

const qosOption = (fallback: number): OptionSpec => ({
  name: 'qos',
  type: 'int',
  default: fallback,
  oneOf: [0, 1, 2],
  doc: 'Quality of service: 0, 1 or 2.',
  error: 'invalid qos value {value}, the value could be only int 0 or 1 or 2',
});

export const sourceOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  qosOption(1),
  { name: 'eofMessage', type: 'string', default: '', doc: 'Base64 of a payload that ends the source.' },
  {
    name: 'ignoreRetained',
    type: 'bool',
    default: false,
    doc: 'Leave out the messages that the broker kept from before the subscription.',
  },
];

export interface SourceProps extends ConnectionProps {
  qos: 0 | 1 | 2;
  eofMessage: string;
  ignoreRetained: boolean;
}

export const sinkOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  {
    name: 'topic',
    type: 'string',
    required: true,
    dynamic: 'mqtt-topic',
    doc: 'Topic to publish to; may hold a template.',
    error: 'mqtt sink is missing property topic',
  },
  qosOption(0),
  { name: 'retained', type: 'bool', default: false, dynamic: 'flag', doc: 'Publish as retained messages.' },
  { name: 'properties', type: 'map', default: {}, dynamic: 'user-properties', doc: 'MQTT 5 user properties; values may hold templates.' },
  {
    name: 'contentType',
    type: 'string',
    default: '',
    doc: 'MQTT 5: MIME type of the payload, for its readers.',
    example: 'application/json',
  },
  {
    name: 'messageExpiry',
    as: 'messageExpiryMs',
    type: 'duration',
    default: 0,
    min: 0,
    max: 4_294_967_295_000,
    doc: 'MQTT 5: how long a message is of use, counted from when the rule gave it. The broker discards it afterwards; 0 = never.',
  },
  {
    name: 'homeAssistant',
    type: 'object',
    fields: homeAssistantOptions,
    doc: 'Announces the columns to Home Assistant, which makes a device with an entity for each; {} is enough. Needs sendSingle: true.',
    example: { device: 'Boiler', entities: { flow: { unit: 'L/min', deviceClass: 'volume_flow_rate' } } },
  },
];

export interface SinkProps extends ConnectionProps {
  topic: string;
  qos: 0 | 1 | 2;
  retained: boolean;
  properties: Record<string, string>;
  contentType: string;
  messageExpiryMs: number;
  homeAssistant: Record<string, unknown> | undefined;
}
