// Brokers of clouds by name: scheme, port and version that they want, and what each of them cannot do without. From what is known of them; not tried at the services.
// Called by options.ts for sources, sinks and named connections.
import type { ConnectionProps } from './options.ts';

export const PRESETS = ['aws-iot', 'azure-event-grid', 'hivemq-cloud', 'emqx-cloud'] as const;

const PORT = 8883;
/** AWS IoT tells MQTT from HTTPS on port 443 by this protocol. */
const AWS_ALPN = 'x-amzn-mqtt-ca';

/** @throws Error naming what the broker needs and the properties lack */
export function withPreset<P extends ConnectionProps>(props: P): P {
  const { preset } = props;
  if (preset === '') return props;
  const parts = props.server.split(',').map((s) => s.trim());
  for (const part of parts)
    if (/^(tcp|mqtt|ws):\/\//i.test(part)) throw new Error(`preset ${preset} takes connections with TLS only: use ssl:// or wss://`);
  const server = parts
    .map((part) => (/^[a-z]+:\/\//i.test(part) ? part : `ssl://${part}${/:\d+$/.test(part) ? '' : `:${PORT}`}`))
    .join(',');
  const webSocket = /wss:\/\//i.test(server);
  const certificate = (props.certificationPath || props.certificationRaw) !== '';
  const login = /\/\/[^/]*:[^/]*@/.test(server) || (props.username !== '' && props.password !== '');
  if (preset === 'azure-event-grid' && props.username === '')
    throw new Error(`preset ${preset} needs username: the authentication name of the client`);
  if ((preset === 'aws-iot' || preset === 'azure-event-grid') && !webSocket && !certificate && props.username === '')
    throw new Error(`preset ${preset} needs a client certificate: certificationPath and privateKeyPath`);
  if ((preset === 'hivemq-cloud' || preset === 'emqx-cloud') && !login) throw new Error(`preset ${preset} needs username and password`);
  // a user name at AWS IoT means an authorizer of the user's own, which has a protocol of its own
  const aws443 = preset === 'aws-iot' && props.alpn.length === 0 && certificate && /^ssl:\/\/[^,]*:443$/i.test(server);
  return { ...props, server, protocolVersion: props.protocolVersion || '5', alpn: aws443 ? [AWS_ALPN] : props.alpn };
}
