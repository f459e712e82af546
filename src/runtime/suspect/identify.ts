// What tells one message from all others over restarts: place, topic and a hash of the content; and what a person needs to find it again.
// Only called while messages are watched. Used by suspects.ts.
import { nodeCrypto } from '../../base/node-builtins.ts';
import { isSecretName, MASK, maskText } from '../../base/secrets.ts';
import type { Emit } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Message } from './ledger.ts';

export type Data = Parameters<Emit>[0];

const PREVIEW_CHARS = 80;
const MAX_TOPIC_CHARS = 400;

/** @param place type and datasource of the source */
export function identify(place: string, data: Data, meta: Meta | undefined): Message {
  const topic = typeof meta?.['topic'] === 'string' ? meta['topic'] : '';
  const packet = typeof meta?.['messageId'] === 'number' ? meta['messageId'] : 0;
  const payload = payloadOf(data);
  const hash = nodeCrypto().createHash('sha256').update(topic).update('\0').update(payload).digest('hex').slice(0, 32);
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  return { source: place, topic: topic.slice(0, MAX_TOPIC_CHARS), hash, bytes, packet, preview: previewOf(payload) };
}

/** The content as bytes or text; rows as JSON. */
export function payloadOf(data: Data): Uint8Array | string {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  return JSON.stringify(data, (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)) ?? '';
}

const MEMBER = /("([^"\\]{1,60})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}\]\s]+)/g;

/** The first characters, with the values of secret members hidden and without what could spoil a terminal. */
export function previewOf(payload: Uint8Array | string): string {
  const begin = typeof payload === 'string' ? payload.slice(0, 400) : Buffer.from(payload.subarray(0, 400)).toString('utf8');
  const masked = maskText(begin).replace(MEMBER, (whole, head: string, name: string) => (isSecretName(name) ? `${head}"${MASK}"` : whole));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken away
  return masked.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, PREVIEW_CHARS);
}
