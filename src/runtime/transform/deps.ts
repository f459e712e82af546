// What a transform needs of the gateway, whoever makes it: a running sink, or the check of a rule.
import { Budget } from '../../base/budget.ts';
import type { Environment } from '../environment.ts';
import type { TransformDeps } from './index.ts';

type Common = Omit<TransformDeps, 'output' | 'touch' | 'batchAcks' | 'exception'>;

export function transformDeps({ deps, clock, log, settings, lastText }: Environment, ruleId: string, sinkName: string): Common {
  return {
    clock,
    log,
    ruleId,
    sinkName,
    timeZone: settings.timeZone,
    budget: new Budget(`rule ${ruleId}, sink ${sinkName}`, settings.rowBudget),
    codecs: (format) => deps.codecs(format),
    property: (name) => deps.property?.(name),
    ...(lastText ? { lastText } : {}),
    ...(deps.schemas ? { schemas: deps.schemas } : {}),
    ...(deps.aesKey ? { aesKey: deps.aesKey } : {}),
  };
}
