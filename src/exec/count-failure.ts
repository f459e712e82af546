// A failure that concerns no row of the output: counted at the operator and logged, but not sent to the sinks (sendError is for rows).
import { messageOf } from '../base/errors/gateway-error.ts';
import type { OperatorStats, ProgramHost } from './operator.ts';

export function countFailure(host: ProgramHost, stats: OperatorStats, error: unknown): void {
  stats.exceptions++;
  stats.lastException = messageOf(error);
  stats.lastExceptionAtMs = host.clock.now();
  host.log.warn({ rule: host.ruleId, op: stats.name, error: stats.lastException }, 'Operator failed on a row.');
}
