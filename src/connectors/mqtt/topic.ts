// MQTT topic filters. `$share/group/filter` matches as `filter`; wildcards do not match topics that begin with `$` at the first level.

/** @returns the filter without a shared-subscription prefix */
export const plainFilter = (filter: string): string => (filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter);

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
  const levels = plainFilter(filter).split('/');
  if (filter === '') throw new Error('topic is required');
  levels.forEach((level, i) => {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1))
      throw new Error(`topic "${filter}": # is allowed as the last level only`);
    if (level.includes('+') && level !== '+') throw new Error(`topic "${filter}": + must be a whole level`);
  });
}
