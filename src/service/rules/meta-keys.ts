// What meta() may ask of messages of each type of source, where the list is closed. Pages of the connectors explain them (docs/connectors).
const MQTT = ['topic', 'qos', 'messageId', 'retained', 'arrivalTime', 'contentType', 'properties', 'traceId'];

const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  mqtt: MQTT,
  memory: ['topic'],
  file: ['file'],
  kafka: ['topic', 'partition', 'offset', 'timestamp', 'key', 'headers', 'traceId'],
  amqp: ['queue', 'exchange', 'routingKey', 'headers', 'redelivered', 'messageId', 'contentType', 'timestamp', 'traceId'],
  nats: ['subject', 'headers', 'stream', 'sequence', 'redelivered', 'traceId'],
  redissub: ['channel'],
  zmq: ['topic'],
};

/** @returns undefined where messages may carry anything */
export const metaKeysOf = (type: string): readonly string[] | undefined => BY_TYPE[type.toLowerCase()];
