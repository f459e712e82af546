// A connector as the runtime gets it: what plugins bring under a name, over the built-in one of that name, whose other side stays.
// Used by versions/plugin-registry.ts.
import type { ConnectorDefinition, ConnectorEntry } from '../../contract/connector.ts';
import type { ConnectorContext } from '../../contract/context.ts';
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
    async load(): Promise<ConnectorDefinition> {
      const own: ConnectorDefinition = { ...(await builtin?.load()), name };
      const doc = `Plugin ${name}.`;
      if (source && sourceActive?.offers.includes('source')) {
        const methods = source.version.worker.facts?.main?.methods ?? [];
        // a plugin is written for ComponentContext, which every connector's context is
        const create = () => createRemoteSource(source, methods) as Source<ConnectorContext>;
        own.source = { kind: 'source', name, payload: 'rows', shareable: source.version.singleton.main, options: [], doc, create };
      }
      if (source && sourceActive?.offers.includes('lookup'))
        own.lookup = { kind: 'lookup', name, options: [], doc, create: () => createRemoteLookup(source) as LookupSource<ConnectorContext> };
      if (sink)
        own.sink = {
          kind: 'sink',
          name,
          payload: 'rows',
          maxInFlight: 16,
          options: [],
          doc,
          create: () => createRemoteSink(sink) as Sink<ConnectorContext>,
        };
      return own;
    },
  };
}
