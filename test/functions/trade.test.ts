// Functions of the trade over several rows: counters with resets, averages, duplicates, dead bands, the first and last by time.
import { describe, expect, it } from 'vitest';
import type { Row, Value } from '../../src/data/value.ts';
import { refusalOf, startRule, type TestOptions } from '../helpers/program.ts';

const STANDARD: TestOptions = { sqlCompatibility: 'standard', sendNilField: true };

/** Column r of each row that comes out. */
function column(expr: string, rows: readonly Row[], more: { where?: string; everyMs?: number } = {}): Promise<unknown[]> {
  return columnOf(`SELECT ${expr} AS r FROM demo${more.where ? ` WHERE ${more.where}` : ''}`, rows, more.everyMs);
}

async function columnOf(sql: string, rows: readonly Row[], everyMs = 1000): Promise<unknown[]> {
  const rule = startRule(sql, STANDARD);
  for (const row of rows) {
    rule.push('demo', row);
    await rule.clock.advance(everyMs);
  }
  return rule.results.flatMap((x) => ('$error' in x ? [x] : x.map((o) => o['r'])));
}

async function windowOf(expr: string, rows: readonly Row[], window = `COUNTWINDOW(${rows.length})`): Promise<unknown> {
  const answers: unknown[] = [];
  for (const incrementalWindow of ['auto', 'off'] as const) {
    const rule = startRule(`SELECT ${expr} AS r FROM demo GROUP BY ${window}`, { ...STANDARD, incrementalWindow });
    for (const row of rows) rule.push('demo', row);
    await rule.clock.advance(10_000);
    answers.push((rule.results[0] as Row[] | undefined)?.map((r) => r['r']));
  }
  expect(answers[1]).toEqual(answers[0]);
  return (answers[0] as Value[] | undefined)?.[0];
}

const v = (...values: Value[]): Row[] => values.map((x) => ({ v: x }));

// @covers issue:20#7
describe('counters', () => {
  it('increase takes a smaller value for one after a reset, and passes nulls over', async () => {
    expect(await column('increase(v)', v(10, 12, null, 15, 3, 3, 4))).toEqual([null, 2, null, 3, 3, 0, 1]);
    expect(await column('increase(v)', v(9007199254740993n, 9007199254740995n))).toEqual([null, 2n]);
  });

  it('delta goes below 0', async () => {
    expect(await column('delta(v)', v(10, 12, null, 9))).toEqual([null, 2, null, -3]);
  });

  it('rate is per second of the times of the rows', async () => {
    expect(await column('rate(v)', v(10, 30, null, 40, 5), { everyMs: 2000 })).toEqual([null, 10, null, 2.5, 2.5]);
    expect(await column('rate(v)', v(10, 30), { everyMs: 0 })).toEqual([null, null]);
  });

  it('sum(increase(…)) over windows loses nothing between two of them, per device', async () => {
    const rule = startRule('SELECT d, sum(increase(v) OVER (PARTITION BY d)) AS kwh FROM demo GROUP BY d, COUNTWINDOW(4)', STANDARD);
    const rows = [100, 50, 101, 51, 104, 52, 2, 60].map((x, i) => ({ d: i % 2 ? 'b' : 'a', v: x }));
    for (const row of rows) rule.push('demo', row);
    expect(rule.results).toEqual([
      [
        { d: 'a', kwh: 1 },
        { d: 'b', kwh: 1 },
      ],
      [
        { d: 'a', kwh: 5 },
        { d: 'b', kwh: 9 },
      ],
    ]);
  });
});

describe('averages over rows', () => {
  it('ewma begins with the first value, and nulls leave it as it is', async () => {
    expect(await column('ewma(v, 0.5)', v(null, 4, 8, null, 0))).toEqual([null, 4, 6, 6, 3]);
  });

  it('moving_avg is over the last n values that are not null', async () => {
    expect(await column('moving_avg(v, 2)', v(1, 3, null, 7, 9))).toEqual([1, 2, 2, 5, 8]);
  });
});

