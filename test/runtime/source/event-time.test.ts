// Event time of rows: units, paths, expressions, wall times where the clock is set.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { compileRule } from '../../../src/compile/index.ts';
import { createFunctionCatalogue } from '../../../src/functions/index.ts';
import { planRule } from '../../../src/plan/index.ts';
import type { SourceSpec } from '../../../src/runtime/index.ts';
import { createEventTime, isExpression, timestampUnit } from '../../../src/runtime/source/event-time.ts';
import { parseSelect } from '../../../src/sql/index.ts';
import { type Harness, harness } from '../harness.ts';

const utc = { timeZone: 'UTC' };
const at = (text: string): number => Date.parse(text);

describe('units of TIMESTAMP_FORMAT', () => {
  // @covers issue:20#3
  it.each([
    ['s', 1_780_000_000, 1_780_000_000_000],
    ['s', 1_780_000_000.123, 1_780_000_000_123],
    ['s', 1_780_000_000.9999, 1_780_000_000_999],
    ['unix_s', 1_780_000_000n, 1_780_000_000_000],
    ['s', '1780000000', 1_780_000_000_000],
    ['s', '1780000000.5', 1_780_000_000_500],
    ['ms', 1_780_000_000_123, 1_780_000_000_123],
    ['us', 1_780_000_000_123_999n, 1_780_000_000_123],
    ['µs', 1_780_000_000_123_999, 1_780_000_000_123],
    ['ns', 1_780_000_000_123_999_999n, 1_780_000_000_123],
    ['ns', -1n, -1],
    ['NS', 1_000_000, 1],
  ])('%s reads %s as %i ms', (format, value, ms) => {
    expect(createEventTime('ts', utc, format)({ ts: value })).toBe(ms);
  });

  it('a text that is a date is a date, whatever the unit', () => {
    expect(createEventTime('ts', utc, 's')({ ts: '2026-01-01T00:00:00Z' })).toBe(at('2026-01-01T00:00:00Z'));
  });

  it('patterns of texts are no units, and without a format numbers are milliseconds', () => {
    expect(timestampUnit('ss')).toBeUndefined();
    expect(timestampUnit('yyyy-MM-dd')).toBeUndefined();
    expect(createEventTime('ts', utc, 'dd.MM.yyyy HH:mm:ss')({ ts: '31.01.2026 10:00:00' })).toBe(at('2026-01-31T10:00:00Z'));
    expect(createEventTime('ts', utc)({ ts: 1500.9 })).toBe(1500);
    expect(() => createEventTime('ts', utc, 's')({ ts: Number.NaN })).toThrow('which is not a date');
    expect(() => createEventTime('ts', utc)({})).toThrow('error in preprocessor: field ts is not found');
  });
});

describe('paths', () => {
  it('a nested path is read, and a column of that very name goes first', () => {
    const read = createEventTime('params.ts', utc, 's');
    expect(read({ params: { ts: 2 } })).toBe(2000);
    expect(read({ 'params.ts': 3, params: { ts: 2 } })).toBe(3000);
    expect(() => read({ params: 5 })).toThrow('field params.ts is not found');
    expect(() => read({ params: Object.create({ ts: 1 }) })).toThrow('is not found');
  });

  it('names with signs are no paths', () => {
    expect(isExpression('ts')).toBe(false);
    expect(isExpression('a.b.c')).toBe(false);
    expect(isExpression('a->b')).toBe(true);
    expect(createEventTime('event time', utc)({ 'event time': 7 })).toBe(7);
  });
});

