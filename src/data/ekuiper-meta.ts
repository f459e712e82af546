// Metadata as eKuiper has it: without the keys that are ours. For rules with sqlCompatibility ekuiper. Called by compile/meta.ts and exec/project.ts.
import type { Meta } from './tuple.ts';
import type { Value } from './value.ts';

/** Of MQTT messages: was it retained, when did it arrive (epoch ms), what type of content does its sender say. */
export const ownMetaKeys: ReadonlySet<string> = new Set(['retained', 'arrivalTime', 'contentType']);

export function ekuiperMeta(meta: Meta): Meta {
  const out: Record<string, Value> = {};
  for (const key of Object.keys(meta)) if (!ownMetaKeys.has(key)) out[key] = meta[key];
  return out;
}
