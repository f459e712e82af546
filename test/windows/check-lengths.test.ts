// Windows whose numbers make no sense are refused with a reason when the rule starts; none of them may hang the gateway.
import { expect, test } from 'vitest';
import { createWindow } from '../../src/exec/window.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { createSink, createTestHost, newStats, windowSpec } from '../helpers/operators.ts';
import { startRule } from '../helpers/program.ts';

const open = (spec: Partial<WindowSpec> & Pick<WindowSpec, 'kind'>) =>
  createWindow(windowSpec(spec), createTestHost(), newStats(), createSink());

test.each<[Partial<WindowSpec> & Pick<WindowSpec, 'kind'>, string]>([
  [{ kind: 'tumbling', lengthMs: 0, unit: 'ss' }, 'tumbling window: length must be greater than 0, not 0 ms'],
  [{ kind: 'tumbling', lengthMs: -1000, unit: 'ss' }, 'length must be greater than 0, not -1000 ms'],
  [{ kind: 'tumbling', lengthMs: 8.64e18, unit: 'dd' }, 'length must be at most 100 years'],
  [{ kind: 'tumbling', lengthMs: Number.NaN, unit: 'dd' }, 'length must be greater than 0'],
  [{ kind: 'hopping', lengthMs: 1000, intervalMs: 0, unit: 'ss' }, 'hop must be greater than 0'],
  [{ kind: 'session', lengthMs: 0, intervalMs: 1000, unit: 'ss' }, 'longest session must be greater than 0'],
  [{ kind: 'session', lengthMs: 1000, intervalMs: 0, unit: 'ss' }, 'time-out must be greater than 0'],
  [{ kind: 'sliding', lengthMs: -1, unit: 'ss' }, 'length must be at least 0'],
  [{ kind: 'count', count: 1e20 }, 'count window: number of rows must be at most 1,000,000,000'],
  [{ kind: 'count', count: 0 }, 'count window: number of rows must be at least 1, not 0'],
])('%j is refused', (spec, text) => {
  expect(() => open(spec)).toThrow(text);
});

test('a sliding window of length 0 holds the rows of its very moment', () => {
  expect(() => open({ kind: 'sliding', lengthMs: 0, unit: 'ss' })).not.toThrow();
});

test('a rule with such a window fails to start, with that reason', () => {
  expect(() => startRule('SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss, 0)')).toThrow('length must be greater than 0');
});
