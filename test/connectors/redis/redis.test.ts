// redis (sink, lookup), redisPub and redisSub against a real redis-server: commands, wrong rows, kills under load.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis, type RedisConnection } from '../../../src/connectors/redis/connect.ts';
import { redis } from '../../../src/connectors/redis/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePart } from '../../helpers/parts.ts';
import { type RealServer, startServer } from '../../helpers/real-server.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';

const haveRedis = havePart('redis-server', 'redis-server');
const PASSWORD = 'p4ss';

const startRedis = (): Promise<RealServer> =>
  startServer({
    name: 'redis',
    command: ({ port, folder }) =>
      `redis-server --bind 127.0.0.1 --port ${port} --dir ${folder} --appendonly yes --appendfsync always --save  --requirepass ${PASSWORD}`.split(
        ' ',
      ),
  });

describe.runIf(haveRedis)('redis', () => {
  let server: RealServer;
  let asker: RedisConnection;
  let rigs: Rig[] = [];
  const network = { network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
  const login = () => ({ addr: `127.0.0.1:${server.port}`, password: PASSWORD });
  const rig = async (o: RigOptions) => {
    const r = await startRig(o);
    rigs.push(r);
    return r;
  };
  const sink = (props: object, o: RigOptions = {}) => rig({ ...o, actions: [{ redis: { ...login(), ...props } }] });
  beforeAll(async () => {
    server = await startRedis();
  }, 30_000);
  afterAll(() => server?.remove());
  beforeEach(async () => {
    asker = await connectRedis(network, propsOf());
    await asker.command('FLUSHALL');
  });
  afterEach(async () => {
    for (const r of rigs) await r.close();
    rigs = [];
    asker.close();
  });

  // @covers finding:parity#10
  it('single: the row as JSON below the value of a column, and delete by row kind', async () => {
    const r = await sink({ field: 'id', rowkindField: 'op', fields: ['id', 'v'] });
    await r.send({ id: 'a', v: 1.5, op: 'insert' });
    await r.send({ id: 7n, v: 2 });
    await r.send({ id: 'gone', v: 3, op: 'upsert' });
    await r.send({ id: 'gone', op: 'delete' });
    await r.settled();
    expect(await asker.command('MGET', 'a', '7', 'gone')).toEqual(['{"id":"a","v":1.5}', '{"id":7,"v":2}', null]);
  });

  it('single: a key with a template over the row, and an expiration', async () => {
    const r = await sink({ key: 'dev:{{.id}}', expiration: '10m' });
    await r.send({ id: 'x', v: 1 });
    await r.settled();
    expect(await asker.command('GET', 'dev:x')).toBe('{"id":"x","v":1}');
    const ms = Number(await asker.command('PTTL', 'dev:x'));
    expect(ms).toBeGreaterThan(590_000);
    expect(ms).toBeLessThanOrEqual(600_000);
  });

  it('multiple: each column below its own name, as text', async () => {
    const r = await sink({ keyType: 'multiple' });
    await r.send({ a: 1n, b: 'x', c: { d: true } });
    await r.settled();
    expect(await asker.command('MGET', 'a', 'b', 'c')).toEqual(['1', 'x', '{"d":true}']);
  });

  it('list, set, hash and stream', async () => {
    for (const [dataType, more] of [
      ['list', { maxLength: 2 }],
      ['set', {}],
      ['hash', { expiration: '1h' }],
      ['stream', {}],
    ] as const) {
      const r = await sink({ key: dataType, dataType, ...more });
      for (const v of [1, 2, 3]) await r.send({ v, t: 'x' });
      await r.settled();
    }
    expect(await asker.command('LRANGE', 'list', '0', '-1')).toEqual(['{"t":"x","v":3}', '{"t":"x","v":2}']);
    expect(await asker.command('SCARD', 'set')).toBe(3);
    expect(await asker.command('HGETALL', 'hash')).toEqual(['v', '3', 't', 'x']);
    expect(Number(await asker.command('PTTL', 'hash'))).toBeGreaterThan(3_590_000);
    const entries = (await asker.command('XRANGE', 'stream', '-', '+')) as [string, string[]][];
    expect(entries.map((e) => e[1])).toEqual([1, 2, 3].map((v) => ['v', String(v), 't', 'x']));
  });

  it('parks the row whose key is of another type, alone, and delivers the others of its list', async () => {
    await asker.command('RPUSH', 'bad', 'x');
    const r = await sink({ field: 'id', dataType: 'hash' }, { sql: 'SELECT id, v FROM s GROUP BY COUNTWINDOW(3)' });
    for (const id of ['a', 'bad', 'c']) await r.send({ id, v: 1 });
    await until(() => r.health().parked === 1, 'one row is parked');
    expect(r.health().parkedReason).toMatch(/1 of 3 rows: redis 127.0.0.1:\d+: WRONGTYPE/);
    expect(await asker.command('HGET', 'a', 'v')).toBe('1');
    expect(await asker.command('HGET', 'c', 'v')).toBe('1');
    const [parked] = await r.rule.parkedRows().list();
    expect((await r.rule.parkedRows().show(parked!.sink, parked!.id)).data).toEqual([{ id: 'bad', v: 1 }]);
  });

  it('parks the same row alone when its list waited on disk while the server was away', async () => {
    await asker.command('RPUSH', 'bad', 'x');
    const r = await sink({ field: 'id', dataType: 'hash' }, { sql: 'SELECT id, v FROM s GROUP BY COUNTWINDOW(3)' });
    await until(() => r.health().connection === 'connected', 'the sink is connected');
    await server.kill();
    for (const id of ['a', 'bad', 'c', 'd', 'e', 'f']) await r.send({ id, v: 2 });
    await until(() => r.health().queueRows > 0, 'the lists are on disk');
    await server.start();
    await until(() => r.health().parked === 1 && r.health().queueRows === 0, 'one row is parked');
    asker.close();
    asker = await connectRedis(network, propsOf());
    for (const id of ['a', 'c', 'd', 'e', 'f']) expect(await asker.command('HGET', id, 'v')).toBe('2');
    const [parked] = await r.rule.parkedRows().list();
    expect((await r.rule.parkedRows().show(parked!.sink, parked!.id)).data).toEqual([{ id: 'bad', v: 2 }]);
  }, 30_000);

  it('parks a row without the column that is the key, and one with an unknown row kind', async () => {
    const r = await sink({ field: 'id', rowkindField: 'op' });
    await r.send({ v: 1 });
    await r.send({ id: 'a', op: 'drop' });
    await r.send({ id: 'b', v: 2 });
    await r.settled();
    await until(() => r.health().parked === 2, 'both are parked');
    expect((await r.rule.parkedRows().list()).map((p) => p.reason)).toEqual([
      'field id does not exist in data {"v":1}',
      'invalid rowkind drop',
    ]);
    expect(await asker.command('KEYS', '*')).toEqual(['b']);
  });

  it('waits with a wrong password and says so', async () => {
    const r = await sink({ field: 'id', password: 'wrong' });
    await r.send({ id: 'a' });
    await until(() => /WRONGPASS/.test(r.health().lastLoss + r.health().message), 'the reason is shown');
    expect(r.health()).toMatchObject({ parked: 0, refused: 0 });
    expect(JSON.stringify(r.health())).not.toContain('wrong');
  });

  // @covers issue:22#2
  it('loses nothing when the server is killed three times under load', async () => {
    const r = await sink({ key: 'l', dataType: 'list' });
    const sent = await underKills(r, server, { kills: 3, row: (n) => ({ n }) });
    await r.settled();
    expect(r.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
    asker.close();
    asker = await connectRedis(network, propsOf());
    const list = (await asker.command('LRANGE', 'l', '0', '-1')) as string[];
    const there = new Set(list.map((t) => (JSON.parse(t) as { n: number }).n));
    expect(Array.from({ length: sent }, (_, i) => i).filter((n) => !there.has(n))).toEqual([]);
  }, 60_000);

  it('publishes and subscribes by pattern, with the channel as metadata, and goes on after the server was killed', async () => {
    const sub = await rig({
      sql: 'SELECT n, meta(channel) AS c FROM s',
      source: { type: 'redisSub', datasource: '', props: { address: login().addr, password: PASSWORD, channels: ['k.*'] } },
    });
    const pub = await rig({ actions: [{ redisPub: { address: login().addr, password: PASSWORD, channel: 'k.1', sendSingle: true } }] });
    const subscribed = async () => Number(await asker.command('PUBSUB', 'NUMPAT')) === 1;
    await until(subscribed, 'the source subscribed');
    await pub.send({ n: 1 });
    await until(() => sub.got.length === 1, 'the row came');
    expect(sub.got).toEqual([{ n: 1, c: 'k.1' }]);
    await server.kill();
    await pub.send({ n: 2 });
    await server.start();
    asker.close();
    asker = await connectRedis(network, propsOf());
    await until(subscribed, 'the source subscribed again');
    await pub.send({ n: 3 });
    await until(() => sub.got.some((x) => x['n'] === 3), 'the next row came', 15_000);
    await pub.settled();
  }, 30_000);

  it('looks rows up by key: string, list, hash, and nothing for a key that is not there', async () => {
    await asker.command('SET', 'a', '{"x":1,"y":"z"}');
    await asker.command('RPUSH', 'l', '{"x":1}', '{"x":2}');
    await asker.command('HSET', 'h', 'x', '1');
    const look = async (dataType: string, key: unknown, fields: string[] = []) => {
      const table = redis.lookup!.create();
      await table.configure!('0', { ...login(), dataType });
      const ctx = { ...createTestContext(), ...network };
      await table.open(ctx);
      try {
        return await table.lookup(ctx, fields, ['id'], [key]);
      } finally {
        await table.close(ctx);
      }
    };
    expect(await look('string', 'a')).toEqual([{ x: 1, y: 'z' }]);
    expect(await look('string', 'a', ['y', 'absent'])).toEqual([{ y: 'z' }]);
    expect(await look('string', 5n)).toEqual([]);
    expect(await look('list', 'l')).toEqual([{ x: 1 }, { x: 2 }]);
    expect(await look('hash', 'h')).toEqual([{ x: '1' }]);
    expect(await look('hash', 'none')).toEqual([]);
    await expect(look('string', 'l')).rejects.toThrow(/WRONGTYPE/);
  });

  it('refuses a lookup by two keys', async () => {
    const table = redis.lookup!.create();
    await table.configure!('0', login());
    await expect(async () => table.lookup(createTestContext(), [], ['a', 'b'], [1, 2])).rejects.toThrow(
      'redis lookup only support one key, but got [a b]',
    );
  });

  it.each([
    [{}, 'redis sink must have key or field when KeyType is single'],
    [{ key: 'k', db: 16 }, 'redisSink db should be in range 0-15'],
    [{ key: 'k', keyType: 'many' }, 'KeyType only support single or multiple'],
    [{ key: 'k', dataType: 'zset' }, 'redis sink only support string, list, set, hash or stream data type'],
    [{ keyType: 'multiple', dataType: 'hash' }, 'dataType hash holds whole rows'],
  ])('refuses the rule with %j', async (props, text) => {
    await expect(sink(props)).rejects.toThrow(text);
  });

  const propsOf = () => {
    const tls = { certificationPath: '', privateKeyPath: '', rootCaPath: '', certificationRaw: '', privateKeyRaw: '', rootCARaw: '' };
    return { address: login().addr, username: '', password: PASSWORD, db: 0, insecureSkipVerify: false, tlsMinVersion: 'tls1.2', ...tls };
  };
});
