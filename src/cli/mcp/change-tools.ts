// Tools that change the gateway, with --allow-changes only: plan_changes checks and shows, apply_plan does it by the id of the plan and watches.
// There is no other way to change anything.

import { parseChange, SHAPES, targetOf } from '../../service/guarded/change.ts';
import { CliError } from '../cli-error.ts';
import { applyPlan } from './apply-plan.ts';
import { checkChanges, checkUnchanged, diffOf, lookAt, MAX_CHANGES, PLAN_LIFE_MS, type Plan, type Plans } from './plan.ts';
import type { Argument, Tool } from './tool.ts';

const PLAN: Argument = { type: 'string', description: 'id of a plan, from plan_changes', maxLength: 100 };
const DEFAULT_WATCH_S = 10;

/** @param lock one plan is applied at a time, whoever asks */
export function changeTools(plans: Plans, lock: { busy: boolean }): Tool[] {
  return [
    {
      name: 'plan_changes',
      description: `Checks changes and shows what they would do. Nothing is changed. Returns the id for apply_plan. Elements: ${SHAPES}`,
      args: {
        changes: { type: 'array', description: `1 to ${MAX_CHANGES} changes, done in this order`, items: { type: 'object' } },
        reason: { type: 'string', description: 'why, one sentence for the person who looks at it', maxLength: 500 },
      },
      required: ['changes', 'reason'],
      async run({ changes: given, reason }, { client }) {
        const list = given as unknown[];
        if (list.length === 0 || list.length > MAX_CHANGES)
          throw new CliError(`plan_changes: expected 1 to ${MAX_CHANGES} changes`, 'usage');
        const changes = list.map(parseChange);
        const before = await lookAt(client, changes);
        await checkChanges(client, changes, before);
        return shown(plans.add(String(reason), list, changes, before));
      },
    },
    {
      name: 'show_plan',
      description: 'A plan once more: what it changes, and until when it can be applied.',
      args: { plan: PLAN },
      required: ['plan'],
      run: async ({ plan }) => shown(plans.get(String(plan))),
    },
    {
      name: 'discard_plan',
      description: 'Forgets a plan.',
      args: { plan: PLAN },
      required: ['plan'],
      run: async ({ plan }) => ({ discarded: plans.take(String(plan)).id }),
    },
    {
      name: 'apply_plan',
      description:
        'Does what a plan says, watches all rules for some seconds, and takes everything back when a step fails or a rule gets worse. Ask the person before.',
      args: {
        plan: PLAN,
        watchSeconds: { type: 'integer', description: `how long to watch, default ${DEFAULT_WATCH_S}`, minimum: 3, maximum: 300 },
      },
      required: ['plan'],
      changes: true,
      async run({ plan: id, watchSeconds = DEFAULT_WATCH_S }, context) {
        if (lock.busy) throw new CliError('Another plan is being applied and watched; try again when it is over.', 'refused');
        lock.busy = true;
        try {
          await checkUnchanged(context.client, plans.get(String(id)));
          return await applyPlan(context, plans.take(String(id)), (watchSeconds as number) * 1000);
        } finally {
          lock.busy = false;
        }
      },
    },
  ];
}

const shown = (plan: Plan) => ({
  plan: plan.id,
  reason: plan.reason,
  validForMinutes: PLAN_LIFE_MS / 60_000,
  changes: plan.changes.map((c) => ({
    op: c.op,
    target: targetOf(c),
    exists: plan.before.get(targetOf(c))!.text !== undefined,
    diff: diffOf(c, plan.before.get(targetOf(c))!),
  })),
  next: 'Show this to the person. apply_plan does it, watches the rules and takes it back when one gets worse.',
});
