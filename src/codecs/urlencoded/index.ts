// FORMAT="urlencoded": form data. A repeated name is an array; all values are texts.
import { reserveMembers, spend } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition } from '../../contract/codec.ts';
import { toTextAlways } from '../../data/cast.ts';
import { setMember } from '../../data/set-member.ts';
import type { ValueObject } from '../../data/value.ts';

/** Go's url.QueryEscape: like encodeURIComponent, blank as +, and the marks ! ' ( ) * escaped. */
const queryEscape = (text: string) =>
  encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const MAX_QUOTED_CHARS = 200;
const refused = (text: string) =>
  rowError(
    `fail to parse url encoded value ${text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}… (${text.length} characters)` : text}`,
    'DECODE_FAILED',
  );

function queryUnescape(text: string, whole: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refused(whole);
  }
}

export default {
  kind: 'codec',
  name: 'urlencoded',
  createDecoder: () => ({
    decode(payload) {
      const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
      const values = new Map<string, string[]>();
      const parts = text.split('&');
      reserveMembers(parts.length);
      // two texts, looked for and taken apart
      spend(parts.length * 14);
      for (const part of parts) {
        if (part === '') continue;
        if (part.includes(';')) throw refused(text);
        const at = part.indexOf('=');
        const key = queryUnescape(at < 0 ? part : part.slice(0, at), text);
        const value = at < 0 ? '' : queryUnescape(part.slice(at + 1), text);
        const list = values.get(key);
        if (list) list.push(value);
        else values.set(key, [value]);
      }
      const row: ValueObject = {};
      for (const [k, list] of values) setMember(row, k, list.length === 1 ? list[0] : list);
      return row;
    },
  }),
  createEncoder: () => ({
    encode(data) {
      if (Array.isArray(data)) throw rowError('unsupported type list, must be a map: set sendSingle for format urlencoded');
      return Object.keys(data)
        .sort()
        .flatMap((k) => {
          const v = data[k];
          return (Array.isArray(v) ? v : [v]).map((e) => `${queryEscape(k)}=${queryEscape(toTextAlways(e))}`);
        })
        .join('&');
    },
  }),
} satisfies CodecDefinition;
