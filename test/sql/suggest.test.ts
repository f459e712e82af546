import { expect, test } from 'vitest';
import { didYouMean, suggest } from '../../src/sql/index.ts';

test.each([
  ['FORM', ['FROM', 'WHERE'], 'FROM'],
  ['temprature', ['temperature', 'humidity'], 'temperature'],
  ['Temperature', ['temperature', 'humidity'], 'temperature'],
  ['uper', ['upper', 'lower'], 'upper'],
  ['tumblngwindow', ['tumblingwindow', 'slidingwindow'], 'tumblingwindow'],
  ['x', ['y'], undefined],
  ['ab', ['ba'], undefined],
  ['temperature', ['humidity'], undefined],
  ['', ['a'], undefined],
])('%s of %j: %s', (word, candidates, expected) => {
  expect(suggest(word, candidates)).toBe(expected);
});

test('as a sentence', () => {
  expect(didYouMean('FORM', ['FROM'])).toBe('did you mean FROM?');
  expect(didYouMean('q', ['FROM'])).toBeUndefined();
});
