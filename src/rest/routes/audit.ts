// /audit: who changed what, and whether the record is whole. Ours; eKuiper has nothing like it. For the role admin only.
import type { AuditTrail } from '../../service/index.ts';
import { json } from '../reply.ts';
import type { Route } from '../router.ts';

const MAX_ENTRIES = 1000;

export function auditRoutes(audit: AuditTrail): Route[] {
  const numberOf = (text: string | null, otherwise: number) => (text !== null && /^\d{1,12}$/.test(text) ? Number(text) : otherwise);
  return [
    {
      method: 'GET',
      path: '/audit',
      handle: ({ query }) =>
        json(audit.read(numberOf(query.get('after'), 0), Math.min(MAX_ENTRIES, numberOf(query.get('limit'), MAX_ENTRIES)))),
    },
    { method: 'GET', path: '/audit/check', handle: () => json({ ...audit.check(), problem: audit.problem }) },
  ];
}