describe('wall times where the clock is set', () => {
  const berlin = (nowText?: string) => ({ timeZone: 'Europe/Berlin', ...(nowText ? { clock: createVirtualClock(at(nowText)) } : {}) });

  // @covers issue:20#3
  it('of a live stream each pass of the doubled hour is the one that is nearer to the clock', () => {
    const clock = createVirtualClock(at('2025-10-25T23:50Z'));
    const read = createEventTime('Time', { timeZone: 'Europe/Berlin', clock });
    const seen: string[] = [];
    for (const wall of ['01:50:00', '02:10:00', '02:30:00', '02:50:00', '02:10:00', '02:30:00', '02:50:00', '03:10:00']) {
      seen.push(new Date(read({ Time: `2025-10-26T${wall}` })).toISOString().slice(11, 16));
      clock.jump(20 * 60_000);
    }
    expect(seen).toEqual(['23:50', '00:10', '00:30', '00:50', '01:10', '01:30', '01:50', '02:10']);
  });

  it('of a replayed stream it is the one that fits better to the newest row', () => {
    const read = createEventTime('Time', berlin('2026-06-01T00:00Z'));
    const seen = ['01:50', '02:10', '02:50', '02:05', '02:45', '03:05'].map((wall) =>
      new Date(read({ Time: `2025-10-26T${wall}:00` })).toISOString().slice(11, 16),
    );
    expect(seen).toEqual(['23:50', '00:10', '00:50', '01:05', '01:45', '02:05']);
  });

  it('the first row of a replayed stream is in the first pass', () => {
    expect(createEventTime('Time', berlin())({ Time: '2025-10-26T02:30:00' })).toBe(at('2025-10-26T00:30Z'));
  });

  it('a wall time that the clock skips is the moment of the change, so that the next row is not late', () => {
    const read = createEventTime('Time', berlin());
    expect(read({ Time: '2025-03-30T01:59:59' })).toBe(at('2025-03-30T00:59:59Z'));
    expect(read({ Time: '2025-03-30T02:30:00' })).toBe(at('2025-03-30T01:00Z'));
    expect(read({ Time: '2025-03-30T03:00:00' })).toBe(at('2025-03-30T01:00Z'));
    expect(read({ Time: '2025-03-30T03:30:00.250' })).toBe(at('2025-03-30T01:30:00.250Z'));
  });

  it('texts that name their zone, and all other days, are read as ever', () => {
    const read = createEventTime('Time', berlin());
    expect(read({ Time: '2025-10-26T02:30:00+01:00' })).toBe(at('2025-10-26T01:30Z'));
    expect(read({ Time: '2025-10-26T02:30:00Z' })).toBe(at('2025-10-26T02:30Z'));
    expect(read({ Time: '2025-07-01T12:00:00' })).toBe(at('2025-07-01T10:00Z'));
    expect(read({ Time: '2025-12-01T12:00:00' })).toBe(at('2025-12-01T11:00Z'));
    expect(read({ Time: '2025-10-25T12:00:00' })).toBe(at('2025-10-25T10:00Z'));
    expect(read({ Time: '2025-10-26T12:00:00' })).toBe(at('2025-10-26T11:00Z'));
  });
});

describe('TIMESTAMP of a stream in a running rule', () => {
  let h: Harness;
  beforeEach(() => {
    h = harness();
  });
  afterEach(() => h.end());

  const functions = createFunctionCatalogue();
  const sql = 'SELECT a, event_time() AS at FROM s';
  async function run(spec: Partial<SourceSpec>, rows: readonly object[]) {
    const source = (name: string) => ({ name, kind: 'stream' as const, timestamp: 'x' });
    const program = compileRule(planRule(parseSelect(sql), { source, functions }, { sql, isEventTime: true, lateToleranceMs: 0 }));
    const rule = h.runtime.createRule({ ...h.define('r', program), sources: (name) => ({ ...h.spec(name), ...spec }) });
    await rule.start();
    for (const row of rows) h.sources.at(-1)!.emit(Buffer.from(JSON.stringify(row)), undefined, undefined);
    return { rule, rows: h.sink.rows() };
  }

  // @covers issue:20#3
  it('may be an SQL expression', async () => {
    const { rows } = await run({ timestamp: 'coalesce(params->ts, ts) * 1000' }, [
      { a: 1, params: { ts: 5 } },
      { a: 2, ts: 6 },
    ]);
    expect(rows).toEqual([
      { a: 1, at: 5000 },
      { a: 2, at: 6000 },
    ]);
  });

  it('reads the fields that an expression names also of a typed stream', async () => {
    const schema = ['a', 'sec', 'other'].map((name) => ({ name, type: { kind: 'bigint' as const } }));
    const { rows } = await run({ timestamp: 'sec * 1000', schema }, [{ a: 1, sec: 5, other: 9 }]);
    expect(rows).toEqual([{ a: 1, at: 5000 }]);
  });

  it('takes a zone of the stream for times that name none', async () => {
    const { rows } = await run({ timestamp: 'Time', props: { timezone: 'Asia/Tokyo' } }, [{ a: 1, Time: '2026-01-01T09:00:00' }]);
    expect(rows).toEqual([{ a: 1, at: at('2026-01-01T00:00:00Z') }]);
  });

  it('an unknown function or zone refuses the stream with the reason', async () => {
    const { rule } = await run({ timestamp: 'nonsense(ts)' }, []).catch(() => ({ rule: h.runtime.rule('r')! }));
    expect(rule.status()['message']).toContain('function nonsense not found');
    const other = h.runtime.createRule({
      ...h.define('z', rule.definition.program),
      sources: (name) => ({ ...h.spec(name), timestamp: 'ts', props: { timezone: 'Mars' } }),
    });
    await other.start();
    expect(other.status()['message']).toContain('property timezone: Mars is not a time zone');
  });
});
