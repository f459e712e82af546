// A sink that is gone for good (its rule is deleted, or changed) may clear what it left at its peer, such as announcements. Called by rule/kept-run.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { OwnedContext } from '../component-context.ts';
import type { ActionSpec, RuleDefinition } from '../definition.ts';
import { type Environment, loadSink } from '../environment.ts';
import { sinkName } from './names.ts';

/** @param after undefined: the rule is deleted */
export async function retireSinks(env: Environment, before: RuleDefinition, after: RuleDefinition | undefined): Promise<void> {
  const next = new Map(after?.actions.map((a) => [sinkName(a), a]));
  await Promise.all(before.actions.map((a) => retire(env, before.id, a, next.get(sinkName(a)))));
}

async function retire(env: Environment, ruleId: string, action: ActionSpec, next: ActionSpec | undefined): Promise<void> {
  const name = sinkName(action);
  try {
    const { retired } = await loadSink(env, action.type);
    const owner = { contextRuleId: ruleId, name, onStatus: () => undefined, onDropped: () => undefined };
    await retired?.(action.props, next?.props, new OwnedContext(env, owner));
  } catch (error) {
    env.log.warn({ rule: ruleId, op: name, cause: messageOf(error) }, 'What a removed sink left at its peer could not be cleared.');
  }
}
