// The key `about` of a profile: maker, model and kind of the device, the source of its numbers, whether a real device was read with it. Parsed by profile.ts,
// listed by `kuiper modbus profiles`.
import { isMap, isScalar, type YAMLMap } from 'yaml';

export const deviceKinds = [
  'meter',
  'inverter',
  'battery',
  'heat pump',
  'sensor',
  'charger',
  'ventilation',
  'controller',
  'drive',
  'other',
] as const;
export type DeviceKind = (typeof deviceKinds)[number];

export interface About {
  readonly maker: string;
  readonly model: string;
  readonly kind: DeviceKind;
  /** Document or file that the numbers come from. */
  readonly source: string;
  /** Public program or file that its registers were compared with; '' = none. */
  readonly comparedWith: string;
  /** A real device was read with this profile. */
  readonly seenOnHardware: boolean;
  readonly notes: string;
}

const texts = ['maker', 'model', 'kind', 'source', 'comparedWith', 'notes'] as const;
const keys = [...texts, 'seenOnHardware'];

/** @param bad reports a problem at a node of the file  @returns undefined when the profile has no such key */
export function parseAbout(root: YAMLMap, bad: (node: unknown, what: string) => void): About | undefined {
  if (!root.has('about')) return undefined;
  const map = root.get('about');
  if (!isMap(map)) {
    bad(root.get('about', true), `about: a map of ${keys.join(', ')}`);
    return undefined;
  }
  for (const pair of map.items)
    if (isScalar(pair.key) && !keys.includes(String(pair.key.value)))
      bad(pair.key, `about: unknown key "${String(pair.key.value)}"; known are ${keys.join(', ')}`);
  const text = (key: (typeof texts)[number]): string => {
    const v = map.get(key) ?? '';
    if (typeof v === 'object') bad(map.get(key, true), `about: ${key} is a text`);
    return String(v);
  };
  const kind = map.has('kind') ? text('kind') : 'other';
  if (!(deviceKinds as readonly string[]).includes(kind))
    bad(map.get('kind', true), `about: kind "${kind}": use ${deviceKinds.join(', ')}`);
  const seen = map.get('seenOnHardware') ?? false;
  if (typeof seen !== 'boolean') bad(map.get('seenOnHardware', true), `about: seenOnHardware "${String(seen)}": true or false`);
  return {
    maker: text('maker'),
    model: text('model'),
    kind: kind as DeviceKind,
    source: text('source'),
    comparedWith: text('comparedWith'),
    seenOnHardware: seen === true,
    notes: text('notes'),
  };
}
