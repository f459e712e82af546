// /auth/revocations: credentials that no longer count. Ours; eKuiper has nothing like it. For the role admin only (server.ts).
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { revocationBody } from '../bodies.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import { type RevocationKind, type Revocations, revocationKinds } from '../revocations.ts';
import type { Route } from '../router.ts';

const MAX_VALUE = 512;

/** @param revocations undefined where nothing is kept (tests of single routes) */
export function authRoutes(revocations: Revocations | undefined): Route[] {
  const what = 'Invalid body';
  const kept = (): Revocations => {
    if (!revocations) throw new GatewayError('SERVICE_REFUSED', { text: 'this gateway keeps no revocations' });
    return revocations;
  };
  const kindOf = (text: string): RevocationKind => {
    const kind = revocationKinds.find((k) => k === text);
    if (!kind) throw new GatewayError('REST_BODY', { what, problem: `"${text}" is none of ${revocationKinds.join(', ')}` });
    return kind;
  };
  return [
    { method: 'GET', path: '/auth/revocations', handle: () => json(kept().list()) },
    {
      method: 'POST',
      path: '/auth/revocations',
      async handle(r) {
        const body = bodyObject(r, what, revocationBody);
        const kind = kindOf(textMember(body, 'kind', what));
        const value = textMember(body, 'value', what);
        if (value === '' || value.length > MAX_VALUE || /\p{Cc}/u.test(value))
          throw new GatewayError('REST_BODY', { what, problem: `value: expected a text of 1 to ${MAX_VALUE} characters` });
        await kept().add(kind, value);
        return created(`${kind} ${value} is revoked`);
      },
    },
    {
      method: 'DELETE',
      path: '/auth/revocations/{kind}/{value}',
      async handle(r) {
        const { kind, value } = r.params as { kind: string; value: string };
        if (!(await kept().remove(kindOf(kind), value)))
          throw new GatewayError('SERVICE_NOT_FOUND', {
            text: `${kind} ${value} is not revoked over REST; lines of etc/mgmt/revoked are edited there`,
          });
        return text(`${kind} ${value} is no longer revoked`);
      },
    },
  ];
}
