// Certificates for tests of TLS, made with openssl: a CA, a second CA, and broker certificates that are right, expired, or for another host.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface TlsFiles {
  ca: string;
  otherCa: string;
  /** Files of a certificate of the CA: `good` for localhost and 127.0.0.1, `expired`, `wrongHost`, `client`. */
  cert(name: 'good' | 'expired' | 'wrongHost' | 'client'): string;
  key(name: 'good' | 'expired' | 'wrongHost' | 'client'): string;
}

export function makeTlsFiles(folder: string): TlsFiles {
  const at = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  for (const ca of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '30',
      '-subj',
      `/CN=test ${ca}`,
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.crt`,
    );
  const sign = (name: string, hosts: string, dates: string[]) => {
    writeFileSync(at(`${name}.ext`), `subjectAltName=${hosts}\n`);
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
      ...dates,
    );
  };
  const local = 'DNS:localhost,IP:127.0.0.1';
  sign('good', local, ['-days', '30']);
  sign('expired', local, ['-days', '-1']);
  sign('wrongHost', 'DNS:broker.example.com', ['-days', '30']);
  sign('client', 'DNS:client', ['-days', '30']);
  return { ca: at('ca.crt'), otherCa: at('other.crt'), cert: (n) => at(`${n}.crt`), key: (n) => at(`${n}.key`) };
}
