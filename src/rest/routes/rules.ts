// /rules: create, read, replace, delete, start, stop, status, plan. Tags and bulk commands: rule-tags.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { settle } from '../../contract/told.ts';
import type { RuleService } from '../../service/index.ts';
import { traceBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, empty, json, jsonText, text } from '../reply.ts';
import { bodyObject, bodyText, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function ruleRoutes(rules: RuleService): Route[] {
  return [
    { method: 'GET', path: '/rules', handle: () => json(rules.list()) },
    {
      method: 'POST',
      path: '/rules',
      async handle(r) {
        const id = await rules.create(bodyText(r), r.told);
        return created(`Rule ${id} was created successfully.`);
      },
    },
    {
      method: 'GET',
      path: '/rules/{name}',
      handle: (r) => jsonText(withPrefix('Describe rule error', () => rules.describe(r.params['name']!))),
    },
    {
      method: 'PUT',
      path: '/rules/{name}',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('Update rule error', () => rules.replace(id, bodyText(r), r.told));
        return text(`Rule ${id} was updated successfully.`);
      },
    },
    {
      method: 'DELETE',
      path: '/rules/{name}',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('Delete rule error', () => rules.delete(id));
        return text(`Rule ${id} is dropped.`);
      },
    },
    { method: 'GET', path: '/rules/status/all', handle: () => json(rules.statusAll()) },
    {
      method: 'GET',
      path: '/rules/{name}/status',
      handle: (r) =>
        jsonText(
          JSON.stringify(
            withPrefix('get rule status error', () => rules.status(r.params['name']!)),
            undefined,
            2,
          ),
        ),
    },
    {
      method: 'GET',
      path: '/v2/rules/{name}/status',
      handle: (r) => json(withPrefix('get rule status error', () => rules.status(r.params['name']!))),
    },
    {
      method: 'GET',
      path: '/rules/{name}/health',
      handle: (r) => json(withPrefix('get rule health error', () => rules.health(r.params['name']!))),
    },
    {
      method: 'GET',
      path: '/rules/{name}/diag',
      handle: async (r) => json(await withPrefix('diag rule error', () => rules.diag(r.params['name']!))),
    },
    {
      method: 'POST',
      path: '/rules/{name}/start',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('start rule error', () => rules.start(id));
        return text(`Rule ${id} was started`);
      },
    },
    {
      method: 'POST',
      path: '/rules/{name}/stop',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('stop rule error', () => rules.stop(id));
        return text(`Rule ${id} was stopped.`);
      },
    },
    {
      method: 'POST',
      path: '/rules/{name}/restart',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('restart rule error', () => rules.restart(id));
        return text(`Rule ${id} was restarted`);
      },
    },
    {
      method: 'GET',
      path: '/rules/{name}/topo',
      handle: (r) => json(withPrefix('get rule topo error', () => rules.topo(r.params['name']!))),
    },
    {
      method: 'GET',
      path: '/rules/{name}/schema',
      handle: (r) => json(withPrefix('get rule schema error', () => rules.schema(r.params['name']!))),
    },
    {
      method: 'GET',
      path: '/rules/{name}/explain',
      handle: async (r) => text(await withPrefix('explain rules error', () => rules.explain(r.params['name']!))),
    },
    {
      method: 'POST',
      path: '/rules/validate',
      async handle(r) {
        try {
          return { ...json({ sources: await rules.validate(bodyText(r), r.told), valid: true }), contentType: undefined };
        } catch (error) {
          return text(messageOf(error), 422);
        }
      },
    },
    {
      method: 'POST',
      path: '/rules/{name}/trace/start',
      handle(r) {
        const strategy = textMember(bodyObject(r, 'Invalid body: Error decoding json', traceBody), 'strategy', 'Invalid body');
        // eKuiper takes any word; what is not "head" means every message
        if (!/^(head|always)$/i.test(strategy))
          r.told.warnings.push(
            `Strategy ${JSON.stringify(strategy)} is not one of always, head; always is taken, every message is traced.`,
          );
        settle(r.told);
        rules.setTrace(r.params['name']!, strategy.toLowerCase() === 'head' ? 'head' : 'always');
        return empty();
      },
    },
    {
      method: 'POST',
      path: '/rules/{name}/trace/stop',
      handle(r) {
        rules.setTrace(r.params['name']!, undefined);
        return empty();
      },
    },
  ];
}
