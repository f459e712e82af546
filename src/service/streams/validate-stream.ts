// What a connector says about a stream or table before it is stored. Used by service.ts, and by imports against a shadow of the catalog.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { Runtime } from '../../runtime/index.ts';
import { type SourceSpecDeps, sourceSpecOf } from '../source-spec.ts';
import type { SourceDefinition } from './definition.ts';

export function streamValidator(
  connectors: (name: string) => ConnectorEntry | undefined,
  runtime: Pick<Runtime, 'validateSource'>,
  deps: SourceSpecDeps,
): (definition: SourceDefinition) => Promise<void> {
  return async (definition) => {
    if (!definition.lookup) return;
    if (!connectors(definition.type)?.offers.includes('lookup'))
      throw new GatewayError('STREAM_COMMAND', { text: `lookup source type ${definition.type} not found` });
    await runtime.validateSource(sourceSpecOf(definition, deps));
  };
}
