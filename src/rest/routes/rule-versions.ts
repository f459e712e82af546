// Versions of rules: what each was before, and back again. Ours; eKuiper has nothing like it.
import type { Service } from '../../service/index.ts';
import { json, text } from '../reply.ts';
import type { Route } from '../router.ts';

/** Of the last changes. */
const MAX_CHANGES = 50;

export function ruleVersionRoutes({ rules, ruleHistory }: Pick<Service, 'rules' | 'ruleHistory'>): Route[] {
  return [
    { method: 'GET', path: '/changes', handle: async () => json(await ruleHistory.latest(MAX_CHANGES)) },
    { method: 'GET', path: '/rules/{name}/versions', handle: async (r) => json(await ruleHistory.of(r.params['name']!)) },
    {
      method: 'POST',
      path: '/rules/{name}/versions/{version}/restore',
      async handle(r) {
        const { name, version } = r.params as { name: string; version: string };
        await rules.replace(name, await ruleHistory.restorable(name, version, rules.versionOf(name)), r.told);
        return text(`Rule ${name} is as it was in version ${version}.`);
      },
    },
  ];
}
