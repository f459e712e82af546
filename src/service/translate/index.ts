// The use case: a stored rule and its stream, translated. Loaded on use by service.ts.

import { parseDurationMs } from '../../base/duration.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { ruleOptionSpecs } from '../../runtime/index.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import { type Engine, engines } from './dialect.ts';
import { type Translation, translate } from './translate.ts';

export type { Translation } from './translate.ts';

/** @param text JSON of the rule  @throws GatewayError RULE_UNKNOWN, SERVICE_REFUSED */
export function translateRule(
  id: string,
  text: string | undefined,
  to: string,
  find: (name: string) => SourceDefinition | undefined,
): Translation {
  if (text === undefined) throw new GatewayError('RULE_UNKNOWN', { rule: id });
  const engine = engines.find((e): e is Engine => e === to);
  if (!engine) throw new GatewayError('SERVICE_REFUSED', { text: `to: expected one of ${engines.join(', ')}` });
  const {
    sql,
    actions = [],
    options = {},
  } = JSON.parse(text) as {
    sql?: string;
    actions?: object[];
    options?: Record<string, unknown>;
  };
  if (!sql) throw new GatewayError('SERVICE_REFUSED', { text: `rule ${id} is a graph; only rules of SQL are translated` });
  const option = (name: string) => Object.entries(options).find(([k]) => k.toLowerCase() === name.toLowerCase())?.[1];
  const late = option('lateTolerance') ?? ruleOptionSpecs.find((s) => s.name === 'lateTolerance')?.default ?? 1000;
  return translate(
    engine,
    {
      id,
      sql,
      isEventTime: option('isEventTime') === true,
      lateToleranceMs: parseDurationMs(late),
      compatibility: option('sqlCompatibility') === 'ekuiper' ? 'ekuiper' : 'standard',
      actions: actions.flatMap((a) => Object.keys(a)),
    },
    find,
  );
}
