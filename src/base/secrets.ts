// What must not be shown: one list of names, one set of patterns of texts, used by answers of REST, exports, logs and error texts.
// A secret is shown as ******; when such a text comes back (read, edit, write), `restoreSecrets` puts the stored one in its place.

import { isRawNumber } from './raw-json.ts';

export const MASK = '******';

/** `${secret:name}` stands for a secret that is kept elsewhere: no secret itself. */
export const SECRET_REFERENCE = /\$\{secret:([\w.-]+)\}/g;
const ONLY_REFERENCE = /^(?:(?:bearer|basic|token|apikey)\s+)?\$\{secret:[\w.-]+\}$/i;

const SECRET_NAME =
  /pass(word|wd|phrase)?$|secret|token|private_?key|aes_?key|api[-_]?key|access[-_]?key|credential|authorization|signature|^auth$|^(set-)?cookie$|^x-[a-z-]*(auth|key)/i;
/** `privateKeyPath` tells where a secret is, not what. */
const PLACE_NAME = /(path|file|url|name|id)$/i;

/** True for names of properties, headers and query parameters whose values are secrets. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PLACE_NAME.test(name);
}

/** `scheme://user:password@host`, also in the middle of a text; a password may hold an @, the host begins after the last one. */
const URL_LOGIN = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@"'`<>]*):([^\s/"'`<>]+)@/gi;
/** `user:password@tcp(host)` of Go's database drivers. */
const DSN_LOGIN = /^([^\s/:@"']*):(.+)@(tcp|unix|udp)\(/;
const QUERY = /(^|[?&;])([\w.~%-]+)=([^&\s"'`<>#;]*[^&\s"'`<>#;:,.)])/g;
/** A member of JSON within a text: a request's body, a template. */
const JSON_MEMBER = /("([\w.~-]+)"\s*:\s*)"((?:[^"\\]|\\.)*)"/g;
/** The whole value of a header. */
const SCHEME = /^(bearer|basic|token|apikey)\s+\S{6,}$/i;

/** The text without passwords of addresses, secret query parameters and `Bearer …`. */
export function maskText(text: string): string {
  if (text.length < 6 || ONLY_REFERENCE.test(text)) return text;
  let shown = text;
  if (shown.includes('@')) shown = shown.replace(URL_LOGIN, `$1:${MASK}@`).replace(DSN_LOGIN, `$1:${MASK}@$3(`);
  if (shown.includes('='))
    shown = shown.replace(QUERY, (whole, mark: string, name: string) => (isSecretName(name) ? `${mark}${name}=${MASK}` : whole));
  if (shown.includes('":') || shown.includes('" :'))
    shown = shown.replace(JSON_MEMBER, (whole, head: string, name: string, value: string) =>
      value !== '' && isSecretName(name) && !value.includes('{{') ? `${head}"${MASK}"` : whole,
    );
  return SCHEME.test(shown) ? `${shown.split(/\s/, 1)[0]} ${MASK}` : shown;
}

/** A deep copy without secrets. @param alsoSecret further names, in lower case */
export function maskValue(value: unknown, key = '', alsoSecret?: ReadonlySet<string>): unknown {
  const secret = key !== '' && (isSecretName(key) || alsoSecret?.has(key.toLowerCase()));
  if (typeof value === 'string') return value === '' || ONLY_REFERENCE.test(value) ? value : secret ? MASK : maskText(value);
  if (typeof value === 'number' || typeof value === 'bigint' || isRawNumber(value)) return secret ? MASK : value;
  if (Array.isArray(value)) return value.map((e) => maskValue(e, key, alsoSecret));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, e]) => [k, maskValue(e, k, alsoSecret)]));
  return value;
}

/** A deep copy of `given` in which masks are the secrets of `old` again. Elements of lists are found by what else they hold, so that they
 *  may be moved. What has no counterpart stays masked. */
export function restoreSecrets(given: unknown, old: unknown, key = ''): unknown {
  if (typeof given === 'string') return given.includes(MASK) ? restoreText(given, old, key) : given;
  if (isRawNumber(given)) return given;
  if (Array.isArray(given)) {
    const olds = Array.isArray(old) ? old : [];
    const masked = olds.map((o) => JSON.stringify(maskValue(o, key), numberText));
    return given.map((g, i) => restoreSecrets(g, olds[counterpart(g, i, olds, masked)], key));
  }
  if (typeof given === 'object' && given !== null) {
    const olds = typeof old === 'object' && old !== null ? (old as Record<string, unknown>) : {};
    return Object.fromEntries(
      Object.entries(given).map(([k, v]) => [k, restoreSecrets(v, Object.hasOwn(olds, k) ? olds[k] : undefined, k)]),
    );
  }
  return given;
}

/** Where masks stand, as `actions/0/mqtt/password`: secrets that somebody has to set again. */
export function placesOfMasks(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return value.includes(MASK) ? [path] : [];
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return [];
  return Object.entries(value).flatMap(([k, v]) => placesOfMasks(v, path === '' ? k : `${path}/${k}`));
}

function restoreText(given: string, old: unknown, key: string): unknown {
  if (given === MASK) return old === undefined ? given : old;
  if (typeof old !== 'string') return given;
  if (maskValue(old, key) === given) return old;
  // the address was edited around its password
  const login = [...old.matchAll(URL_LOGIN)][0] ?? DSN_LOGIN.exec(old);
  let text = given;
  if (login) text = text.replace(`:${MASK}@`, () => `:${login[2]}@`);
  for (const [, , name, value] of old.matchAll(QUERY))
    if (isSecretName(name!)) text = text.replace(`${name}=${MASK}`, () => `${name}=${value}`);
  for (const [, head, name, value] of old.matchAll(JSON_MEMBER))
    if (isSecretName(name!)) text = text.replace(`${head}"${MASK}"`, () => `${head}"${value}"`);
  return text;
}

/** @returns index in `olds` of what the element was before, or -1 */
function counterpart(given: unknown, i: number, olds: readonly unknown[], masked: readonly (string | undefined)[]): number {
  const text = JSON.stringify(given, numberText);
  if (masked[i] === text) return i;
  const same = masked.indexOf(text);
  if (same >= 0) return same;
  if (typeof given !== 'object' || given === null) return i;
  const kind = Object.keys(given).join();
  const alike = olds.flatMap((o, n) => (typeof o === 'object' && o !== null && Object.keys(o).join() === kind ? [n] : []));
  return alike.includes(i) ? i : alike.length === 1 ? alike[0]! : -1;
}

const numberText = (_key: string, v: unknown): unknown => (typeof v === 'bigint' ? v.toString() : v);
