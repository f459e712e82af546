// /rules/{id}/parked: rows that a sink of the rule does not take (ADR 0014). Ours; eKuiper drops them.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { RuleService } from '../../service/index.ts';
import { json, text } from '../reply.ts';
import type { RestRequest } from '../request.ts';
import type { Route } from '../router.ts';

/** @throws PARKED_NOT_FOUND for a number that none is */
function rowOf(r: RestRequest): { rule: string; sink: string; id: number } {
  const { name = '', sink = '', row = '' } = r.params;
  if (!/^\d{1,15}$/.test(row)) throw new GatewayError('PARKED_NOT_FOUND', { sink, id: row });
  return { rule: name, sink, id: Number(row) };
}

const forced = (r: RestRequest): boolean => r.query.get('force') === 'true';

export function parkedRoutes(rules: RuleService): Route[] {
  const all = '/rules/{name}/parked';
  const one = `${all}/{sink}/{row}`;
  return [
    { method: 'GET', path: all, handle: async (r) => json(await rules.parkedRows(r.params['name']!).list()) },
    {
      method: 'DELETE',
      path: all,
      handle: async (r) => json({ dropped: await rules.parkedRows(r.params['name']!).dropAll() }),
    },
    {
      method: 'POST',
      path: `${all}/retry`,
      handle: async (r) => json(await rules.parkedRows(r.params['name']!).retryAll(forced(r))),
    },
    {
      method: 'GET',
      path: one,
      async handle(r) {
        const { rule, sink, id } = rowOf(r);
        return json(await rules.parkedRows(rule).show(sink, id));
      },
    },
    {
      method: 'DELETE',
      path: one,
      async handle(r) {
        const { rule, sink, id } = rowOf(r);
        await rules.parkedRows(rule).drop(sink, id);
        return text(`Parked row ${id} of sink ${sink} is dropped.`);
      },
    },
    {
      method: 'POST',
      path: `${one}/retry`,
      async handle(r) {
        const { rule, sink, id } = rowOf(r);
        await rules.parkedRows(rule).retry(sink, id, forced(r));
        return text(`Parked row ${id} of sink ${sink} is delivered.`);
      },
    },
  ];
}
