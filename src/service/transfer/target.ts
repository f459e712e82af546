// From the twelve maps of an export, ours or eKuiper's, to what an import is to make of the gateway. Each text is taken apart here; whether it is right
// is found out by importer.ts. What this gateway cannot have is named with the reason.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ComponentKind } from '../../config/index.ts';
import type { Props } from '../../contract/props.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import type { Configuration, Part } from './configuration.ts';
import type { ImportTarget } from './import-target.ts';
import type { ReportItem } from './report.ts';

export function emptyTarget(): ImportTarget {
  return {
    plugins: {},
    schemas: {},
    uploads: {},
    portables: {},
    services: {},
    scripts: {},
    confKeys: [],
    connections: [],
    sources: [],
    rules: {},
    legacyRules: new Set(),
    secrets: undefined,
    refused: [],
    notes: [],
    files: [],
    folders: [],
    rows: [],
    removals: [],
    removedFiles: [],
    recheck: [],
  };
}

export function targetOf(set: Configuration): ImportTarget {
  const refused: ReportItem[] = [];
  const confKeys: ImportTarget['confKeys'][number][] = [];
  const connections: ImportTarget['connections'][number][] = [];
  const keysOf = (part: Part, kind: ComponentKind) => {
    for (const [type, text] of Object.entries(set[part])) {
      try {
        const keys = objectOf(parseKeepingIntegers(text), 'expected a JSON object');
        // how 0.1.0 wrote a named connection
        if (kind === 'connections' && type.startsWith('connection.')) {
          const { id, typ, props } = keys as { id?: unknown; typ?: unknown; props?: unknown };
          connections.push({ id: String(id), typ: String(typ), props: objectOf(props ?? {}, 'props: expected an object') });
          continue;
        }
        for (const [key, raw] of Object.entries(keys)) {
          const props = objectOf(raw, `${key}: expected a JSON object of properties`);
          if (kind === 'connections') connections.push({ id: key, typ: type, props });
          else confKeys.push({ kind, type, key, props });
        }
      } catch (error) {
        refused.push({ part, name: type, outcome: 'refused', reason: messageOf(error) });
      }
    }
  };
  keysOf('sourceConfig', 'sources');
  keysOf('sinkConfig', 'sinks');
  keysOf('connectionConfig', 'connections');
  return {
    ...emptyTarget(),
    plugins: set.nativePlugins,
    schemas: set.Schema,
    uploads: set.uploads,
    portables: set.portablePlugins,
    services: set.Service,
    scripts: set.scripts,
    confKeys,
    connections,
    sources: [
      ...Object.entries(set.streams).map(([name, sql]) => ({ kind: 'stream' as const, name, sql })),
      ...Object.entries(set.tables).map(([name, sql]) => ({ kind: 'table' as const, name, sql })),
    ],
    rules: set.rules,
    refused,
  };
}

function objectOf(value: unknown, problem: string): Props {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(problem);
  return value as Props;
}
