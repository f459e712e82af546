// Which subscriptions a topic is for: what the filters say, for the first message of a topic and for the thousandth, and after subscriptions changed.
import fc from 'fast-check';
// @covers issue:24#4
import { expect, it } from 'vitest';
import { createRoutes } from '../../../src/connectors/mqtt/routes.ts';
import type { Subscription } from '../../../src/connectors/mqtt/subscription.ts';
import { topicMatches } from '../../../src/connectors/mqtt/topic.ts';

const reader = (filters: string[]) => ({ filters }) as unknown as Subscription;

it('gives a topic to those whose filters match, and to no other', () => {
  const level = fc.constantFrom('a', 'b', 'c');
  const topic = fc.array(level, { minLength: 1, maxLength: 3 }).map((l) => l.join('/'));
  const filter = fc
    .array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 3 })
    .chain((l) => fc.constantFrom(l.join('/'), `${l.join('/')}/#`));
  const readers = fc.array(fc.array(filter, { minLength: 1, maxLength: 3 }).map(reader), { maxLength: 4 });
  fc.assert(
    fc.property(readers, readers, fc.array(topic, { maxLength: 12 }), (first, second, topics) => {
      let current = first;
      const routes = createRoutes(() => current);
      for (const next of [first, second]) {
        current = next;
        routes.changed();
        for (const t of [...topics, ...topics])
          expect(routes.of(t, undefined)).toEqual(next.filter((s) => s.filters.some((f) => topicMatches(f, t))));
      }
    }),
    { numRuns: 300 },
  );
});

it('has one route for all topics that the same filters match', () => {
  const all = [reader(['plant/+/temp']), reader(['plant/#'])];
  const routes = createRoutes(() => all);
  routes.changed();
  expect(routes.of('plant/1/temp', undefined)).toBe(routes.of('plant/2/temp', undefined));
  expect(routes.of('plant/1/temp', undefined)).not.toBe(routes.of('plant/2/speed', undefined));
});
