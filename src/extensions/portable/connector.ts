// Sources and sinks of a portable plugin as connectors. A plugin's options are its own affair: none is declared. Used by portable-plugins.ts.
import type { ConnectorDefinition } from '../../contract/connector.ts';
import type { PluginProcess } from './plugin-process.ts';
import { createPortableSink } from './sink.ts';
import { createPortableSource } from './source.ts';

export function portableConnector(
  name: string,
  plugin: string,
  { source, sink }: { source?: () => PluginProcess; sink?: () => PluginProcess },
): ConnectorDefinition {
  const doc = `Of the portable plugin ${plugin}.`;
  return {
    name,
    ...(source && {
      source: {
        kind: 'source',
        name,
        payload: 'rows',
        shareable: true,
        options: [],
        doc,
        create: () => createPortableSource(name, source),
      },
    }),
    ...(sink && {
      sink: { kind: 'sink', name, payload: 'bytes', maxInFlight: 1, options: [], doc, create: () => createPortableSink(name, sink) },
    }),
  };
}
