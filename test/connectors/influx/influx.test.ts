// influx and influx2 against a real InfluxDB 1.6 and a real VictoriaMetrics: what is written, wrong rows, kills under load.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { influx2 } from '../../../src/connectors/influx/index.ts';
import { DateTime } from '../../../src/data/datetime.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePart } from '../../helpers/parts.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { type Rig, startRig, underKills } from '../../helpers/rule-rig.ts';
import { ask, startInflux, startVictoria } from './influxd.ts';

const haveInflux = havePart('influxd', 'influxdb');
const haveVictoria = havePart('victoria-metrics', 'victoria-metrics');

describe.runIf(haveInflux)('the action influx, with InfluxDB 1.6', () => {
  let server: RealServer;
  let rig: Rig | undefined;
  beforeAll(async () => {
    server = await startInflux();
  }, 30_000);
  afterAll(() => server?.remove());
  beforeEach(async () => {
    await ask(server, 'DROP DATABASE plant');
    await ask(server, 'CREATE DATABASE plant');
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  const begin = async (props: object, more: object = {}) => {
    rig = await startRig({ actions: [{ influx: { addr: `http://127.0.0.1:${server.port}`, database: 'plant', ...props } }], ...more });
    return rig;
  };

  it('writes measurement and tags from templates over each row, columns as fields with their types, and the time stamp column', async () => {
    const r = await begin({
      measurement: 'm_{{.kind}}',
      tags: { device: '{{.dev}}', site: 'a b,c=d', empty: '' },
      fields: ['v', 'n', 'ok', 'txt', 'obj'],
      tsFieldName: 'ts',
    });
    await r.send({ kind: 'x', dev: 'd 1', v: 1.5, n: 7n, ok: true, txt: 'say "hi", \\', obj: { a: [1] }, ts: 1_700_000_000_123n });
    await r.send({ kind: 'x', dev: 'd2', v: 2, n: null, ok: false, txt: '', obj: {}, ts: DateTime.fromMs(1_700_000_000_124) });
    await r.settled();
    expect(await ask(server, 'SELECT * FROM m_x')).toEqual([
      {
        time: '1700000000123000000',
        device: 'd 1',
        site: 'a b,c=d',
        v: 1.5,
        n: 7,
        ok: true,
        txt: 'say "hi", \\',
        obj: '{"a":[1]}',
      },
      { time: '1700000000124000000', device: 'd2', site: 'a b,c=d', v: 2, n: null, ok: false, txt: '', obj: '{}' },
    ]);
    expect(await ask(server, 'SHOW TAG KEYS')).toEqual([{ tagKey: 'device' }, { tagKey: 'site' }]);
  });

  it("takes eKuiper 1's properties: databasename, tagkey and tagvalue, and tags as the text of an object", async () => {
    const addr = `http://127.0.0.1:${server.port}`;
    const old = {
      addr,
      databasename: 'plant',
      measurement: 'm',
      tagkey: 'line',
      tagvalue: '{{.l}}',
      tags: '{"site":"north"}',
      fields: 'v',
    };
    rig = await startRig({ actions: [{ influx: old }] });
    await rig.send({ l: 'a', v: 1, w: 2 });
    await rig.settled();
    expect(await ask(server, 'SELECT * FROM m')).toMatchObject([{ line: 'a', site: 'north', v: 1 }]);
    expect(await ask(server, 'SHOW FIELD KEYS')).toMatchObject([{ fieldKey: 'v' }]);
  });

  it('parks a row whose field conflicts with the type that the server has, and delivers the others of the same list', async () => {
    const r = await begin({ measurement: 'm', tsFieldName: 'ts' });
    await r.send({ v: 1, ts: 1n });
    await r.settled();
    // one item with three rows, of which the second one cannot be written
    await r.close();
    rig = await startRig({
      sql: 'SELECT v, ts FROM s GROUP BY COUNTWINDOW(3)',
      actions: [{ influx: { addr: `http://127.0.0.1:${server.port}`, database: 'plant', measurement: 'm', tsFieldName: 'ts' } }],
    });
    for (const [v, ts] of [
      [2, 2n],
      ['text', 3n],
      [4, 4n],
    ] as const)
      await rig.send({ v, ts });
    await until(() => rig!.health().parked === 1, 'one row is parked');
    expect(await ask(server, 'SELECT v FROM m')).toMatchObject([{ v: 1 }, { v: 2 }, { v: 4 }]);
    expect(rig.health().parkedReason).toMatch(/^1 of 3 rows: 127.0.0.1:\d+ answers 400: .*field type conflict/);
    expect(await rig.rule.parkedRows().list()).toMatchObject([{ rows: 1 }]);
  });

  it('keeps rows of one millisecond apart when nobody gave a time stamp, and writes the same stamp at every try', async () => {
    const r = await begin({ measurement: 'm' });
    for (let i = 0; i < 200; i++) await r.send({ v: i });
    await r.settled();
    expect(await ask(server, 'SELECT count(v) FROM m')).toMatchObject([{ count: 200 }]);
  });

  it('waits while the server does not know the database, and delivers when it does', async () => {
    await ask(server, 'DROP DATABASE plant');
    const r = await begin({ measurement: 'm' });
    await r.send({ v: 1 });
    await until(() => /database not found/.test(r.health().lastError), 'the error is shown');
    expect(r.health().parked).toBe(0);
    expect(r.confirmed.size).toBe(0);
    await ask(server, 'CREATE DATABASE plant');
    await r.settled();
    expect(await ask(server, 'SELECT v FROM m')).toMatchObject([{ v: 1 }]);
  });

  // @covers issue:22#1
  it('loses nothing when the server is killed three times under load, and doubles nothing since a line replaces itself', async () => {
    const r = await begin({ measurement: 'm', tsFieldName: 'ts', precision: 'ns' });
    const sent = await underKills(r, server, { kills: 3, row: (n) => ({ v: n, ts: BigInt(n + 1) }) });
    await r.settled();
    expect(r.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
    const written = (await ask(server, 'SELECT v FROM m')).map((x) => x['v'] as number);
    const there = new Set(written);
    expect(Array.from({ length: sent }, (_, i) => i).filter((n) => !there.has(n))).toEqual([]);
    expect(written).toHaveLength(sent);
  }, 60_000);

  it('is not connected to an address of the own network without enablePrivateNet', async () => {
    const r = await begin({ measurement: 'm' }, { enablePrivateNet: false });
    await until(() => /enablePrivateNet/.test(r.health().message + r.health().lastError + r.health().lastLoss), 'the guard is named');
    expect(r.health().connection).not.toBe('connected');
  });

  it.each([
    [{ addr: 'ftp://x', measurement: 'm', database: 'd' }, /must begin with http/],
    [{ measurement: 'm', database: 'd' }, /addr is required/],
    [{ addr: 'http://x', measurement: 'm' }, /database is required/],
    [{ addr: 'http://x', database: 'd' }, /measurement is required/],
    [{ addr: 'http://x', database: 'd', measurement: 'm', precision: 'h' }, /precision h is not supported/],
    [{ addr: 'http://x', database: 'd', measurement: 'm', fields: ['a'], excludeFields: ['b'] }, /cannot both be set/],
    [{ addr: 'http://x', database: 'd', measurement: '{{.a' }, /template/],
    [{ addr: 'http://x', database: 'd', measurement: 'm', tags: 'a=b' }, /tags must be an object/],
    [{ addr: 'http://x', database: 'd', measurement: 'm', tags: ['a'] }, /tags must be an object/],
  ])('refuses the rule with %j', async (props, text) => {
    await expect(startRig({ actions: [{ influx: props }] })).rejects.toThrow(text);
  });
});

describe.runIf(haveVictoria)('the action influx2, with VictoriaMetrics', () => {
  it('writes by the interface of version 2 and waits while the server is away', async () => {
    const server = await startVictoria();
    const rig = await startRig({
      actions: [
        {
          influx2: {
            addr: `http://127.0.0.1:${server.port}`,
            org: 'o',
            bucket: 'b',
            token: 'secret',
            measurement: 'm',
            tags: { d: '{{.d}}' },
            fields: ['v'],
          },
        },
      ],
    });
    try {
      await rig.send({ d: 'x', v: 1 });
      await rig.settled();
      await server.kill('SIGTERM');
      await rig.send({ d: 'x', v: 2 });
      await server.start();
      await rig.settled();
      const series = async () => {
        const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/export?match[]=m_v`);
        return (await answer.text()).trim();
      };
      await fetch(`http://127.0.0.1:${server.port}/internal/force_flush`);
      await until(async () => /"values":\[1,2\]/.test(await series()), 'both values are there');
      expect(JSON.parse(await series())).toMatchObject({ metric: { __name__: 'm_v', d: 'x' }, values: [1, 2] });
    } finally {
      await rig.close();
      await server.remove();
    }
  }, 30_000);

  it('declares its token as a secret', () => {
    expect(influx2.sink!.options.find((o) => o.name === 'token')).toMatchObject({ secret: true });
  });
});
