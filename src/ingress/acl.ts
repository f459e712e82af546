// Who may publish and subscribe what on the device's listener. Called by connection.ts.

/** Levels of a topic or filter; matching never looks at text twice. */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === topic) return !topic.includes('+') && !topic.includes('#');
  const want = filter.split('/');
  const have = topic.split('/');
  // 4.7.2: `$SYS` and the like are not matched by a wildcard in front
  if (topic.startsWith('$') && (want[0] === '#' || want[0] === '+')) return false;
  for (const [i, level] of want.entries()) {
    if (level === '#') return true;
    if (i >= have.length || (level !== '+' && level !== have[i])) return false;
  }
  return want.length === have.length;
}

/** True when everything that the filter matches is matched by the pattern too: a subscription may not be wider than what is allowed. */
export function filterWithin(filter: string, pattern: string): boolean {
  const inner = filter.split('/');
  const outer = pattern.split('/');
  for (const [i, level] of outer.entries()) {
    if (level === '#') return true;
    const have = inner[i];
    if (have === undefined || have === '#') return false;
    if (level !== '+' && level !== have) return false;
  }
  return inner.length === outer.length;
}

export interface Rights {
  mayPublish(topic: string): boolean;
  maySubscribe(filter: string): boolean;
}

/** The owner: everything but the broker's own topics. */
export const OWNER: Rights = { mayPublish: (topic) => !topic.startsWith('$'), maySubscribe: () => true };

/** Rights of a user; `%u` and `%c` stand for its name and the client's id, and never for more than one level. */
export function rightsOf(user: { name: string; publish: readonly string[]; subscribe: readonly string[] }, clientId: string): Rights {
  const plain = (text: string) => !/[+#/]/.test(text) && text !== '';
  const fill = (pattern: string): string[] => {
    if (pattern.includes('%c') && !plain(clientId)) return [];
    if (pattern.includes('%u') && !plain(user.name)) return [];
    return [pattern.replaceAll('%u', user.name).replaceAll('%c', clientId)];
  };
  const publish = user.publish.flatMap(fill);
  const subscribe = user.subscribe.flatMap(fill);
  return {
    mayPublish: (topic) => !topic.startsWith('$') && publish.some((p) => topicMatches(p, topic)),
    maySubscribe: (filter) => subscribe.some((p) => filterWithin(filter, p)),
  };
}

/** Topic of a message: no wildcards, not empty, not beyond limits. */
export const isTopic = (topic: string): boolean =>
  topic !== '' && topic.length <= 1024 && !/[+#\0]/.test(topic) && topic.split('/').length <= 32;

export function isFilter(filter: string): boolean {
  if (filter === '' || filter.length > 1024 || filter.includes('\0')) return false;
  const levels = filter.split('/');
  return (
    levels.length <= 32 && levels.every((level, i) => (level === '#' ? i === levels.length - 1 : level === '+' || !/[+#]/.test(level)))
  );
}
