// /deadletters: messages that ended the gateway and are not evaluated any more (ADR 0086). Ours; eKuiper has nothing like it.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { LetterBox } from '../../service/index.ts';
import { json, text } from '../reply.ts';
import type { Route } from '../router.ts';

/** @param letters undefined before the store is open */
export function deadLetterRoutes(letters: () => LetterBox | undefined): Route[] {
  const unknown = (id: string) => new GatewayError('DEAD_LETTER_UNKNOWN', { id });
  return [
    { method: 'GET', path: '/deadletters', handle: async () => json((await letters()?.list()) ?? []) },
    {
      method: 'GET',
      path: '/deadletters/{id}',
      async handle(r) {
        const id = r.params['id']!;
        const letter = await letters()?.get(id);
        if (!letter) throw unknown(id);
        return json(letter);
      },
    },
    {
      method: 'DELETE',
      path: '/deadletters/{id}',
      async handle(r) {
        const id = r.params['id']!;
        if (!(await letters()?.drop(id))) throw unknown(id);
        return text(`Dead letter ${id} is dropped.`);
      },
    },
  ];
}