// @covers issue:20#7
// @covers finding:sql#D
describe('last_sent', () => {
  it('is the value of the last row that the rule let through, not of the last one that came', async () => {
    expect(await column('v', v(10, 12, 14, 15, 16, 21), { where: 'v - last_sent(v, 0) >= 5' })).toEqual([10, 15, 21]);
    expect(await column('last_sent(v)', v(10, 12, 15), { where: 'v <> 12' })).toEqual([null, 10]);
    // the select list sees what WHERE saw
    expect(await column('last_sent(v, -1)', v(1, 2, 4, 5, 8), { where: 'v - last_sent(v, -1) >= 2' })).toEqual([-1n, 1, 4]);
  });
  it('keeps a null that was sent apart from nothing sent yet', async () => {
    expect(await column('last_sent(v, 7)', v(null, 1, null, 2), { where: 'true' })).toEqual([7n, null, 1, null]);
  });
  it('keeps keys apart, and a rule that starts again goes on', async () => {
    const sql = 'SELECT d, v FROM demo WHERE abs(v - last_sent(v, -100) OVER (PARTITION BY d)) >= 5';
    const first = startRule(sql, STANDARD);
    for (const [d, x] of [['a', 1], ['b', 20], ['a', 4], ['b', 26]] as const) first.push('demo', { d, v: x }); // biome-ignore format: pairs
    expect(first.results.flat()).toEqual([{ d: 'a', v: 1 }, { d: 'b', v: 20 }, { d: 'b', v: 26 }]); // biome-ignore format: rows
    const second = startRule(sql, { ...STANDARD, state: structuredClone(first.running.save()) });
    for (const [d, x] of [['a', 5], ['b', 30], ['a', 6], ['b', 31]] as const) second.push('demo', { d, v: x }); // biome-ignore format: pairs
    expect(second.results.flat()).toEqual([{ d: 'a', v: 6 }, { d: 'b', v: 31 }]); // biome-ignore format: rows
  });
  it("is refused with eKuiper's answers and where rows are aggregated", () => {
    expect(refusalOf('SELECT last_sent(v) AS r FROM demo', { sqlCompatibility: 'ekuiper' })).toContain('function last_sent not found');
    expect(refusalOf('SELECT last_sent(v) AS r FROM demo GROUP BY TUMBLINGWINDOW(ss, 1)', STANDARD)).toContain(
      'function last_sent is not allowed in an aggregate query',
    );
  });
  // @covers issue:20#5
  it.each(['deadband(v, 5)', 'v - last_sent(v, 0)'])(
    '%s per key keeps only keys whose rows passed, up to maxKeys, and forgets them after keyTTL',
    async (call) => {
      const condition = call.startsWith('deadband') ? `${call} OVER (PARTITION BY d)` : `${call} OVER (PARTITION BY d) >= 5`;
      const rule = startRule(`SELECT d, v FROM demo WHERE ${condition} AND v < 100`, {
        ...STANDARD,
        keyLimits: { maxKeys: 2, ttlMs: 10_000 },
      });
      const counted = () => {
        const s = [...rule.stats.values()].find((o) => o.maxKeys !== undefined);
        return [s?.keys, s?.maxKeys, s?.rowsWithoutRoom, s?.keysForgotten];
      };
      for (let i = 0; i < 50; i++) rule.push('demo', { d: `x${i}`, v: 500 });
      expect(counted()).toEqual([undefined, undefined, undefined, undefined]);
      rule.push('demo', { d: 'a', v: 10 });
      rule.push('demo', { d: 'b', v: 10 });
      expect(counted()).toEqual([2, 2, undefined, undefined]);
      rule.push('demo', { d: 'c', v: 10 });
      expect(counted()).toEqual([2, 2, 1, undefined]);
      expect(JSON.stringify(rule.results.at(-1))).toContain('maxKeys');
      await rule.clock.advance(6000);
      rule.push('demo', { d: 'b', v: 50 });
      await rule.clock.advance(5000);
      rule.push('demo', { d: 'c', v: 10 });
      expect(counted()).toEqual([2, 2, 1, 1]);
      // of a key that is forgotten the next row is a first one
      rule.results.length = 0;
      rule.push('demo', { d: 'b', v: 51 });
      expect(rule.results).toEqual([]);
    },
  );
});

