// /changes/watched: changes of rules and streams that the gateway does in order, watches, and takes back by itself when a rule gets worse, whoever asked for them
// may be gone by then. For assistants (kuiper mcp) and scripts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Service } from '../../service/index.ts';
import { watchedChangesBody } from '../bodies.ts';
import { json } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function guardedRoutes(service: Pick<Service, 'guard'>): Route[] {
  const what = 'Invalid body';
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  return [
    {
      method: 'POST',
      path: '/changes/watched',
      async handle(r) {
        const body = bodyObject(r, what, watchedChangesBody);
        const { changes, watchSeconds = 10, expected = {} } = body;
        if (!Array.isArray(changes)) throw refuse('changes: expected a list');
        if (typeof watchSeconds !== 'number') throw refuse('watchSeconds: expected a number');
        const { parseChange } = await import('../../service/guarded/change.ts');
        const guard = await service.guard();
        const state = await guard.apply({
          changes: changes.map(parseChange),
          watchMs: watchSeconds * 1000,
          by: textMember(body, 'by', what) || 'REST',
          reason: textMember(body, 'reason', what),
          expected: textsOf(expected, refuse),
        });
        return json(state, 202);
      },
    },
    { method: 'GET', path: '/changes/watched', handle: async () => json((await service.guard()).state() ?? null) },
    { method: 'GET', path: '/changes/watched/{id}', handle: async (r) => json((await service.guard()).state(r.params['id'])) },
  ];
}

function textsOf(given: unknown, refuse: (text: string) => Error): Record<string, string | null> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse('expected: an object of target and text');
  const texts: Record<string, string | null> = {};
  for (const [target, text] of Object.entries(given)) {
    if (text !== null && typeof text !== 'string') throw refuse(`expected.${target}: a text, or null where there is none`);
    texts[target] = text;
  }
  return texts;
}
