// Small facts about texts that the rules of this folder share.
import { rowError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';

export const hasTemplate = (text: unknown): text is string => typeof text === 'string' && text.includes('{{');

/** Also inside lists and objects. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsTemplate);
}

/** What every rendering of the text begins with: all before the first action. */
export function constantPart(text: string): string {
  const at = text.indexOf('{{');
  if (at < 0) return text;
  // {{- takes the white space before it away
  return text[at + 2] === '-' ? text.slice(0, at).trimEnd() : text.slice(0, at);
}

/** The text without its actions: what the owner wrote. */
export const constantParts = (text: string): string => text.replace(/\{\{[\s\S]*?\}\}/g, '{{}}');

/** Control characters, DEL and C1 among them. */
export const CONTROL = /\p{Cc}/u;
/** What brokers take for a broken packet: control characters, and code points that are not characters.
 *  @source MQTT 5, 1.5.4; mosquitto checks it */
export const NOT_FOR_MQTT = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;

export const byteLength = (text: string): number => Buffer.byteLength(text);

/** A value in a message: one line, printable, short. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : shownValue(value);
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return short.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The row is refused. @param what property */
export const refused = (what: string, value: unknown, why: string): Error =>
  rowError(`property ${what}: "${shown(value)}" ${why}`, 'VALUE_REFUSED');

/** @throws when the value is not text, number or truth value */
export function textOf(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw refused(what, value, 'is not text');
}
