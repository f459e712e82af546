// The historian in a whole gateway: a rule keeps rows, another one compares with an earlier hour, REST and the command line ask.
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import history from '../../../src/connectors/history/index.ts';
import type { Historian, HistoryRow } from '../../../src/contract/history.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../../helpers/real-gateway.ts';

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

let gateway: RealGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const { status, text } = await gateway!.call(method, path, body);
  expect(`${status} ${text}`).toMatch(/^20[01] /);
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as T;
};
const refusal = async (method: string, path: string, body?: unknown) => {
  const { status, text } = await gateway!.call(method, path, body);
  return { status, message: (JSON.parse(text) as { message: string }).message };
};

// @covers issue:22#4
describe('the historian of a gateway', () => {
  it('keeps the rows of a rule, lets another rule compare with the same hour of last week, and answers plots and queries', async () => {
    gateway = await realGateway({ KUIPER__HISTORY__FLUSHINTERVAL: '10ms' }, 'history:\n  keepValues: 400h\n');
    const now = Date.now();
    const lastWeek = now - WEEK;
    const hour = lastWeek - (lastWeek % HOUR);
    const rows = [
      { dev: 'b1', temp: 10.5, ts: hour },
      { dev: 'b1', temp: 20.5, ts: hour + 1000 },
      { dev: 'b1', temp: 99, ts: hour + HOUR },
      { dev: 'b2', temp: 1, ts: hour },
    ];
    await call('PUT', '/metadata/sources/simulator/confKeys/old', { data: rows, interval: '20ms', loop: true });
    await call('POST', '/streams', { sql: 'CREATE STREAM old () WITH (TYPE="simulator", CONF_KEY="old")' });
    await call('POST', '/rules', {
      id: 'keep',
      sql: 'SELECT * FROM old',
      actions: [{ history: { series: 'boiler/{{.dev}}', excludeFields: ['dev'], tsFieldName: 'ts' } }],
    });
    const series = async () => (await call<{ series: { series: string; fields: object }[] }>('GET', '/history')).series;
    await until(async () => (await series()).length === 2, 'both series are there');
    expect(await series()).toEqual([
      { series: 'boiler/b1', fields: { temp: { atMs: hour + HOUR, value: 99 } } },
      { series: 'boiler/b2', fields: { temp: { atMs: hour, value: 1 } } },
    ]);

    await call('PUT', '/metadata/sources/simulator/confKeys/live', {
      data: [{ dev: 'b1', temp: 30, ts: now }],
      interval: '50ms',
      loop: true,
    });
    await call('POST', '/streams', { sql: 'CREATE STREAM live () WITH (TYPE="simulator", CONF_KEY="live")' });
    await call('POST', '/tables', { sql: 'CREATE TABLE before () WITH (TYPE="history", DATASOURCE="boiler/b1", KIND="lookup")' });
    await call('POST', '/rules', {
      id: 'compare',
      sql: `SELECT live.temp AS temp, before.temp AS then_avg, before.temp_max AS then_max, live.temp - before.temp AS more
            FROM live INNER JOIN before ON before.at = live.ts - ${WEEK}`,
      actions: [{ history: {} }],
    });
    const columns = async () => (await series()).find((s) => s.series === 'compare')?.fields;
    await until(async () => (await columns()) !== undefined, 'rows of the comparison are there');
    expect(await columns()).toMatchObject({
      temp: { value: 30 },
      then_avg: { value: 15.5 },
      then_max: { value: 20.5 },
      more: { value: 14.5 },
    });

    const plot = await call<{ fields: object; stepMs: number; detail: string }>(
      'GET',
      `/history/${encodeURIComponent('boiler/b1')}?from=${hour}&to=${new Date(hour + 2 * HOUR).toISOString()}&points=2`,
    );
    expect(plot).toMatchObject({ stepMs: HOUR, fields: { temp: [[hour, 15.5, 10.5, 20.5, 2], [hour + HOUR, 99, 99, 99, 1]] } }); // biome-ignore format: one line
    const asked = { sql: "SELECT count(*) AS n, max(value) AS top FROM history WHERE series LIKE 'boiler/%'" };
    expect(await call('POST', '/history/query', asked)).toEqual({ columns: ['n', 'top'], rows: [{ n: 4, top: 99 }], truncated: false });
    const out: string[] = [];
    const io = { out: (t: string) => void out.push(t), err: (t: string) => void out.push(t), terminal: true, color: false };
    expect(await runCli(['--url', gateway.url, 'query', asked.sql], {}, io as never)).toBe(0);
    expect(out.join('\n').split('\n').map((l) => l.trim().split(/ +/))).toEqual([['n', 'top'], ['4', '99']]); // biome-ignore format: one line
    out.length = 0;
    expect(await runCli(['--url', gateway.url, 'show', 'history'], {}, io as never)).toBe(0);
    expect(out.join('\n')).toMatch(/boiler\/b1 +temp +99 +\d{4}-/);

    expect(await call('DELETE', `/history/${encodeURIComponent('boiler/b2')}`)).toBe('Series boiler/b2 is removed.');
    expect((await series()).map((s) => s.series)).toEqual(['boiler/b1', 'compare']);
  }, 60_000);

  it('says what is wrong with a question', async () => {
    gateway = await realGateway();
    expect(await call('GET', '/history')).toMatchObject({ usedBytes: expect.any(Number), maxBytes: 512 * 1024 ** 2, series: [] });
    expect(await refusal('GET', '/history/none')).toEqual({
      status: 404,
      message: expect.stringContaining('The historian has no series "none"'),
    });
    for (const [query, text] of [
      ['from=tomorrow', 'from: "tomorrow" is neither ms since 1970'],
      ['from=10&to=10', 'must be before to'],
      ['points=0', 'points: "0" is not a number from 1 to 5000'],
      ['points=5001', 'points: "5001" is not'],
      ['to=-1x', 'to: "-1x" is neither'],
    ])
      expect(await refusal('GET', `/history/none?${query}`)).toEqual({ status: 400, message: expect.stringContaining(text!) });
    expect(await refusal('POST', '/history/query', { sql: 'DROP TABLE raw' })).toEqual({
      status: 400,
      message: expect.stringContaining('only SELECT'),
    });
    expect((await refusal('DELETE', '/history/none')).status).toBe(404);
  });
});

