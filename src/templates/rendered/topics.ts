// Topics and user properties of MQTT, and topics inside the gateway. What a broker answers by ending the connection is refused here: the same
// message would be sent again after each reconnect, and nothing behind it would ever go out.
import { rowError } from '../../base/errors/gateway-error.ts';
import { byteLength, constantPart, hasTemplate, NOT_FOR_MQTT, refused, shown, textOf } from './text.ts';

/** A length field of two bytes. */
const MAX_BYTES = 65_535;
/** mosquitto ends connections beyond it. */
const MAX_LEVELS = 200;

/** @throws rowError */
export function checkMqttTopic(configured: string, value: unknown): string {
  const topic = textOf('topic', value);
  const no = (why: string) => refused('topic', topic, `is not a topic to publish to: it ${why}`);
  if (topic === '') throw no('is empty');
  if (/[#+]/.test(topic)) throw no('holds # or +');
  if (NOT_FOR_MQTT.test(topic) || !topic.isWellFormed()) throw no('holds a control character or half of a character');
  if (topic.startsWith('$') && !(hasTemplate(configured) ? constantPart(configured) : configured).startsWith('$'))
    throw no('begins with $, which is for the broker');
  if (byteLength(topic) > MAX_BYTES) throw no(`is longer than ${MAX_BYTES} bytes`);
  if (topic.split('/').length > MAX_LEVELS) throw no(`has more than ${MAX_LEVELS} levels`);
  return topic;
}

/** @throws rowError */
export function checkMemoryTopic(value: unknown): string {
  const topic = textOf('topic', value);
  if (topic === '') throw refused('topic', topic, 'is empty');
  if (/[#+]/.test(topic)) throw rowError(`invalid memory topic ${shown(topic)}: wildcard found`, 'VALUE_REFUSED');
  if (topic.includes('\0')) throw refused('topic', topic, 'holds a NUL character');
  if (byteLength(topic) > MAX_BYTES) throw refused('topic', topic, `is longer than ${MAX_BYTES} bytes`);
  return topic;
}

/** @throws rowError */
export function checkUserProperties(configured: unknown, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('properties', value, 'is no set of properties');
  const known = new Set(Object.keys((configured ?? {}) as object));
  const out: Record<string, string> = {};
  for (const [name, v] of Object.entries(value)) {
    if (!known.has(name)) throw refused('properties', name, 'is no property of this action');
    const text = textOf(`properties/${name}`, v);
    if (NOT_FOR_MQTT.test(text) || !text.isWellFormed()) throw refused(`properties/${name}`, text, 'holds a control character');
    if (byteLength(text) > MAX_BYTES) throw refused(`properties/${name}`, text, `is longer than ${MAX_BYTES} bytes`);
    out[name] = text;
  }
  return out;
}
