// GET /logs: the latest lines of the gateway's log, for those who have no shell. Ours; eKuiper has nothing like it.
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
        return json(log.recent?.(Number.isFinite(after) ? after : 0) ?? []);
      },
    },
  ];
}
