// /auth/tokens: who may call. Ours; eKuiper has nothing like it. For the role admin only (server.ts).
import type { Tokens } from '../../service/index.ts';
import { tokenBody } from '../bodies.ts';
import { json, text } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

/** @param tokens undefined where nothing is kept (tests of single routes) */
export function tokenRoutes(tokens: Tokens | undefined): Route[] {
  if (!tokens) return [];
  return [
    { method: 'GET', path: '/auth/tokens', handle: () => json(tokens.list()) },
    {
      method: 'POST',
      path: '/auth/tokens',
      handle(r) {
        const body = bodyObject(r, 'Invalid body', tokenBody);
        const [name, role] = [textMember(body, 'name', 'Invalid body'), textMember(body, 'role', 'Invalid body')];
        return json({ name, role, token: tokens.add(name, role) }, 201);
      },
    },
    {
      method: 'DELETE',
      path: '/auth/tokens/{name}',
      handle(r) {
        tokens.remove(r.params['name']!);
        return text(`Token ${r.params['name']} is removed.`);
      },
    },
  ];
}
