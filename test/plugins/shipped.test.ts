// The plugins that we ship load as a user's would, and compute what they promise.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as geohash from '../../plugins/functions/geohash.ts';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { checkPluginFile, pluginKinds } from '../../src/plugin-host/index.ts';

const folder = join(import.meta.dirname, '../../plugins');
const files = pluginKinds.flatMap((kind) =>
  readdirSync(join(folder, kind))
    .filter((f) => /\.[jt]s$/.test(f))
    .map((f) => [kind, f] as const),
);

describe('shipped plugins', () => {
  test.each(files)('%s/%s loads', async (kind, file) => {
    const facts = await checkPluginFile(join(folder, kind, file), createRealClock(), createMemoryLog().log);
    expect(facts.kind).toBe(kind);
  });
});

describe('geohash', () => {
  const call = (name: keyof typeof geohash, ...args: unknown[]) => new geohash[name]().exec(args);
  test('encodes as the definition says', () => {
    expect(call('GeohashEncode', 57.64911, 10.40744)).toBe('u4pruydqqvj8');
    expect(call('GeohashEncode', 42.605, -5.603)).toMatch(/^ezs42/);
    expect(call('GeohashEncodeInt', -90, -180)).toBe(0n);
    expect(call('GeohashEncodeInt', 0, 0)).toBe(0xc000000000000000n);
  });
  test('decodes to a point inside', () => {
    const box = call('GeohashBoundingBox', 'u4pruydqqvj8') as Record<string, number>;
    const point = call('GeohashDecode', 'u4pruydqqvj8') as { Longitude: number; Latitude: number };
    expect(point.Latitude).toBe(57.64911);
    expect(point.Longitude).toBeCloseTo(10.40744, 5);
    expect(box['MinLat']! <= point.Latitude && point.Latitude <= box['MaxLat']!).toBe(true);
    expect(box['MinLng']! <= point.Longitude && point.Longitude <= box['MaxLng']!).toBe(true);
    const exact = call('GeohashDecodeInt', call('GeohashEncodeInt', 57.64911, 10.40744)) as { Longitude: number; Latitude: number };
    expect([exact.Latitude, exact.Longitude]).toEqual([expect.closeTo(57.64911, 7), expect.closeTo(10.40744, 7)]);
  });
  test('neighbours', () => {
    expect(call('GeohashNeighbors', 'ezs42')).toEqual(['ezs48', 'ezs49', 'ezs43', 'ezs41', 'ezs40', 'ezefp', 'ezefr', 'ezefx']);
    expect(call('GeohashNeighbor', 'ezs42', 'SouthWest')).toBe('ezefp');
    const center = call('GeohashEncodeInt', 1, 1) as bigint;
    expect(call('GeohashNeighborInt', call('GeohashNeighborInt', center, 'East'), 'West')).toBe(center);
    expect((call('GeohashNeighborsInt', center) as bigint[]).length).toBe(8);
  });
  test('refuses what is none', () => {
    expect(() => call('GeohashDecode', 'a!')).toThrow('not a geohash');
    expect(() => call('GeohashEncode', 91, 0)).toThrow('latitude');
    expect(() => call('GeohashNeighbor', 'ezs42', 'Up')).toThrow('direction');
  });
});
