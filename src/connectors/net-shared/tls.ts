// TLS of clients of databases and brokers: the properties of 0.2 in docs/spec/connectors.md, and what Node's tls takes. Called by the
// connectors when they connect.
import { readFileSync } from 'node:fs';
import type { SecureVersion } from 'node:tls';
import type { OptionSpec } from '../../contract/props.ts';
import { type TlsProps as CommonTls, tlsOptions as common } from '../http-shared/client.ts';

export const socketTlsOptions: readonly OptionSpec[] = [
  ...common,
  {
    name: 'tlsMinVersion',
    type: 'string',
    default: 'tls1.2',
    oneOf: ['tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'],
    doc: 'tls1.0, tls1.1, tls1.2 or tls1.3.',
  },
];

export interface SocketTlsProps extends CommonTls {
  tlsMinVersion: string;
}

export interface TlsMaterial {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  rejectUnauthorized: boolean;
  minVersion: SecureVersion;
}

const versions: Record<string, SecureVersion> = { 'tls1.0': 'TLSv1', 'tls1.1': 'TLSv1.1', 'tls1.2': 'TLSv1.2', 'tls1.3': 'TLSv1.3' };

/** True when a property asks for TLS though the address does not say it. */
export const wantsTls = (p: SocketTlsProps): boolean =>
  p.rootCaPath !== '' || p.rootCARaw !== '' || p.certificationPath !== '' || p.certificationRaw !== '' || p.insecureSkipVerify;

/** @throws Error naming the file that cannot be read, or the half that is missing */
export function tlsMaterial(p: SocketTlsProps): TlsMaterial {
  const load = (what: string, path: string, raw: string): Buffer | undefined => {
    if (!path) return raw ? Buffer.from(raw, 'base64') : undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      throw new Error(`${what} "${path}" cannot be read: ${(error as Error).message}`);
    }
  };
  const ca = load('rootCaPath', p.rootCaPath, p.rootCARaw);
  const cert = load('certificationPath', p.certificationPath, p.certificationRaw);
  const key = load('privateKeyPath', p.privateKeyPath, p.privateKeyRaw);
  if (cert && !key) throw new Error('certificationPath needs its privateKeyPath');
  if (key && !cert) throw new Error('privateKeyPath needs its certificationPath');
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    rejectUnauthorized: !p.insecureSkipVerify,
    minVersion: versions[p.tlsMinVersion.toLowerCase()] ?? 'TLSv1.2',
  };
}
