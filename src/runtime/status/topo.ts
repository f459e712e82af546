// The graph of a rule as `GET /rules/{id}/topo` shows it. Operators are a chain; every sink hangs on its end.
import type { RuleProgram } from '../../exec/operator.ts';
import type { Topo } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import { sinkName } from '../sink/names.ts';

/** @param program of the current or last run; without one only what the definition tells */
export function topoOf(definition: RuleDefinition, program: RuleProgram | undefined): Topo {
  const plan = program ?? (typeof definition.program === 'function' ? undefined : definition.program);
  const sinks = definition.actions.map((a) => `sink_${sinkName(a)}`);
  const sources = [...new Set((plan?.inputs ?? []).map((i) => `source_${nodeNameOf(definition, i.source)}`))];
  const operators = (plan?.operators ?? []).map((name) => `op_${name}`);
  const edges: Record<string, string[]> = {};
  const first = operators.length ? [operators[0]!] : sinks;
  for (const s of sources) edges[s] = first;
  operators.forEach((op, i) => {
    edges[op] = i + 1 < operators.length ? [operators[i + 1]!] : sinks;
  });
  return { sources, edges };
}

/** A stream that is gone meanwhile is shown under its own name. */
function nodeNameOf(definition: RuleDefinition, source: string): string {
  try {
    return definition.sources(source).nodeName ?? source;
  } catch {
    // the rule was made from a stream that is not there any more: its name is all there is to show
    return source;
  }
}
