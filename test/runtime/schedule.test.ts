// Cron and schedules (rules.md 1.3).
import { describe, expect, it } from 'vitest';
import { defaultRuleOptions, parseRuleOptions } from '../../src/runtime/index.ts';
import { parseCron } from '../../src/runtime/rule/cron.ts';
import { createSchedule } from '../../src/runtime/rule/schedule.ts';

const at = (text: string) => Date.parse(text);
const next = (cron: string, after: string, zone = 'UTC') => {
  const ms = parseCron(cron, zone).next(at(after));
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('cron', () => {
  it.each([
    ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01:00.000Z'],
    ['*/15 * * * *', '2026-01-01T00:15:00Z', '2026-01-01T00:30:00.000Z'],
    ['0 8 * * 1-5', '2026-01-02T09:00:00Z', '2026-01-05T08:00:00.000Z'],
    ['30 4 1,15 * *', '2026-01-02T00:00:00Z', '2026-01-15T04:30:00.000Z'],
    ['0 0 13 * fri', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 12 * jan-mar ?', '2026-03-31T12:00:00Z', '2027-01-01T12:00:00.000Z'],
    ['@daily', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['@every 90s', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30.000Z'],
  ])('%s after %s is %s', (cron, after, expected) => {
    expect(next(cron, after)).toBe(expected);
  });

  it('works in the zone of the gateway', () => {
    expect(next('0 8 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T06:00:00.000Z');
    // 02:30 does not exist on the day of the change to summer time
    expect(next('30 2 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30:00.000Z');
  });

  it('has no time for 30 February', () => {
    expect(next('0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  it.each(['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '5-1 * * * *', '*/0 * * * *', 'x * * * *', '@every 0s'])(
    'refuses "%s"',
    (cron) => {
      expect(() => parseCron(cron, 'UTC')).toThrow(/invalid cron expression/);
    },
  );
});

describe('schedule', () => {
  const schedule = (o: object) => createSchedule({ ...defaultRuleOptions(), ...o }, 'UTC');

  it('runs from the cron time for the duration, ends not included', () => {
    const s = schedule({ cron: '0 8 * * *', durationMs: 600_000 });
    expect(s.scheduled).toBe(true);
    expect(s.inSchedule(at('2026-01-01T08:00:00Z'))).toBe(false);
    expect(s.inSchedule(at('2026-01-01T08:00:01Z'))).toBe(true);
    expect(s.inSchedule(at('2026-01-01T08:09:59Z'))).toBe(true);
    expect(s.inSchedule(at('2026-01-01T08:10:00Z'))).toBe(false);
    expect(s.nextStart(at('2026-01-01T08:10:00Z'))).toBe(at('2026-01-02T08:00:00Z'));
  });

  it('is limited by datetime ranges, or made of them alone', () => {
    const range = { beginMs: at('2026-01-02T00:00:00Z'), endMs: at('2026-01-03T00:00:00Z') };
    const both = schedule({ cron: '0 8 * * *', durationMs: 600_000, cronDatetimeRange: [range] });
    expect(both.inSchedule(at('2026-01-01T08:05:00Z'))).toBe(false);
    expect(both.inSchedule(at('2026-01-02T08:05:00Z'))).toBe(true);
    const alone = schedule({ cronDatetimeRange: [range] });
    expect(alone.scheduled).toBe(true);
    expect(alone.inSchedule(at('2026-01-02T12:00:00Z'))).toBe(true);
    expect(alone.inSchedule(at('2026-01-04T12:00:00Z'))).toBe(false);
    expect(alone.nextStart(at('2026-01-01T00:00:00Z'))).toBe(range.beginMs);
  });

  // @covers issue:20#3
  it('reads the texts of cronDatetimeRange in the zone of the rule, else of the gateway; with the answers of eKuiper in that of the process', () => {
    const raw = { cronDatetimeRange: [{ begin: '2026-07-01 08:00:00', end: '2026-07-01 17:00:00' }] };
    const inTokyo = createSchedule(parseRuleOptions('r', raw), 'Asia/Tokyo');
    expect(inTokyo.inSchedule(at('2026-06-30T22:59:59Z'))).toBe(false);
    expect(inTokyo.inSchedule(at('2026-06-30T23:00:00Z'))).toBe(true);
    expect(inTokyo.inSchedule(at('2026-07-01T08:00:00Z'))).toBe(true);
    expect(inTokyo.inSchedule(at('2026-07-01T08:00:01Z'))).toBe(false);
    expect(inTokyo.nextStart(at('2026-06-30T00:00:00Z'))).toBe(at('2026-06-30T23:00:00Z'));
    const own = createSchedule(parseRuleOptions('r', { ...raw, timezone: 'America/New_York' }), 'Asia/Tokyo');
    expect(own.nextStart(at('2026-06-30T00:00:00Z'))).toBe(at('2026-07-01T12:00:00Z'));
    const peer = createSchedule(parseRuleOptions('r', { ...raw, timezone: 'America/New_York', sqlCompatibility: 'ekuiper' }), 'Asia/Tokyo');
    expect(peer.nextStart(at('2026-06-30T00:00:00Z'))).toBe(new Date(2026, 6, 1, 8).getTime());
  });

  it('a duration alone is one run; a cron alone is none', () => {
    expect(schedule({ durationMs: 5000 })).toMatchObject({ scheduled: false, onceForMs: 5000 });
    expect(schedule({ cron: 'bad cron' })).toMatchObject({ scheduled: false, onceForMs: 0 });
    expect(() => schedule({ cron: 'bad cron', durationMs: 5000 })).toThrow(/invalid cron/);
  });
});

describe('rule options', () => {
  it('takes eKuiper names, durations as text or number, and ignores the rest', () => {
    const o = parseRuleOptions('r', {
      qos: 1,
      checkpointInterval: '10s',
      lateTolerance: 500,
      restartStrategy: { attempts: 3, delay: '2s' },
      duration: '1m',
      cronDatetimeRange: [{ beginTimestamp: 1, endTimestamp: 2 }],
      nope: 1,
    });
    expect(o).toMatchObject({
      qos: 1,
      checkpointIntervalMs: 10_000,
      lateToleranceMs: 500,
      durationMs: 60_000,
      cronDatetimeRange: [{ beginMs: 1, endMs: 2 }],
    });
    expect(o.restart).toMatchObject({ attempts: 3, delayMs: 2000 });
    const ours = parseRuleOptions('r', {
      timeZone: 'Europe/Berlin',
      windowOffset: '6h',
      futureTolerance: '1h',
      idleTimeout: '30s',
      maxKeys: 5,
      keyTTL: '2h',
    });
    expect(ours).toMatchObject({
      timeZone: 'Europe/Berlin',
      windowOffsetMs: 21_600_000,
      futureToleranceMs: 3_600_000,
      idleTimeoutMs: 30_000,
      maxKeys: 5,
      keyTtlMs: 7_200_000,
    });
    expect(parseRuleOptions('r', {})).toMatchObject({ futureToleranceMs: 86_400_000, idleTimeoutMs: 0, maxKeys: 1_000_000, keyTtlMs: 0 });
  });

  it.each([
    [{ concurrency: -1 }, 'Rule r has invalid options: invalidConcurrency:concurrency must be greater than 0'],
    [{ bufferLength: -5 }, 'invalidBufferLength:bufferLength must be greater than 0'],
    [{ restartStrategy: { attempts: -3 } }, 'invalidRestartAttempts:restart attempts must be greater than 0'],
    [{ lateTolerance: 'abc' }, 'lateTolerance'],
    [{ sendError: 1 }, 'sendError'],
    [{ timezone: 'Mars/Olympus' }, 'timezone: "Mars/Olympus" is not a time zone'],
    [{ maxKeys: 0 }, 'maxKeys: 0 is not allowed; allowed: 1 to 10000000'],
    [{ keyTTL: '-1s' }, 'keyTTL'],
    [{ futureTolerance: -1 }, 'futureTolerance: -1 is not allowed; allowed: 0 or more'],
    [{ idleTimeout: 'soon' }, 'idleTimeout'],
    [{ cronDatetimeRange: [{ begin: 'yesterday', end: 'now' }] }, 'not a moment'],
  ])('refuses %j', (raw, text) => {
    expect(() => parseRuleOptions('r', raw)).toThrow(text);
  });
});
