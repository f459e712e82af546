// Properties of the websocket source and sink. Without `addr` the gateway is the server, on the data server's port; with it, the client.
import { type OptionSpec, type Props, parseOptions } from '../../contract/props.ts';
import { type TlsProps, tlsOptions } from '../http-shared/client.ts';

export const websocketOptions: readonly OptionSpec[] = [
  { name: 'addr', type: 'string', default: '', doc: 'host:port of the server. Empty: clients connect to the data server of the gateway.' },
  { name: 'path', type: 'string', default: '', doc: 'Path; begins with /. Of a source: DATASOURCE when empty.' },
  { name: 'scheme', type: 'string', default: 'ws', oneOf: ['ws', 'wss'], doc: 'ws or wss; as client.' },
  { name: 'requestHeader', type: 'object', doc: 'Headers of the handshake as client: name to text or list of texts.' },
  {
    name: 'checkConnection',
    type: 'bool',
    default: false,
    doc: 'Accepted for eKuiper compatibility.',
    noEffect: 'connections are always watched',
    advanced: true,
  },
  ...tlsOptions,
];

export interface WebsocketProps extends TlsProps {
  addr: string;
  path: string;
  scheme: 'ws' | 'wss';
  requestHeader: Record<string, string | string[]> | undefined;
}

/** @param component for messages  @throws when the path is not a path */
export function parseWebsocketProps(component: string, raw: Props, datasource = ''): WebsocketProps {
  const props = parseOptions<WebsocketProps>(component, websocketOptions, raw);
  const path = props.path || datasource;
  if (!path.startsWith('/')) throw new Error('websocket endpoint should start with /');
  if (props.addr === '' && /[?#*]/.test(path)) throw new Error(`the path "${path}" must not hold ?, # or *`);
  return { ...props, path };
}
