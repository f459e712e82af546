// What of a conf key has no effect: its names are compared with what its source, sink or connection declares. Called by conf-keys.ts.
import type { ConnectorEntry } from '../contract/connector.ts';
import { wrongValues } from '../contract/props.ts';
import { untaken } from '../contract/untaken.ts';
import { connectionOptionsOf, sinkOptionsOf, sourceOptionsOf } from '../runtime/index.ts';
import type { ConfKeyLook } from './conf-keys.ts';

export function confKeyLook(find: (name: string) => ConnectorEntry | undefined): ConfKeyLook {
  return async (kind, type, key, props) => {
    const entry = find(type);
    if (!entry) return [`There is no connector "${type}": conf key ${key} has no effect.`];
    const d = await entry.load();
    const specs = { sources: sourceOptionsOf, sinks: sinkOptionsOf, connections: connectionOptionsOf }[kind](d, entry.plugin);
    if (!specs) return [];
    const { told, refused } = untaken('Property', `conf key ${key} of ${type}`, specs, props);
    const wrong = wrongValues(specs, props).map(
      (problem) => `Property of conf key ${key} of ${type}: ${problem}; what uses it will be refused.`,
    );
    return [...told, ...refused, ...wrong];
  };
}
