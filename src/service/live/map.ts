// Who reads what and sends where: streams, rules and sinks as a graph, for the map of the console. From definitions only; what flows is in rates.ts.
import { maskText } from '../../base/secrets.ts';
import type { RuleService } from '../rules/rule-service.ts';
import { optionOf } from '../streams/definition.ts';
import type { StreamService } from '../streams/stream-service.ts';

export interface FlowMap {
  streams: { name: string; kind: string; type: string; datasource: string }[];
  rules: { id: string; sources: readonly string[]; sinks: { type: string; target: string }[] }[];
}

/** Where a sink sends to, by the first of these that it has. */
const TARGETS = ['topic', 'url', 'path', 'table', 'measurement', 'subject', 'channel', 'addr'];

export function flowMap(rules: RuleService, streams: StreamService): FlowMap {
  return {
    streams: streams
      .all()
      .filter((d) => !d.name.startsWith('internal_'))
      .map((d) => ({ name: d.name, kind: d.kind, type: d.type, datasource: maskText(optionOf(d, 'DATASOURCE') ?? '') })),
    rules: rules.list().map(({ id }) => ({
      id,
      sources: rules.sourcesOf(id),
      sinks: rules.actionsOf(id).flatMap((action) => Object.entries(action).map(([type, props]) => ({ type, target: targetOf(props) }))),
    })),
  };
}

function targetOf(props: unknown): string {
  const given = (props ?? {}) as Record<string, unknown>;
  const name = TARGETS.find((t) => typeof given[t] === 'string');
  return name === undefined ? '' : maskText(String(given[name]));
}
