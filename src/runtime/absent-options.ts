// Properties that eKuiper knows on most connectors and this version does not have: refused with the reason when they ask for something.
import type { OptionSpec } from '../contract/props.ts';

export const tlsProfile: readonly OptionSpec[] = [
  {
    name: 'tls',
    type: 'any',
    doc: 'Profile of certificates in kuiper.yaml.',
    absent: 'there are no TLS profiles; give certificationPath, privateKeyPath and rootCaPath in the properties',
    advanced: true,
  },
  {
    name: 'renegotiationSupport',
    type: 'string',
    doc: 'TLS renegotiation.',
    absent: 'TLS renegotiation is not supported, for safety (TLS 1.3 has none); leave it out or write "never"',
    advanced: true,
  },
];
