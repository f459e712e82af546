// Checks of a rule's connectors before it is accepted: they exist, and they take their properties. Nothing is opened.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { CONFIGURE_LIMIT_MS, withinLimit } from '../base/limit.ts';
import type { SinkDefinition } from '../contract/sink.ts';
import { checkActionOptions, refusing, untakenOfSink, withHints } from './declared.ts';
import type { ActionSpec, RuleDefinition } from './definition.ts';
import { type Environment, loadSink } from './environment.ts';
import { parseCacheProps } from './sink/cache-props.ts';
import { isDeadLetter, isLateRows } from './sink/dead-letter.ts';
import { sinkName } from './sink/names.ts';
import { transformDeps } from './transform/deps.ts';

/** @returns sentences about what has no effect  @throws the error that refuses the rule */
export async function validateActions(env: Environment, id: string, actions: RuleDefinition['actions']): Promise<string[]> {
  const told: string[] = [];
  if (actions.length > 0 && actions.every((a) => isDeadLetter(a) || isLateRows(a)))
    throw new GatewayError('RULE_ONLY_DEAD_LETTERS', { rule: id });
  for (const action of actions) {
    const definition = await loadSink(env, action.type);
    const found = await untakenOfSink(env.deps.connectors, action);
    try {
      await configureOnce(env, id, action, definition);
    } catch (error) {
      throw withHints(action.type, error, found.told);
    }
    told.push(...refusing(action.type, found));
  }
  return told;
}

async function configureOnce(env: Environment, id: string, action: ActionSpec, definition: SinkDefinition): Promise<void> {
  parseCacheProps(action.props, env.settings.sink);
  checkActionOptions(action.type, action.props);
  const { createTransform } = await import('./transform/index.ts');
  const transform = await createTransform(action.props, definition, {
    ...transformDeps(env, id, sinkName(action)),
    output: { item: () => undefined },
    touch: () => undefined,
    exception: () => undefined,
  });
  transform.close?.();
  await withinLimit(env.clock, CONFIGURE_LIMIT_MS, `sink ${action.type}`, definition.create().configure?.(action.props));
}
