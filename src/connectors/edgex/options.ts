// Properties of the edgex connector: eKuiper's, put into those of the connector mqtt, over which the messages go.
import { type OptionSpec, type Props, parseOptions } from '../../contract/props.ts';

/** Members of `optional`, as EdgeX names them; all may be texts. */
const optionalOptions: readonly OptionSpec[] = [
  { name: 'ClientId', type: 'string', default: '', doc: 'Client id.' },
  { name: 'Username', type: 'string', default: '', doc: 'User name.' },
  { name: 'Password', type: 'string', default: '', secret: true, doc: 'Password.' },
  { name: 'Qos', type: 'int', default: 1, min: 0, max: 2, doc: 'Quality of service: 0, 1 or 2. eKuiper takes 0 when nothing is said.' },
  { name: 'KeepAlive', type: 'int', default: 30, min: 1, max: 65_535, doc: 'Seconds between signs of life.' },
  { name: 'Retained', type: 'bool', default: false, doc: 'Publish as retained messages.' },
  { name: 'ConnectionPayload', type: 'string', default: '', doc: 'Taken for eKuiper.', noEffect: 'EdgeX does not use it with MQTT' },
  { name: 'CertFile', type: 'string', default: '', doc: 'Client certificate file.' },
  { name: 'KeyFile', type: 'string', default: '', doc: 'Private key file.' },
  { name: 'CaFile', type: 'string', default: '', doc: 'CA file.' },
  { name: 'CertPEMBlock', type: 'string', default: '', doc: 'Client certificate as PEM.' },
  { name: 'KeyPEMBlock', type: 'string', default: '', secret: true, doc: 'Private key as PEM.' },
  { name: 'CaPEMBlock', type: 'string', default: '', doc: 'CA as PEM.' },
  { name: 'SkipCertVerify', type: 'bool', default: false, doc: 'Accept any certificate.' },
];

export const connectionOptions: readonly OptionSpec[] = [
  {
    name: 'type',
    type: 'string',
    default: 'mqtt',
    oneOf: ['mqtt'],
    doc: "Kind of message bus. Only mqtt: EdgeX 4 has neither zero nor redis, and eKuiper's builds have no NATS (use the connector nats).",
    error: 'specified wrong type value {value}',
  },
  {
    name: 'protocol',
    type: 'string',
    default: 'tcp',
    oneOf: ['tcp', 'mqtt', 'ssl', 'tls', 'mqtts', 'tcps', 'ws', 'wss'],
    doc: 'How the broker is reached; ssl, tls, mqtts, tcps and wss with TLS.',
  },
  { name: 'server', type: 'string', default: '', doc: 'Host of the broker.' },
  { name: 'host', type: 'string', default: '', doc: 'Host of the broker; wins over server. Neither: localhost.' },
  {
    name: 'port',
    type: 'int',
    default: 1883,
    min: 1,
    max: 65_535,
    doc: 'Port of the broker.',
    error: 'specified wrong port value, expect positive integer but got {value}',
  },
  { name: 'optional', type: 'object', fields: optionalOptions, doc: 'Settings of the connection to the broker.', example: { Qos: '1' } },
];

const messageType: OptionSpec = {
  name: 'messageType',
  type: 'string',
  default: 'event',
  oneOf: ['event', 'request'],
  doc: 'event, as app services send; request, as device services and core-data do.',
  error: 'specified wrong messageType value {value}',
};

export const sourceOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  { name: 'topic', type: 'string', default: 'edgex/rules-events', doc: 'Topic of the bus, with + and #. DATASOURCE has no meaning here.' },
  messageType,
];

export const sinkOptions: readonly OptionSpec[] = [
  ...connectionOptions,
  { name: 'topic', type: 'string', default: '', doc: 'Topic for all messages. Neither topic nor topicPrefix: application.' },
  { name: 'topicPrefix', type: 'string', default: '', doc: 'The topic is topicPrefix/profileName/deviceName/sourceName of each event.' },
  messageType,
  {
    name: 'contentType',
    type: 'string',
    default: 'application/json',
    oneOf: ['application/json', 'application/cbor'],
    doc: 'What the message says of its content; cbor only with messageType request.',
  },
  {
    name: 'metadata',
    type: 'string',
    default: '',
    doc: 'Column that holds meta(*) of an edgex source: ids, origins, names and types are taken from it.',
  },
  { name: 'profileName', type: 'string', default: 'ekuiperProfile', doc: 'Profile of the event where the metadata names none.' },
  { name: 'deviceName', type: 'string', default: 'ekuiper', doc: 'Device of the event where the metadata names none.' },
  { name: 'sourceName', type: 'string', default: '', doc: 'Source of the event where the metadata names none. Empty: the id of the rule.' },
];

interface ConnectionProps {
  type: string;
  protocol: string;
  server: string;
  host: string;
  port: number;
  optional: Props | undefined;
}
export interface SourceProps extends ConnectionProps {
  topic: string;
  messageType: 'event' | 'request';
}
export interface SinkProps extends SourceProps {
  topicPrefix: string;
  contentType: string;
  metadata: string;
  profileName: string;
  deviceName: string;
  sourceName: string;
}

interface Optional {
  ClientId: string;
  Username: string;
  Password: string;
  Qos: number;
  KeepAlive: number;
  Retained: boolean;
  CertFile: string;
  KeyFile: string;
  CaFile: string;
  CertPEMBlock: string;
  KeyPEMBlock: string;
  CaPEMBlock: string;
  SkipCertVerify: boolean;
}

const base64 = (pem: string): string => (pem === '' ? '' : Buffer.from(pem).toString('base64'));

/** @param part e.g. `edgex source`  @returns properties of the connector mqtt, qos and retained among them  @throws Error naming what is wrong */
export function mqttProps(part: string, p: ConnectionProps): { connection: Props; qos: number; retained: boolean } {
  const o = parseOptions<Optional>(`${part} optional`, optionalOptions, p.optional ?? {});
  const host = p.host || p.server || 'localhost';
  return {
    connection: {
      server: `${p.protocol === 'tcps' ? 'ssl' : p.protocol}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${p.port}`,
      clientid: o.ClientId,
      username: o.Username,
      password: o.Password,
      keepAlive: `${o.KeepAlive}s`,
      certificationPath: o.CertFile,
      privateKeyPath: o.KeyFile,
      rootCaPath: o.CaFile,
      certificationRaw: base64(o.CertPEMBlock),
      privateKeyRaw: base64(o.KeyPEMBlock),
      rootCARaw: base64(o.CaPEMBlock),
      insecureSkipVerify: o.SkipCertVerify,
    },
    qos: o.Qos,
    retained: o.Retained,
  };
}