/** A historian that keeps what it is given. */
function fake(refuse: (row: HistoryRow) => boolean = () => false) {
  const rows: HistoryRow[] = [];
  const box = {
    open: async () => undefined,
    append(row: HistoryRow) {
      if (refuse(row)) throw new Error(`not ${row.series}`);
      rows.push(row);
      return Promise.resolve();
    },
    span: async (series: string, fromMs: number, toMs: number) => ({ t: 1, asked: `${series} ${fromMs} ${toMs}` }),
    last: async (series: string, atMs: number, maxAgeMs: number) => ({ t: 2, asked: `${series} ${atMs} ${maxAgeMs}` }),
    state: () => ({ discarded: { values: 3, minutes: 0, hours: 0 }, maxBytes: 5, problem: 'disk' }),
  };
  return { rows, ctx: { ...createTestContext(), historian: box as unknown as Historian } };
}

describe('the action history', () => {
  const sink = async (props: object, f = fake()) => {
    const s = history.sink!.create();
    s.configure!(props as never);
    await s.open(f.ctx, () => undefined);
    return { ...f, s, put: (data: Row | Row[], atMs = 1000) => s.collect(f.ctx, data, undefined, atMs) };
  };

  it('makes fields of the columns, leaves out what is absent, and keeps what is no number as text', async () => {
    const { put, rows } = await sink({ excludeFields: ['b'], tsFieldName: 'ts', series: 's' });
    await put({ a: 1n, b: 2n, c: null, d: true, e: { x: 1 }, f: new Uint8Array([1, 2]), ts: 77n });
    expect(rows).toEqual([{ series: 's', atMs: 77, nth: 0, values: [['a', 1n], ['d', true], ['e', '{"x":1}'], ['f', 'AQI=']] }]); // biome-ignore format: one line
  });

  it('tells rows of one moment apart, the same at each try', async () => {
    const { put, rows } = await sink({ fields: ['a'] });
    await put([{ a: 1 }, { a: 1 }, { a: 2 }]);
    await put([{ a: 1 }, { a: 1 }, { a: 2 }]);
    const marks = rows.map((r) => r.nth);
    expect(new Set(marks.slice(0, 3)).size).toBe(3);
    expect(marks.slice(3)).toEqual(marks.slice(0, 3));
    expect(rows[0]).toMatchObject({ series: 'test-rule', atMs: 1000, values: [['a', 1]] });
  });

  it('sets aside the rows that cannot be kept, and those alone', async () => {
    const { put, rows } = await sink(
      { series: '{{.s}}', fields: ['v'] },
      fake((r) => r.series === 'bad'),
    );
    const bad = { s: 'bad', v: 1 };
    await expect(put([{ s: 'a', v: 1 }, bad, { s: 'b', v: 2 }])).rejects.toMatchObject({ code: 'ROWS_REFUSED', refusedRows: [bad] });
    expect(rows.map((r) => r.series)).toEqual(['a', 'b']);
    await expect(put([bad])).rejects.toThrow('not bad');
    const { put: stamped } = await sink({ tsFieldName: 'ts' });
    await expect(stamped({ ts: 'soon', v: 1 })).rejects.toThrow('time stamp field ts: "soon" is neither a number of ms');
    await expect(stamped({ v: 1 })).rejects.toThrow('time stamp field ts: absent is neither');
  });

  it('says in health what was discarded and what could not be done', async () => {
    const { s } = await sink({});
    expect(s.notes!()).toEqual([
      'The historian is at its bound of 5 bytes: it discarded 3 values before their time.',
      'The historian could not be put in order: disk',
    ]);
  });

  it('refuses fields together with excludeFields', () => {
    expect(() => history.sink!.create().configure!({ fields: ['a'], excludeFields: ['b'] })).toThrow('cannot both be set');
  });
});

