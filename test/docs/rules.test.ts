// docs/rules.md names every rule option and every common property of sinks.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commonSinkOptions, ruleOptionSpecs } from '../../src/runtime/index.ts';

const page = readFileSync('docs/rules.md', 'utf8');

it('every rule option is on the page', () => {
  const options = ruleOptionSpecs.map((o) => o.name);
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((o) => !page.includes(`\`${o}\``))).toEqual([]);
});

it('every common property of sinks is on the page', () => {
  const all = commonSinkOptions.filter((o) => o.absent === undefined).map((o) => o.name);
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter((o) => !page.includes(`\`${o}\``))).toEqual([]);
});
