// What a connector says about a stream or table before it is stored. Used by service.ts, and by imports against a shadow of the catalog.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { Runtime } from '../../runtime/index.ts';
import { type SourceSpecDeps, sourceSpecOf } from '../source-spec.ts';
import type { SourceDefinition } from './definition.ts';
import { idleOptions, streamWarnings } from './stream-warnings.ts';

/** @param names of all connectors: with them streams are looked at too, and what they ask for in vain is said
 *  @returns says what of a definition has no effect */
export function streamValidator(
  connectors: (name: string) => ConnectorEntry | undefined,
  runtime: Pick<Runtime, 'validateSource'>,
  deps: SourceSpecDeps,
  names?: () => readonly string[],
): (definition: SourceDefinition) => Promise<readonly string[]> {
  return async (definition) => {
    if (!definition.lookup) {
      if (!names) return idleOptions(definition);
      const sources = names().filter((name) => connectors(name)?.offers.includes('source'));
      return streamWarnings(definition, sources, async () => runtime.validateSource(sourceSpecOf(definition, deps)));
    }
    if (!connectors(definition.type)?.offers.includes('lookup'))
      throw new GatewayError('STREAM_COMMAND', { text: `lookup source type ${definition.type} not found` });
    return [...idleOptions(definition), ...(await runtime.validateSource(sourceSpecOf(definition, deps)))];
  };
}
