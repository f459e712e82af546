// docs/rules.md names every rule option and every common property of sinks.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { transformOptions } from '../../src/runtime/transform/options.ts';

const page = readFileSync('docs/rules.md', 'utf8');
const named = (file: string, pattern: RegExp) => [...readFileSync(file, 'utf8').matchAll(pattern)].map((m) => m[1]!);

it('every rule option is on the page', () => {
  const options = named('src/runtime/options.ts', /take\(\s*'(\w+)'/g).filter(
    (o) => !['attempts', 'delay', 'maxDelay', 'multiplier', 'jitterFactor'].includes(o),
  );
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((o) => !page.includes(`\`${o}\``))).toEqual([]);
});

it('every common property of sinks is on the page', () => {
  const cache = named('src/runtime/sink/cache-props.ts', /(?:int|bool|duration|text)\('(\w+)'/g);
  const all = [...cache, ...transformOptions.map((o) => o.name)];
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter((o) => !page.includes(`\`${o}\``))).toEqual([]);
});
