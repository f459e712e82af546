// From `actions` of a rule to sinks: every element may name several sinks; resourceId takes properties of a stored sink, which the
// action's own win over; connectionSelector takes those of a named connection, which win over the action's.
import type { Props } from '../contract/props.ts';
import { inOurSpelling } from '../contract/untaken.ts';
import { type ActionSpec, commonSinkOptions } from '../runtime/index.ts';
import type { ConfKeyStore } from './conf-keys.ts';
import type { ConnectionStore } from './connections.ts';
import { noConfKey, overlay } from './source-spec.ts';

export interface ActionDeps {
  confKeys: ConfKeyStore;
  connections: Pick<ConnectionStore, 'props'>;
  /** Puts secrets in the place of `${secret:name}`. @throws GatewayError SECRET_UNKNOWN */
  resolve<T>(value: T): T;
}

/** @param actions checked by rules/rule-json.ts: objects of sink type → properties */
export function actionSpecs(actions: readonly Readonly<Record<string, unknown>>[], deps: ActionDeps): ActionSpec[] {
  return actions.flatMap((action, index) =>
    Object.entries(action).map(([type, raw]): ActionSpec => {
      const told: string[] = [];
      let props: Props = inOurSpelling(commonSinkOptions, (raw ?? {}) as Props);
      const { resourceId, connectionSelector, ...own } = props;
      if (typeof resourceId === 'string' && resourceId !== '') {
        const resource = deps.confKeys.find('sinks', type, resourceId);
        if (!resource) told.push(noConfKey(`Sink ${type}_${index} names resource`, resourceId, deps.confKeys.list('sinks', type)));
        props = inOurSpelling(
          commonSinkOptions,
          overlay(resource ?? {}, connectionSelector === undefined ? own : { ...own, connectionSelector }),
        );
      }
      const selector = props['connectionSelector'];
      if (typeof selector === 'string' && selector !== '') props = overlay(props, deps.connections.props(selector));
      return { type, props: deps.resolve(props), index, ...(told.length > 0 ? { told } : {}) };
    }),
  );
}