describe('deadband', () => {
  it('compares with the last value that was sent, not with the row before', async () => {
    expect(await column('v', v(10, 10.3, 10.6, 10.4, 11.1, null, 10.61), { where: 'deadband(v, 0.5)' })).toEqual([10, 10.6, 11.1]);
  });

  it('a value that another condition holds back is not sent', async () => {
    expect(await column('v', v(10, 20, 11, 20.2), { where: 'deadband(v, 5) AND v < 20' })).toEqual([10]);
  });

  it('keeps one value per partition', async () => {
    const rows = [
      { d: 'a', v: 1 },
      { d: 'b', v: 9 },
      { d: 'a', v: 1.2 },
      { d: 'b', v: 9.9 },
    ];
    expect(await column('v', rows, { where: 'deadband(v, 0.5) OVER (PARTITION BY d)' })).toEqual([1, 9, 9.9]);
  });
});

describe('first_within', () => {
  it('drops duplicates that are not neighbours, until the time is over', async () => {
    expect(await column('v', v('x', 'y', 'x', 'x', 'z'), { where: 'first_within(v, "10s")' })).toEqual(['x', 'y', 'z']);
    expect(await column('v', v('x', 'x', 'x', 'x'), { where: 'first_within(v, 2000)', everyMs: 1000 })).toEqual(['x']);
    expect(await column('v', v('x', 'y', 'x'), { where: 'first_within(v, 2000)', everyMs: 1000 })).toEqual(['x', 'y', 'x']);
    expect(await column('v', v(1, '1', 1n, null), { where: 'first_within(v, 10000)' })).toEqual([1, '1']);
  });
});

describe('by time', () => {
  const rows = [
    { v: 'b', t: 20 },
    { v: 'a', t: 10 },
    { v: 'c', t: 30 },
    { v: 'none', t: null },
    { v: 'a2', t: 10 },
    { v: 'c2', t: 30 },
  ];

  it('first_by and last_by go by the time of the rows, not by their order', async () => {
    expect(await windowOf('first_by(v, t)', rows)).toBe('a');
    expect(await windowOf('last_by(v, t)', rows)).toBe('c2');
    expect(await windowOf('last_by(v, t)', [{ v: 1, t: null }])).toBeNull();
    expect(
      await windowOf('last_by(v, t)', [
        { v: 1, t: 1 },
        { v: null, t: 2 },
      ]),
    ).toBeNull();
  });

  it('lead is the value of the next row of the window, in the order of OVER', async () => {
    expect(await columnOf('SELECT lead(v) AS r FROM demo GROUP BY COUNTWINDOW(3)', v(1, 2, 3))).toEqual([2, 3, null]);
    expect(await columnOf('SELECT lead(v, 2, 0) AS r FROM demo GROUP BY COUNTWINDOW(3)', v(1, 2, 3))).toEqual([3, 0n, 0n]);
    const both = [
      { d: 'a', v: 3 },
      { d: 'b', v: 9 },
      { d: 'a', v: 1 },
    ];
    expect(await columnOf('SELECT lead(v) OVER (PARTITION BY d ORDER BY v) AS r FROM demo GROUP BY COUNTWINDOW(3)', both)).toEqual([
      3,
      null,
      null,
    ]);
  });
});

