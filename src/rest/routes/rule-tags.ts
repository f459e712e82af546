// Tags of rules, and commands to all rules that carry them.

import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { RuleService } from '../../service/index.ts';
import { tagsBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { empty, json } from '../reply.ts';
import { bodyObject, type RestRequest } from '../request.ts';
import type { Route } from '../router.ts';

export function ruleTagRoutes(rules: RuleService): Route[] {
  const edit = (method: 'PUT' | 'PATCH' | 'DELETE', change: (old: readonly string[], given: readonly string[]) => string[]): Route => ({
    method,
    path: '/rules/{name}/tags',
    async handle(r) {
      const given = tagsOf(r);
      await withPrefix('Get rule error', () => rules.editTags(r.params['name']!, (old) => change(old, given)));
      return empty();
    },
  });
  const bulk = (action: 'start' | 'stop'): Route => ({
    method: 'POST',
    path: `/rules/bulk${action}`,
    handle: async (r) => json(await rules.bulk(action, tagsOf(r))),
  });
  return [
    {
      method: 'GET',
      path: '/rules/tags/match',
      handle(r) {
        const ids = rules.matchTags(tagsOf(r));
        return json(ids.length ? { rules: ids } : {});
      },
    },
    edit('PUT', (_old, given) => [...given]),
    edit('PATCH', (old, given) => [...old, ...given]),
    edit('DELETE', (old, given) => old.filter((t) => !given.includes(t))),
    bulk('start'),
    bulk('stop'),
  ];
}

function tagsOf(r: RestRequest): string[] {
  const what = 'decode body error';
  const tags = bodyObject(r, what, tagsBody)['tags'] ?? [];
  if (!Array.isArray(tags) || tags.some((t) => typeof t !== 'string'))
    throw new GatewayError('REST_BODY', { what, problem: `tags: expected a list of texts, got ${JSON.stringify(tags)}` });
  return tags as string[];
}
