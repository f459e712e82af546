// Certificates of this gateway, for people: what is in the folder etc and what settings name, until when each is valid, and what is wrong with it. Only what
// everybody may know; a private key is compared and never shown. Called by rest/routes/owner.ts, loaded on use.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { messageOf } from '../base/errors/gateway-error.ts';

export interface CertificateInfo {
  /** Below the folder etc; whole for one that is elsewhere. */
  readonly file: string;
  readonly subject: string;
  readonly issuer: string;
  /** Host names and addresses. */
  readonly names: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** SHA-256. */
  readonly fingerprint: string;
  readonly isAuthority: boolean;
  /** Settings that name it. */
  readonly usedBy: readonly string[];
  /** A sentence each. */
  readonly problems: readonly string[];
}

/** `keyfile` beside `certfile` belongs to it. */
export interface NamedFile {
  readonly setting: string;
  readonly file: string;
  readonly keyFile?: string | undefined;
}

const PEM = /\.(pem|crt|cer|cert)$/i;
const ONE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MAX_FILES = 500;
const MAX_BYTES = 1_000_000;
const MAX_DEPTH = 4;
const DAY_MS = 86_400_000;
/** Time to get a new one. */
const SOON_MS = 30 * DAY_MS;

/** @param named what settings name, as they write it */
export function listCertificates(etc: string, named: readonly NamedFile[], nowMs: number): CertificateInfo[] {
  const whole = (file: string) => (isAbsolute(file) ? file : join(etc, file));
  const uses = Map.groupBy(named, ({ file }) => whole(file));
  const found = pemFiles(etc).filter((file) => !uses.has(file));
  return [...uses.keys(), ...found].flatMap((file) => {
    const users = uses.get(file) ?? [];
    const inside = relative(etc, file);
    const shown = inside.startsWith('..') ? file : inside;
    const usedBy = users.map((u) => u.setting);
    const broken = (problem: string): CertificateInfo[] => [{ ...NOTHING, file: shown, usedBy, problems: [problem] }];
    let text: string;
    try {
      if (statSync(file).size > MAX_BYTES) return broken('It is larger than 1 MB: no certificate.');
      text = readFileSync(file, 'utf8');
    } catch (error) {
      return broken(`It cannot be read: ${messageOf(error)}`);
    }
    const parts = text.match(ONE);
    // a key with the ending of a certificate
    if (!parts) return users.length > 0 ? broken('There is no certificate in it; expected -----BEGIN CERTIFICATE-----.') : [];
    try {
      return parts.map((part, i) => infoOf(new X509Certificate(part), { file: shown, usedBy, users: i === 0 ? users : [] }, whole, nowMs));
    } catch (error) {
      return broken(`It is damaged: ${messageOf(error)}`);
    }
  });
}

const NOTHING = { subject: '', issuer: '', names: [], fromMs: 0, untilMs: 0, fingerprint: '', isAuthority: false };

function infoOf(
  certificate: X509Certificate,
  { file, usedBy, users }: { file: string; usedBy: string[]; users: readonly NamedFile[] },
  whole: (file: string) => string,
  nowMs: number,
): CertificateInfo {
  const fromMs = Date.parse(certificate.validFrom);
  const untilMs = Date.parse(certificate.validTo);
  const problems: string[] = [];
  if (nowMs < fromMs) problems.push(`It is not valid before ${day(fromMs)}. Is the clock right?`);
  if (nowMs > untilMs) problems.push(`It ended on ${day(untilMs)}.`);
  else if (untilMs - nowMs < SOON_MS) problems.push(`It ends on ${day(untilMs)}, in ${Math.floor((untilMs - nowMs) / DAY_MS)} days.`);
  for (const { keyFile, setting } of users) {
    if (keyFile === undefined) continue;
    const problem = keyProblem(certificate, whole(keyFile));
    if (problem !== '') problems.push(`${setting}: ${problem}`);
  }
  return {
    file,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: (certificate.subjectAltName ?? '').split(', ').filter((n) => n !== ''),
    fromMs,
    untilMs,
    fingerprint: certificate.fingerprint256,
    isAuthority: certificate.ca,
    usedBy,
    problems,
  };
}

function keyProblem(certificate: X509Certificate, file: string): string {
  try {
    return certificate.checkPrivateKey(createPrivateKey(readFileSync(file))) ? '' : 'the key is not the one of the certificate.';
  } catch (error) {
    return `the key cannot be read: ${messageOf(error)}`;
  }
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const oneLine = (name: string | undefined): string => (name ?? '').split('\n').join(', ');

function pemFiles(folder: string, depth = 0): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // no such folder: nothing to show
  }
  return entries
    .flatMap((e) => {
      const path = join(folder, e.name);
      if (e.isDirectory()) return depth < MAX_DEPTH ? pemFiles(path, depth + 1) : [];
      return PEM.test(e.name) ? [path] : [];
    })
    .slice(0, MAX_FILES);
}
