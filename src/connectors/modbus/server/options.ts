// Properties of the Modbus server: where it listens, which unit it is, and the profile that says which register holds what. For sink and source.
import { type OptionSpec, type Props, parseOptions } from '../../../contract/props.ts';
import { type ListenAddress, parseAllow, parseListen } from './listener.ts';

const common: readonly OptionSpec[] = [
  {
    name: 'listen',
    type: 'string',
    default: '127.0.0.1:1502',
    doc: 'Where masters connect: PORT (this machine only) or ADDRESS:PORT. Modbus has no passwords: whoever reaches the address can read, and write what is writable.',
    example: '0.0.0.0:1502',
  },
  {
    name: 'allow',
    type: 'string[]',
    default: [],
    doc: 'Addresses and networks that may connect. Empty: all that reach the address.',
    example: ['192.168.1.20', '10.0.0.0/24'],
  },
  { name: 'maxClients', type: 'int', default: 8, min: 1, max: 100, doc: 'Connections at the same time.' },
  { name: 'unit', type: 'int', default: 1, min: 0, max: 255, doc: 'Unit id that is served.' },
  { name: 'parameters', type: 'map', default: {}, doc: 'Values for the parameters of the profile.', example: { base: 100 } },
];

export const serverSinkOptions: readonly OptionSpec[] = [
  ...common,
  { name: 'profile', type: 'string', required: true, doc: 'Register map: etc/sources/modbus/<profile>.yaml.' },
  {
    name: 'maxAge',
    as: 'maxAgeMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'A value older than this counts as missing. 0: no limit.',
  },
  {
    name: 'missing',
    type: 'string',
    default: 'refuse',
    oneOf: ['refuse', 'zero'],
    doc: 'Reading a point without a value (and without notAvailable in its profile; floats are NaN): exception 4, or 0.',
  },
  { name: 'ignoreUnknown', type: 'bool', default: true, doc: 'Ignore columns that are not points; false makes them an error.' },
];

export const serverSourceOptions: readonly OptionSpec[] = [
  ...common,
  { name: 'profile', type: 'string', default: '', doc: 'Register map: etc/sources/modbus/<profile>.yaml. Default: the DATASOURCE.' },
  {
    name: 'confirmTimeout',
    as: 'confirmMs',
    type: 'duration',
    default: 1000,
    min: 0,
    doc: 'Longest wait for the rules before a write is answered with exception 5 (accepted, not yet done) instead of its echo. 0: answered at once.',
  },
];

export interface ServerProps {
  listen: ListenAddress;
  allow: string[];
  maxClients: number;
  unit: number;
  profile: string;
  parameters: Readonly<Record<string, unknown>>;
}

export interface ServerSinkProps extends ServerProps {
  maxAgeMs: number;
  missing: 'refuse' | 'zero';
  ignoreUnknown: boolean;
}

export interface ServerSourceProps extends ServerProps {
  confirmMs: number;
}

/** @throws Error naming the property */
export function parseServer<T extends ServerProps>(component: string, specs: readonly OptionSpec[], raw: Props, datasource = ''): T {
  const p = parseOptions<Omit<T, 'listen'> & { listen: string }>(component, specs, raw);
  const profile = p.profile || datasource;
  if (!/^[A-Za-z0-9_-]+$/.test(profile))
    throw new Error(profile ? `profile "${profile}" is not a plain name` : 'property profile is required (or DATASOURCE names it)');
  parseAllow(p.allow, 'allow');
  return Object.assign(p, { profile, listen: parseListen(p.listen, 'listen') }) as unknown as T;
}
