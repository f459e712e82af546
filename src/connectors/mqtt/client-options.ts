// The options of package `mqtt` for one attempt to connect. Called by connection.ts.
import type { IClientOptions } from 'mqtt';
import type { Version } from './link.ts';
import type { ConnectionProps } from './options.ts';
import type { Address } from './streams.ts';

const quiet = () => undefined;

export function clientOptions(o: {
  props: ConnectionProps;
  address: Address;
  version: Version;
  clientId: string;
  persistent: boolean;
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
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    // no maximumPacketSize: the broker would drop what is larger without a word, see framer.ts
    ...(version === 5
      ? { properties: { receiveMaximum: props.maxInFlight, ...(persistent ? { sessionExpiryInterval: props.sessionExpiryS } : {}) } }
      : {}),
  };
}
