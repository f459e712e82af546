// Headers with templates: names are the owner's; a value is one line, and the headers that frame a request or choose its server take none.
import { byteLength, holdsTemplate, refused, textOf } from './text.ts';

const MAX_VALUE_BYTES = 8192;
/** They decide where a request ends, who gets it and what becomes of the connection. */
const FRAMING = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'expect',
  'proxy-connection',
  'proxy-authorization',
  'http2-settings',
]);
/** Line ends and what else no value may hold. @source RFC 9110, 5.5 */
const NOT_IN_VALUE = /[^\P{Cc}\t]/u;

const membersOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

/** @throws Error for a template in a name, or in a header that takes none */
export function checkHeaderTemplates(configured: unknown): void {
  for (const [name, value] of membersOf(configured)) {
    if (holdsTemplate(name)) throw new Error(`property headers: the name "${name}" may not hold a template`);
    if (holdsTemplate(value) && FRAMING.has(name.toLowerCase()))
      throw new Error(`property headers: ${name} may not hold a template, since it decides where the request goes or ends`);
  }
}

/** @throws rowError */
export function checkHeaders(configured: unknown, value: unknown): Record<string, string> {
  const known = new Map(membersOf(configured));
  const out: Record<string, string> = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('headers', value, 'is no set of headers');
  for (const [name, v] of membersOf(value)) {
    if (!known.has(name)) throw refused('headers', name, 'is no header of this action');
    const text = textOf(`headers/${name}`, v);
    if (!holdsTemplate(known.get(name))) {
      out[name] = text;
      continue;
    }
    if (NOT_IN_VALUE.test(text)) throw refused(`headers/${name}`, text, 'holds a line end or another control character');
    if (byteLength(text) > MAX_VALUE_BYTES) throw refused(`headers/${name}`, text, `is longer than ${MAX_VALUE_BYTES} bytes`);
    out[name] = text;
  }
  return out;
}

/** Fields of a form: names are the owner's, values are parts of their own and may be any text. @throws rowError */
export function checkFields(configured: unknown, value: unknown): Record<string, string> {
  const known = new Set(membersOf(configured).map(([name]) => name));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('formData', value, 'is no set of fields');
  for (const [name, v] of membersOf(value)) {
    if (!known.has(name)) throw refused('formData', name, 'is no field of this action');
    textOf(`formData/${name}`, v);
  }
  return value as Record<string, string>;
}