describe('statistics', () => {
  it('mode is the commonest value, and of several the first', async () => {
    expect(await windowOf('mode(v)', v('b', 'a', 'a', null, null, null))).toBe('a');
    expect(await windowOf('mode(v)', v('b', 'a', 'a', 'b'))).toBe('b');
    expect(await windowOf('mode(v)', v(null, null))).toBeNull();
  });

  it('corr is that of Pearson', async () => {
    const rows = [
      [1, 2],
      [2, 4],
      [3, 6.5],
      [4, 7],
      [null, 5],
    ].map(([x, y]) => ({ x, y }) as Row);
    expect(await windowOf('corr(y, x)', rows)).toBeCloseTo(0.972597, 5);
    expect(
      await windowOf('corr(y, x)', [
        { x: 1, y: 3 },
        { x: 2, y: 1 },
      ]),
    ).toBeCloseTo(-1, 12);
    expect(
      await windowOf('corr(y, x)', [
        { x: 1, y: 3 },
        { x: 1, y: 5 },
      ]),
    ).toBeNull();
  });

  it('histogram counts buckets without their upper ends, and what is outside at both ends', async () => {
    expect(await windowOf('histogram(v, 0, 10, 2)', v(-1, 0, 4.9, 5, 9.9, 10, 99, null))).toEqual([1n, 2n, 2n, 2n]);
  });

  it('folds that are joined give what one fold gives', async () => {
    const rows = [
      [1, 2],
      [2, 4],
      [3, 6.5],
      [4, 7],
    ].map(([x, y]) => ({ x, y, v: x! % 2 }) as Row);
    for (const expr of ['corr(y, x)', 'mode(v)', 'histogram(y, 0, 10, 5)', 'first_by(v, y)', 'last_by(v, y)'])
      expect(await windowOf(expr, rows, 'HOPPINGWINDOW(ss, 10, 5)')).toEqual(await windowOf(expr, rows));
  });
});

describe('names', () => {
  it('a rule with sqlCompatibility ekuiper does not know them, and is told where they are', () => {
    expect(() => startRule('SELECT try_cast(v, "float") AS r FROM demo')).toThrow(
      /function try_cast not found[\s\S]*sqlCompatibility "standard"/,
    );
  });

  it('columns named mode, rate, hex and typeof go on working', async () => {
    expect(await column('mode + rate', [{ mode: 1, rate: 2 }])).toEqual([3]);
    expect(await column('hex', [{ hex: 'x' }])).toEqual(['x']);
  });

  it('try_cast and is_number guard a rule against texts among numbers', async () => {
    expect(await windowOf('avg(try_cast(v, "float"))', v('1', 'x', 3))).toBe(2);
    expect(await column('v', v('1', 2, null), { where: 'is_number(v)' })).toEqual([2]);
  });
});

describe('meta()', () => {
  const meta = { topic: 't', qos: 1, messageId: 7, retained: true, arrivalTime: 5, contentType: 'json', properties: { site: 'x' } };
  const read = (expr: string, sqlCompatibility: 'standard' | 'ekuiper') => {
    const rule = startRule(`SELECT ${expr} AS r FROM demo`, { ...STANDARD, sqlCompatibility });
    rule.push('demo', { v: 1 }, { meta });
    return (rule.results[0] as Row[])[0]!['r'];
  };

  it('tells retained, arrival time, content type and user properties, and finds keys in any case', () => {
    expect(['retained', 'arrivalTime', 'contentType', 'properties->site', 'messageid'].map((k) => read(`meta(${k})`, 'standard'))).toEqual([
      true,
      5,
      'json',
      'x',
      7,
    ]);
    expect(read('meta(*)', 'standard')).toEqual(meta);
  });

  it('has what eKuiper has with sqlCompatibility ekuiper', () => {
    expect(['retained', 'arrivalTime', 'contentType'].map((k) => read(`meta(${k})`, 'ekuiper'))).toEqual([null, null, null]);
    expect(read('meta(*)', 'ekuiper')).toEqual({ topic: 't', qos: 1, messageId: 7, properties: { site: 'x' } });
  });
});
