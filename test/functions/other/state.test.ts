// Functions that depend on the clock, the environment and stored state.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { getKeyedState, newuuid, props, ruleId, ruleStart, tstamp } from '../../../src/functions/scalar/other/index.ts';
import { prepare, testEnv } from '../helpers.ts';

describe('other functions', () => {
  it('newuuid: version 1, never twice, in the order of time', () => {
    const next = prepare(newuuid);
    const ids = Array.from({ length: 1000 }, () => next() as string);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const timeOf = (id: string) => id.slice(15, 18) + id.slice(9, 13) + id.slice(0, 8);
    expect(ids.map(timeOf)).toEqual(ids.map(timeOf).toSorted());
  });

  it('tstamp and rule_start: now, and the moment of the start', async () => {
    const clock = createVirtualClock(1000);
    const env = testEnv({ clock });
    const [now, start] = [prepare(tstamp, env), prepare(ruleStart, env)];
    expect([now(), start()]).toEqual([1000n, 1000n]);
    await clock.advance(500);
    expect([now(), start()]).toEqual([1500n, 1000n]);
    expect(prepare(ruleStart, testEnv({ ruleStartAtMs: 7 }))()).toBe(7n);
  });

  it('rule_id', () => {
    expect(prepare(ruleId)()).toBe('rule1');
  });

  it('props: properties of the environment, the time, ascending ids', () => {
    const clock = createVirtualClock(1_704_067_200_000);
    const get = prepare(props, testEnv({ clock, property: (name) => (name === 'site' ? 'plant-7' : undefined) }));
    expect(get('site')).toBe('plant-7');
    expect(get('et')).toBe('1704067200000');
    expect(() => get('Site')).toThrow('property Site is not set: set KUIPER_PROPS_SITE and restart');
    const ids = Array.from({ length: 5000 }, () => BigInt(get('snowflake') as string));
    expect(ids[0]! >> 22n).toBe(1_704_067_200_000n - 1_288_834_974_657n);
    expect(ids.every((id, i) => i === 0 || id > ids[i - 1]!)).toBe(true);
  });

  it('get_keyed_state: the stored value in the wanted type, the default without one', () => {
    const stored: Record<string, string> = { n: '12', bad: 'x' };
    const get = prepare(getKeyedState, testEnv({ keyedState: { get: (key) => stored[key], put: () => undefined } }));
    expect(get('n', 'bigint', 0n)).toBe(12n);
    expect(get('n', 'string', '')).toBe('12');
    expect(get('none', 'bigint', 5n)).toBe(5n);
    expect(() => get('bad', 'bigint', 0n)).toThrow('not supported type conversion');
    expect(() => get(5, 'bigint', 0n)).toThrow('key 5 is not a string');
  });
});
