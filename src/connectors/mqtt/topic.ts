// MQTT topic filters. `$share/group/filter` matches as `filter`; wildcards do not match topics that begin with `$` at the first level.
import { createHash } from 'node:crypto';

/** `$share` is of MQTT 5 and most 3.1.1 brokers; the others are EMQX's: messages come under the topic without the prefix. */
const PREFIX = /^\$(share\/[^/]*|queue|exclusive|local)\//;

/** @returns the filter without a prefix such as that of a shared subscription */
export const plainFilter = (filter: string): string => filter.replace(PREFIX, '');

/** A subscription that is not alone with its messages, or not with all of them: its copies are never repetitions of another filter's. */
export const isPrefixed = (filter: string): boolean => PREFIX.test(filter);

/** True when every topic that matches `narrow` matches `wide`. Neither bears a prefix. */
export function covers(wide: string, narrow: string): boolean {
  if (narrow.startsWith('$') && /^[+#]/.test(wide)) return false;
  const w = wide.split('/');
  const n = narrow.split('/');
  for (let i = 0; i < w.length; i++) {
    if (w[i] === '#') return true;
    if (i >= n.length || n[i] === '#' || (w[i] !== '+' && w[i] !== n[i])) return false;
  }
  return w.length === n.length;
}

/** The filters without those that others cover: brokers before MQTT 5 send a message once per filter that matches. */
export function withoutCovered(filters: readonly string[]): string[] {
  return filters.filter((f) => isPrefixed(f) || !filters.some((g) => g !== f && !isPrefixed(g) && covers(g, f)));
}

/** The number under which a subscription to the filter is made (MQTT 5 subscription identifier, 1 to 268,435,455). The same after a
 *  restart, since messages that waited in the session bear it. */
export function filterId(filter: string): number {
  return (createHash('sha256').update(filter).digest().readUInt32BE() % 268_435_455) + 1;
}

export function topicMatches(filter: string, topic: string): boolean {
  const f = plainFilter(filter);
  if (f === topic) return true;
  if (topic.startsWith('$') && /^[+#]/.test(f)) return false;
  const parts = f.split('/');
  const levels = topic.split('/');
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === '#') return true;
    if (i >= levels.length || (parts[i] !== '+' && parts[i] !== levels[i])) return false;
  }
  return parts.length === levels.length;
}

/** @throws Error that says what is wrong with a topic filter */
export function checkFilter(filter: string): void {
  if (filter === '') throw new Error('topic is required');
  if (filter.startsWith('$share/') && !/^\$share\/[^/+#]+\/./.test(filter))
    throw new Error(`topic "${filter}": a shared subscription is written $share/GROUP/TOPIC, the group without + and #`);
  if (filter.includes('\0')) throw new Error(`topic "${filter.replaceAll('\0', '\\0')}": a NUL character is not allowed`);
  const levels = plainFilter(filter).split('/');
  levels.forEach((level, i) => {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1))
      throw new Error(`topic "${filter}": # is allowed as the last level only`);
    if (level.includes('+') && level !== '+') throw new Error(`topic "${filter}": + must be a whole level`);
  });
}
