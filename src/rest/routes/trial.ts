// /ruletest: trial rules.
import type { TrialService } from '../../service/index.ts';
import { withPrefix } from '../errors.ts';
import { json, text } from '../reply.ts';
import { bodyText } from '../request.ts';
import type { Route } from '../router.ts';
import type { TrialServer } from '../trial-server.ts';

export function trialRoutes(trials: TrialService, results: TrialServer): Route[] {
  return [
    {
      method: 'POST',
      path: '/ruletest',
      async handle(r) {
        const id = await trials.create(bodyText(r), r.told);
        return json({ id, port: await results.open() });
      },
    },
    {
      method: 'POST',
      path: '/ruletest/{name}/start',
      async handle(r) {
        const id = r.params['name']!;
        await withPrefix('start rule error', () => trials.start(id));
        return text(`Test rule ${id} was started`);
      },
    },
    {
      method: 'DELETE',
      path: '/ruletest/{name}',
      async handle(r) {
        await trials.stop(r.params['name']!);
        return text(`Test rule ${r.params['name']} was stopped.`);
      },
    },
  ];
}
