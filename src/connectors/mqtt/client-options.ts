// The options of package `mqtt` for one attempt to connect. Called by connection.ts.
import type { IClientOptions } from 'mqtt';
import type { BrokerLimits } from './broker-limits.ts';
import type { Version } from './link.ts';
import type { ConnectionProps, WillProps } from './options.ts';
import type { Address } from './streams.ts';

const quiet = () => undefined;

export function clientOptions(o: {
  props: ConnectionProps;
  address: Address;
  version: Version;
  clientId: string;
  persistent: boolean;
  limits: BrokerLimits;
}): IClientOptions {
  const { props, address, version, persistent } = o;
  const username = address.username ?? props.username;
  const password = address.username === undefined ? props.password : (address.password ?? props.password);
  return {
    protocolVersion: version,
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    clientId: o.clientId,
    clean: !persistent,
    keepalive: Math.max(1, Math.round(props.keepAliveMs / 1000)),
    connectTimeout: props.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    log: quiet, // the package's own debug output asks for its settings at every message
    ...(props.will ? { will: willOf(props.will, version, o.limits) } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    // no maximumPacketSize: the broker would drop what is larger without a word, see framer.ts
    ...(version === 5
      ? { properties: { receiveMaximum: props.maxInFlight, ...(persistent ? { sessionExpiryInterval: props.sessionExpiryS } : {}) } }
      : {}),
  };
}

/** What the broker publishes when the connection is lost without a goodbye; as the broker takes it. */
function willOf(will: WillProps, version: Version, limits: BrokerLimits): NonNullable<IClientOptions['will']> {
  const properties = {
    ...(will.delayMs > 0 ? { willDelayInterval: Math.round(will.delayMs / 1000) } : {}),
    ...(will.messageExpiryMs > 0 ? { messageExpiryInterval: Math.ceil(will.messageExpiryMs / 1000) } : {}),
    ...(will.contentType ? { contentType: will.contentType } : {}),
  };
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: Math.min(will.qos, limits.maxQos) as 0 | 1 | 2,
    retain: will.retained && limits.retain,
    ...(version === 5 && Object.keys(properties).length > 0 ? { properties } : {}),
  };
}
