// Which subscriptions a message is for. By its topic, since a session may hold subscriptions of others (an earlier stream, another source
// with the same client id). Where filters overlap a broker sends a copy per filter: with the identifiers of MQTT 5 each subscription
// takes one of them. Called by connection.ts for each message: one look-up by topic, or none for a plain topic that is read alone.
import type { Subscription } from './subscription.ts';
import { filterId, isPrefixed, topicMatches } from './topic.ts';

/** As many as wire/publish-frame.ts keeps as texts. */
const MAX_TOPICS = 32_768;

export interface Routes {
  /** Subscriptions came or went. */
  changed(): void;
  /** @param ids identifiers of the filters for which the broker sent this copy
   *  @returns 'copy' when all readers get the message by another copy */
  of(topic: string, ids: number | number[] | undefined): readonly Subscription[] | 'copy';
}

interface Target {
  subscription: Subscription;
  /** The copy that it takes. */
  id: number;
  /** Copies of shared subscriptions and the like: each is a message of its own. */
  shares: readonly number[];
}

interface Route {
  all: readonly Subscription[];
  targets: readonly Target[];
}

export function createRoutes(subscriptions: () => Iterable<Subscription>): Routes {
  const byTopic = new Map<string, Route>();
  let plainTopic: string | undefined;
  let plain: readonly Subscription[] = [];
  /** Topics that the same filters match have one route. */
  const byMatch = new Map<string, Route>();

  const make = (topic: string): Route => {
    const targets: Target[] = [];
    let match = '';
    let index = 0;
    for (const subscription of subscriptions()) {
      index++;
      const matching = subscription.filters.filter((f) => topicMatches(f, topic));
      if (matching.length === 0) continue;
      match += `${index} ${matching.join(' ')}\n`;
      const first = matching.find((f) => !isPrefixed(f));
      targets.push({
        subscription,
        id: first === undefined ? 0 : filterId(first),
        shares: matching.filter(isPrefixed).map(filterId),
      });
    }
    let route = byMatch.get(match);
    if (!route) byMatch.set(match, (route = { all: targets.map((t) => t.subscription), targets }));
    return route;
  };

  return {
    changed() {
      byTopic.clear();
      byMatch.clear();
      const [first, second] = subscriptions();
      const filter = first && !second && first.filters.length === 1 ? first.filters[0]! : '+';
      plainTopic = /[+#]/.test(filter) || isPrefixed(filter) ? undefined : filter;
      plain = first ? [first] : [];
    },
    of(topic, ids) {
      if (topic === plainTopic && ids === undefined) return plain;
      let route = byTopic.get(topic);
      if (!route) {
        if (byTopic.size >= MAX_TOPICS) {
          byTopic.clear();
          byMatch.clear();
        }
        byTopic.set(topic, (route = make(topic)));
      }
      if (ids === undefined || route.all.length === 0) return route.all;
      const has = typeof ids === 'number' ? (id: number) => id === ids : (id: number) => ids.includes(id);
      const taking = route.targets.filter((t) => has(t.id) || t.shares.some(has));
      return taking.length > 0 ? taking.map((t) => t.subscription) : 'copy';
    },
  };
}
