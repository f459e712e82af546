// GET /logs: the latest lines of the gateway's log, of all or of one rule, for those who have no shell. Ours; eKuiper has nothing like it.
import type { Log } from '../../base/log.ts';
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

export function logRoutes(log: Pick<Log, 'recent'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/logs',
      handle(r) {
        const after = Number(r.query.get('after') ?? 0);
        const lines = log.recent?.(Number.isFinite(after) ? after : 0) ?? [];
        const rule = r.query.get('rule');
        return json(rule === null ? lines : lines.filter(({ line }) => isOf(rule, line)));
      },
    },
  ];
}

/** A line that was cut is no JSON any more; what it is about stands near its begin. */
function isOf(rule: string, line: string): boolean {
  try {
    return (JSON.parse(line) as { rule?: unknown }).rule === rule;
  } catch {
    return line.includes(`"rule":${JSON.stringify(rule)}`);
  }
}
