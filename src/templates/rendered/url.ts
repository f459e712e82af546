// An address with templates. Scheme, login, host and port are the owner's, unless `allowedHosts` leaves them open; a value that stands in the path or
// the query stays one: what would end it is written as %XX while it is printed, and `..` is refused.
import type { Printer } from '../compile.ts';
import { CONTROL, constantPart, hasTemplate, refused, textOf } from './text.ts';

const MAX_URL_CHARS = 8192;
const WHOLE_HOST = /^https?:\/\/[^/?#\\]+[/?#\\]/i;

/** True when the owner's part tells scheme and host. */
const fixesHost = (configured: string): boolean => WHOLE_HOST.test(hasTemplate(configured) ? constantPart(configured) : `${configured}/`);

/** @throws Error when a template could choose the host and nobody said which ones may be chosen */
export function checkUrlTemplate(configured: string, allowedHosts: readonly string[] | undefined): void {
  if (!hasTemplate(configured) || fixesHost(configured) || allowedHosts?.length) return;
  throw new Error(
    'property url: the template may choose the host. Write the host before the first template, as in http://server/{{.path}}, or list the hosts that may be chosen in property allowedHosts',
  );
}

/** @returns the address  @throws rowError */
export function checkUrl(configured: string, value: unknown, allowedHosts: readonly string[] | undefined): string {
  const text = textOf('url', value);
  const no = (why: string) => refused('url', text, why);
  if (CONTROL.test(text) || !text.isWellFormed()) throw no('holds a control character');
  if (text.length > MAX_URL_CHARS) throw no(`is longer than ${MAX_URL_CHARS} characters`);
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw no('is no http address');
  const constant = constantPart(configured);
  if (fixesHost(configured)) {
    const owner = URL.parse(constant);
    if (!owner || !text.startsWith(constant)) throw no(`does not begin with ${constant}`);
    if (url.origin !== owner.origin || url.username !== owner.username || url.password !== owner.password)
      throw no(`is not on ${owner.origin}`);
    if (!url.pathname.startsWith(owner.pathname)) throw no(`is not below ${owner.origin}${owner.pathname}`);
  } else {
    if (url.username || url.password) throw no('holds a login');
    if (!allowedHosts?.some((a) => fits(a, url)))
      throw no(`names a host that is not among allowedHosts (${allowedHosts?.join(', ') ?? ''})`);
  }
  const path = text.split(/[?#]/, 1)[0]!.replace(/^https?:[/\\]*[^/\\]*/i, '');
  const owned = constant.split(/[?#]/, 1)[0]!.replace(/^https?:[/\\]*[^/\\]*/i, '');
  // the owner's own .. before the template is the owner's
  const free = path.startsWith(owned) ? path.slice(owned.lastIndexOf('/') + 1) : path;
  if (hasDots(free)) throw no('leads out of its path');
  return text;
}

/** `..` and `.` as a part of the path, however often it is encoded. */
function hasDots(path: string): boolean {
  let text = path;
  for (let i = 0; i < 4; i++) {
    if (text.split(/[/\\;]/).some((part) => part === '..' || part === '.')) return true;
    const next = text.replace(/%(?:2e|2f|5c|25|3b|00)/gi, (hex) =>
      hex === '%00' ? '' : String.fromCharCode(Number.parseInt(hex.slice(1), 16)),
    );
    if (next === text) return false;
    text = next;
  }
  return true; // encoded that often it has no honest use
}

/** `*`, `name`, `name:port`, `*.name` */
function fits(allowed: string, url: URL): boolean {
  const wanted = allowed.trim().toLowerCase();
  if (wanted === '*') return true;
  if (wanted.startsWith('*.')) return url.hostname.endsWith(wanted.slice(1)) || url.host.endsWith(wanted.slice(1));
  return wanted === url.hostname || wanted === url.host;
}

const percent = (c: string): string => encodeURIComponent(c);
const CODED = '%(?![0-9a-fA-F]{2})|[\\u0000-\\u0020\\u007f"<>`{}|^]';
const IN_PATH = new RegExp(`${CODED}|[?#\\\\]`, 'g');
const IN_VALUE = new RegExp(`${CODED}|[&#]`, 'g');
const IN_QUERY = new RegExp(`${CODED}|#`, 'g');

/** Prints values by where they stand in the address that was printed so far. */
export const printUrl: () => Printer = () => (text, _value, before) => {
  if (!WHOLE_HOST.test(before)) return text; // host: checked as a whole
  const query = before.indexOf('?');
  const coded = (pattern: RegExp) => text.toWellFormed().replace(pattern, percent);
  if (query < 0) return coded(IN_PATH);
  const lastName = before.slice(Math.max(query, before.lastIndexOf('&')));
  return coded(lastName.includes('=') ? IN_VALUE : IN_QUERY);
};