describe('the lookup table history', () => {
  const table = async (datasource: string, props: object) => {
    const f = fake();
    const t = history.lookup!.create();
    t.configure!(datasource, props as never);
    await t.open(f.ctx);
    return (fields: string[], given: Record<string, unknown>) => t.lookup(f.ctx, fields, Object.keys(given), Object.values(given));
  };

  it('asks for the span that the moment lies in, or for the last value', async () => {
    const spans = await table('s', { span: '10m' });
    expect(await spans([], { at: 1_234_567n })).toEqual([{ t: 1, asked: 's 1200000 1800000', at: 1_234_567n, series: 's' }]);
    expect(await spans(['t', 'none'], { at: 1_200_000 })).toEqual([{ t: 1 }]);
    const last = await table('', { span: 0, maxAge: '5m' });
    expect(await last(['asked'], { at: 99, series: 'x' })).toEqual([{ asked: 'x 99 300000' }]);
    expect(await spans([], { at: 1n, series: 'other' })).toEqual([]);
  });

  it('says what is wrong with a join condition', async () => {
    const t = await table('', {});
    await expect(t([], { at: 1 })).rejects.toThrow('must name the series');
    await expect(t([], { series: 's' })).rejects.toThrow('must name the moment');
    await expect(t([], { at: 1, series: 's', temp: 3 })).rejects.toThrow('not temp');
    await expect(t([], { at: 'x', series: 's' })).rejects.toThrow('at: "x" is neither a number of ms');
  });
});
