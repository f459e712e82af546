// Options of the rule that do not go with its statement.
import type { BoundSelect } from '../bind/select.ts';

/** @throws GatewayError PLAN_OPTION, PLAN_EVENT_TIME */
export function checkRuleOptions(b: BoundSelect): void {
  const { options, fail } = b.scope;
  const here = { start: 0, end: 0 };
  if (options.sendMetaToSink && (b.joins.length > 0 || b.window))
    throw fail('PLAN_OPTION', 'Invalid option sendMetaToSink, it can not be applied to window', here);
  if (options.isEventTime)
    for (const s of b.sources)
      if (s.info.kind === 'stream' && !s.info.timestamp)
        throw fail(
          'PLAN_EVENT_TIME',
          'preprocessor is set to be event time but stream option TIMESTAMP not found',
          here,
          `add TIMESTAMP="field" to stream ${s.info.name}`,
        );
}
