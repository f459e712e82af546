// Everything that a source or sink may be given: the options of its connector and those that the gateway itself takes of every one. Warnings,
// metadata and pages come from here. Called by runtime/index.ts (validation), rule/rule.ts (notes of a running rule) and src/service.
import { GatewayError, isGatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { ConnectorDefinition, ConnectorEntry } from '../contract/connector.ts';
import { type OptionSpec, type Props, parseOptions } from '../contract/props.ts';
import { type Untaken, untaken } from '../contract/untaken.ts';
import type { ActionSpec, SourceSpec } from './definition.ts';
import { sinkName } from './sink/names.ts';
import { commonSourceOptions } from './source/options.ts';
import { actionOptions, commonSinkOptions } from './transform/options.ts';

type Find = (name: string) => ConnectorEntry | undefined;

/** @returns undefined when the connector does not say what it takes (plugins may not) */
export function sourceOptionsOf(d: ConnectorDefinition, plugin = false): readonly OptionSpec[] | undefined {
  const own = together([d.source?.options, d.lookup?.options, d.connection?.options]);
  return plugin && own.length === 0 ? undefined : together([own, commonSourceOptions]);
}

/** The same for a sink. */
export function sinkOptionsOf(d: ConnectorDefinition, plugin = false): readonly OptionSpec[] | undefined {
  const own = together([d.sink?.options, d.connection?.options]);
  return plugin && own.length === 0 ? undefined : together([own, commonSinkOptions]);
}

/** The same for a named connection, which sources and sinks select. */
export function connectionOptionsOf(d: ConnectorDefinition): readonly OptionSpec[] {
  return together([d.connection?.options, d.source?.options, d.sink?.options, d.lookup?.options]);
}

/** The first of a name wins: it is the connector's own. */
function together(lists: readonly (readonly OptionSpec[] | undefined)[]): readonly OptionSpec[] {
  const found = new Map<string, OptionSpec>();
  for (const spec of lists.flatMap((l) => l ?? [])) {
    const key = spec.name.toLowerCase();
    if (!found.has(key)) found.set(key, spec);
  }
  return [...found.values()];
}

/** What of the properties of a stream or table has no effect. */
export async function untakenOfSource(find: Find, spec: SourceSpec): Promise<Untaken> {
  const entry = find(spec.type);
  const specs = entry && sourceOptionsOf(await entry.load(), entry.plugin);
  const place = `${spec.kind === 'stream' ? 'stream' : 'table'} ${spec.name} (${spec.type})`;
  return withTold(spec.told, specs && untaken('Property', place, specs, spec.props));
}

/** What of the properties of a sink has no effect. */
export async function untakenOfSink(find: Find, action: ActionSpec): Promise<Untaken> {
  const entry = find(action.type);
  const specs = entry && sinkOptionsOf(await entry.load(), entry.plugin);
  return withTold(action.told, specs && untaken('Property', `sink ${sinkName(action)}`, specs, action.props));
}

const withTold = (told: readonly string[] = [], found: Untaken = { told: [], refused: [] }): Untaken => ({
  ...found,
  told: [...told, ...found.told],
});

/** @throws GatewayError CONNECTOR_OPTION for what would have to be refused  @returns the sentences about the rest */
export function refusing(component: string, { told, refused }: Untaken): string[] {
  if (refused.length > 0) throw new GatewayError('CONNECTOR_OPTION', { component, problems: refused.join('; ') });
  return told;
}

/** What is missing may be there under another name: an error about properties says so. */
export function withHints(component: string, error: unknown, told: readonly string[]): unknown {
  if (told.length === 0 || (isGatewayError(error) && error.code !== 'CONNECTOR_OPTION')) return error;
  return new GatewayError(
    'CONNECTOR_OPTION',
    { component, problems: [messageOf(error), ...told.map((t) => `hint: ${t}`)].join('\n') },
    { cause: error },
  );
}

/** Types and ranges of what the gateway itself takes of a sink. @throws GatewayError CONNECTOR_OPTION */
export function checkActionOptions(type: string, props: Props): void {
  parseOptions(`${type} sink`, actionOptions, props);
}
