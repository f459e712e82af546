// A few functions of each kind, so that the checks can be tested without the built-in catalogue.
import type { FunctionFacts, FunctionNames } from '../../../src/sql/index.ts';

const facts: readonly FunctionFacts[] = [
  ...['abs', 'upper', 'concat', 'meta', 'mqtt', 'isnull', 'array_create', 'cast', 'event_time', 'substring'].map(
    (name) => ({ name, kind: 'scalar' }) as const,
  ),
  ...['sum', 'count', 'avg', 'collect'].map((name) => ({ name, kind: 'aggregate' }) as const),
  ...['lag', 'had_changed'].map((name) => ({ name, kind: 'analytic' }) as const),
  { name: 'last_hit_count', kind: 'analytic', afterWhere: true },
  { name: 'changed_cols', kind: 'analytic', afterWhere: true, columns: true },
  { name: 'unnest', kind: 'table' },
  { name: 'window_start', kind: 'window' },
  { name: 'row_number', kind: 'window', over: () => 1n },
];
const plugin: FunctionFacts = { name: 'countPlusOne', kind: 'scalar' };

export const functions: FunctionNames = {
  get: (name) => (name === plugin.name ? plugin : facts.find((f) => f.name === name.toLowerCase())),
  names: () => [...facts.map((f) => f.name), plugin.name],
};
