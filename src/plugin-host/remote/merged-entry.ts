// A source or sink plugin as the runtime and the forms of REST see it: merged with the built-in connector of its name, whose other side stays.
// Used by versions/plugin-registry.ts. Next: remote-source.ts, remote-sink.ts.
import type { ConnectorDefinition, ConnectorEntry } from '../../contract/connector.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { OptionSpec } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { LookupSource, Source } from '../../contract/source.ts';
import type { Active } from '../versions/plugin-entry.ts';
import type { RemotePlugin } from './remote-instance.ts';
import { createRemoteLookup } from './remote-lookup.ts';
import { createRemoteSink } from './remote-sink.ts';
import { createRemoteSource } from './remote-source.ts';

export function mergedEntry(
  name: string,
  source: RemotePlugin | undefined,
  sourceActive: Active | undefined,
  sink: RemotePlugin | undefined,
  builtin: ConnectorEntry | undefined,
): ConnectorEntry {
  const offers = new Set(builtin?.offers ?? []);
  if (source) for (const o of sourceActive?.offers ?? []) offers.add(o);
  if (sink) offers.add('sink');
  return {
    name,
    offers: [...offers],
    plugin: true,
    async load(): Promise<ConnectorDefinition> {
      const own: ConnectorDefinition = { ...(await builtin?.load()), name };
      if (source && sourceActive?.offers.includes('source')) {
        const methods = source.version.worker.facts?.main?.methods ?? [];
        // a plugin is written for ComponentContext, which every connector's context is
        const create = () => createRemoteSource(source, methods) as Source<ConnectorContext>;
        own.source = {
          kind: 'source',
          name,
          payload: 'rows',
          shareable: source.version.singleton.main,
          options: optionsOf(source),
          doc: docOf(source),
          ownInterval: true,
          create,
        };
      }
      if (source && sourceActive?.offers.includes('lookup'))
        own.lookup = {
          kind: 'lookup',
          name,
          options: optionsOf(source),
          doc: docOf(source),
          create: () => createRemoteLookup(source) as LookupSource<ConnectorContext>,
        };
      if (sink)
        own.sink = {
          kind: 'sink',
          name,
          payload: 'rows',
          maxInFlight: 16,
          options: optionsOf(sink),
          doc: docOf(sink),
          create: () => createRemoteSink(sink) as Sink<ConnectorContext>,
        };
      return own;
    },
  };
}

const docOf = ({ name, version }: RemotePlugin): string => version.worker.facts?.doc || `Plugin ${name}.`;

const TYPES: readonly string[] = ['string', 'int', 'float', 'bool', 'duration', 'string[]', 'object', 'any'] satisfies OptionSpec['type'][];

/** What the plugin declares with the helpers of the kit. Foreign data: only what is well formed is taken. */
function optionsOf({ version }: RemotePlugin): OptionSpec[] {
  return (version.worker.facts?.options ?? []).flatMap((o): OptionSpec[] => {
    if (typeof o['name'] !== 'string' || !TYPES.includes(String(o['type']))) return [];
    const oneOf = Array.isArray(o['oneOf']) ? o['oneOf'].filter((v) => typeof v === 'string' || typeof v === 'number') : undefined;
    return [
      {
        name: o['name'],
        type: o['type'] as OptionSpec['type'],
        doc: String(o['doc'] ?? ''),
        ...(o['default'] === undefined ? {} : { default: o['default'] }),
        ...(o['required'] === true ? { required: true } : {}),
        ...(o['secret'] === true ? { secret: true } : {}),
        ...(oneOf ? { oneOf } : {}),
        ...(typeof o['min'] === 'number' ? { min: o['min'] } : {}),
        ...(typeof o['max'] === 'number' ? { max: o['max'] } : {}),
      },
    ];
  });
}
