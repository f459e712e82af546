// The action archive: what is in its files, when a file ends, what a crash leaves, and uploads to S3 (moto) that are cut.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import avro from 'avsc';
import { AwsClient } from 'aws4fetch';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import archive from '../../../src/connectors/archive/index.ts';
import type { Sink } from '../../../src/contract/sink.ts';
import { DateTime } from '../../../src/data/datetime.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { haveMoto, type S3Proxy, startMoto, startProxy } from './moto.ts';

let root: string;
let open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-archive-'));
});
afterEach(async () => {
  for (const s of open) await s.close();
  open = [];
  rmSync(root, { recursive: true, force: true });
});

async function start(props: object) {
  const sink: Sink = archive.sink!.create();
  sink.configure!({ byDay: false, syncInterval: 1, ...props });
  const ctx = {
    ...createTestContext('archive_0'),
    getRootPath: () => root,
    network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } },
  };
  await sink.open(ctx, () => undefined);
  const own = {
    ctx,
    sink,
    put: async (...rows: Row[]) => sink.collect(ctx, rows.length === 1 ? rows[0]! : rows),
    async close() {
      open = open.filter((s) => s !== own);
      await sink.close(ctx);
    },
  };
  open.push(own);
  return own;
}

const finished = (folder = join(root, 'data/archives')): string[] => {
  try {
    return (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]).filter((f) => /\.(parquet|avro|gz)$/.test(f)).sort(); // biome-ignore format: one line
  } catch {
    return []; // not made yet
  }
};
const bytesOf = (file: string) => readFileSync(join(root, 'data/archives', file));
const parquetRows = (bytes: Buffer) => {
  const file = new Uint8Array(bytes).buffer;
  return parquetReadObjects({ file });
};
const waiting = () => readdirSync(join(root, 'data/archive/test-rule_archive_0')).sort();

const at = new DateTime(1_796_083_200_123_000_000n, 'UTC');
const rows: Row[] = [
  { s: 'ä;"', i: 9_007_199_254_740_993n, d: 20, on: true, b: new Uint8Array([0, 255]), t: at, o: { x: [1n, 2.5] }, mixed: 1n },
  { s: '', i: -1n, d: 0.1, on: false, extra: 'only here', mixed: 2.5 },
  { s: null, odd: 'text' },
  { odd: 5n },
];

// @covers issue:22#3
describe('files of the action archive', () => {
  it('are Parquet with the types of the rows, and nothing of a value is lost', async () => {
    const s = await start({ rollingCount: 4 });
    await s.put(...rows);
    await until(() => finished().length === 1, 'the file is there');
    const bytes = bytesOf(finished()[0]!);
    expect(await parquetRows(bytes)).toEqual([
      { s: 'ä;"', i: 9_007_199_254_740_993n, d: 20, on: true, b: expect.anything(), t: new Date(1_796_083_200_123), o: '{"x":[1,2.5]}', mixed: 1, extra: null, odd: null },
      { s: '', i: -1n, d: 0.1, on: false, b: null, t: null, o: null, mixed: 2.5, extra: 'only here', odd: null },
      { s: null, i: null, d: null, on: null, b: null, t: null, o: null, mixed: null, extra: null, odd: '"text"' },
      { s: null, i: null, d: null, on: null, b: null, t: null, o: null, mixed: null, extra: null, odd: '5' },
    ]); // biome-ignore format: a table
    const types = parquetMetadata(new Uint8Array(bytes).buffer)
      .schema.slice(1)
      .map((c) => `${c.name} ${c.type}`);
    expect(types).toEqual(['s BYTE_ARRAY', 'i INT64', 'd DOUBLE', 'on BOOLEAN', 'b BYTE_ARRAY', 't INT64', 'o BYTE_ARRAY', 'mixed DOUBLE', 'extra BYTE_ARRAY', 'odd BYTE_ARRAY']); // biome-ignore format: one line
    expect(waiting()).toEqual([]);
  }, 20_000);

  it('are Avro containers that another reader of the format takes', async () => {
    const s = await start({ format: 'avro', rollingCount: 2, columns: { d: 'int64', none: 'string' } });
    await s.put({ i: 2n ** 53n + 1n, d: 20, b: new Uint8Array([7]), t: at, s: 'x' }, { s: 'y', on: true });
    await until(() => finished().length === 1, 'the file is there');
    const got: unknown[] = [];
    const long = avro.types.LongType.__with({ fromBuffer: (b: Buffer) => b.readBigInt64LE(), toBuffer: () => Buffer.alloc(8), fromJSON: BigInt, toJSON: Number, isValid: (n: unknown) => typeof n === 'bigint', compare: () => 0 } as never); // biome-ignore format: one line
    const hook = (schema: unknown) => (schema === 'long' || (schema as { type?: unknown }).type === 'long' ? long : undefined);
    const decoder = avro.createFileDecoder(join(root, 'data/archives', finished()[0]!), { parseHook: (schema: never) => avro.Type.forSchema(schema, { typeHook: hook } as never) } as never); // biome-ignore format: one line
    await new Promise((resolve, reject) => decoder.on('data', (r: object) => void got.push({ ...r })).on('end', resolve).on('error', reject)); // biome-ignore format: one line
    expect(got).toEqual([
      { d: 20n, none: null, i: 2n ** 53n + 1n, b: Buffer.from([7]), t: 1_796_083_200_123n, s: 'x', on: null },
      { d: null, none: null, i: null, b: null, t: null, s: 'y', on: true },
    ]);
    await expect(s.put({ 'a-b': 1 })).rejects.toThrow('"a-b" is not a name of a column in Avro');
  }, 20_000);

  it('are lines of JSON with all digits, and lie in folders of the day of their first row', async () => {
    const s = await start({ format: 'jsonl', rollingCount: 4, byDay: true, path: 'data/archives/hall3' });
    await s.put(...rows);
    await until(() => finished().length === 1, 'the file is there');
    expect(finished()[0]).toMatch(/^hall3\/date=\d{4}-\d\d-\d\d\/test-rule-\d{4}-\d\d-\d\dT[\d-]+Z-[0-9a-f]{8}\.jsonl\.gz$/);
    expect(gunzipSync(bytesOf(finished()[0]!)).toString().split('\n')).toEqual([
      `{"s":"ä;\\"","i":9007199254740993,"d":20,"on":true,"b":"AP8=","t":"${new Date(1_796_083_200_123).toISOString()}","o":{"x":[1,2.5]},"mixed":1}`,
      '{"s":"","i":-1,"d":0.1,"on":false,"extra":"only here","mixed":2.5}',
      '{"odd":"text"}',
      '{"odd":5}',
      '',
    ]);
  }, 20_000);

  it('end by rows, by size and by age, whichever comes first, and hold each row once', async () => {
    const count = await start({ format: 'jsonl', rollingCount: 3 });
    for (let n = 0; n < 7; n++) await count.put({ n });
    await until(() => finished().length === 2, 'two files of three rows');
    await count.close();
    const size = await start({ format: 'jsonl', rollingSize: 1024 });
    await until(() => finished().length === 3, 'the rest of before is a file');
    for (let n = 7; n < 10; n++) await size.put({ n, fill: 'x'.repeat(600) });
    await until(() => finished().length === 4, 'a file of two large rows');
    await size.close();
    const age = await start({ format: 'jsonl', rollingInterval: 150 });
    await until(() => finished().length === 5, 'the rest of before is a file');
    await age.put({ n: 10 });
    await until(() => finished().length === 6, 'it is old enough');
    const all = finished().map((f) => gunzipSync(bytesOf(f)).toString().trim().split('\n').map((l) => (JSON.parse(l) as { n: number }).n)); // biome-ignore format: one line
    expect(all.map((f) => f.length)).toEqual([3, 3, 1, 2, 1, 1]);
    expect(all.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }, 30_000);

  it('hold every row that was confirmed when the gateway ended without a word, and nothing of a row that was cut', async () => {
    const s = await start({ format: 'jsonl' });
    await s.put({ n: 1 });
    await s.put({ n: 2 });
    // ended here: the journal stands as it is, with the begin of a row behind it
    const [name] = waiting();
    const file = join(root, 'data/archive/test-rule_archive_0', name!);
    appendFileSync(file, '{"n":3');
    const copy = readFileSync(file);
    await s.close();
    writeFileSync(file, copy);
    await start({ format: 'jsonl' });
    await until(() => finished().length === 1, 'it is finished at the next start');
    expect(gunzipSync(bytesOf(finished()[0]!)).toString()).toBe('{"n":1}\n{"n":2}\n');
    await until(() => waiting().length === 0, 'nothing is left');
  }, 20_000);

  it('are of declared types: what fits is changed, what does not is set aside alone', async () => {
    const s = await start({
      rollingCount: 1000,
      rollingInterval: 500,
      columns: { d: 'double', t: 'timestamp', x: 'string', j: 'json', on: 'boolean' },
    });
    const bad: Row = { on: 'yes' };
    await expect(s.put({ d: 1n, t: 1000n, x: 5n, j: 'a' }, bad, { on: false })).rejects.toMatchObject({
      code: 'ROWS_REFUSED',
      refusedRows: [bad],
    });
    await expect(s.put({ d: 'text' })).rejects.toThrow('column d: a value of type string does not fit into double');
    await expect(s.put({ d: null })).rejects.toThrow('without a column that has a value');
    await expect(s.put({ n: Number.NaN })).rejects.toThrow('column n: NaN cannot be kept');
    await expect(s.put({ n: 2n ** 63n })).rejects.toThrow('is not an int64');
    await until(() => finished().length === 1, 'the file is there');
    expect(await parquetRows(bytesOf(finished()[0]!))).toEqual([
      { d: 1, t: new Date(1000), x: '5', j: '"a"', on: null },
      { d: null, t: null, x: null, j: null, on: false },
    ]);
  }, 20_000);

  it.each([
    [{ path: 'etc/x' }, 'belongs to the gateway'],
    [{ path: 'data/archive/x' }, 'belongs to the gateway'],
    [{ columns: { a: 'float' } }, 'a has the type float'],
    [{ format: 'avro', columns: { 'a b': 'string' } }, 'is not a name of a column in Avro'],
    [{ bucket: 'plant' }, 'must begin with http'],
    [{ bucket: 'Plant!', endpoint: 'http://h' }, 'is not a name for a bucket'],
    [{ bucket: 'plant', endpoint: 'http://h' }, 'accessKeyId and secretAccessKey are required'],
    [
      { bucket: 'plant', endpoint: 'http://h', accessKeyId: 'a', secretAccessKey: 'b', path: 'a/../b' },
      'is not the begin of names in a bucket',
    ],
  ])('are refused with %j', (props, text) => {
    expect(() => archive.sink!.create().configure!(props)).toThrow(text);
  });
});

describe.runIf(haveMoto)('the action archive with S3', () => {
  let server: RealServer;
  let s3: S3Proxy;
  const key = { endpoint: '', bucket: 'plant', accessKeyId: 'AKIA', secretAccessKey: 's3cr3t', path: 'hall3', format: 'jsonl' };
  const list = async () => [...(await (await fetch(`http://127.0.0.1:${server.port}/plant`)).text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map((m) => m[1]!).sort(); // biome-ignore format: one line
  const get = async (name: string) => Buffer.from(await (await new AwsClient({ accessKeyId: 'a', secretAccessKey: 'b', service: 's3' }).fetch(`http://127.0.0.1:${server.port}/plant/${name.split('/').map(encodeURIComponent).join('/')}`)).arrayBuffer()); // biome-ignore format: one line
  beforeAll(async () => {
    server = await startMoto();
  }, 90_000);
  afterAll(() => server?.remove());
  beforeEach(async () => {
    await fetch(`http://127.0.0.1:${server.port}/moto-api/reset`, { method: 'POST' });
    s3 = await startProxy(server.port);
    key.endpoint = s3.url;
  });
  afterEach(() => s3.close());
  const makeBucket = () => fetch(`http://127.0.0.1:${server.port}/plant`, { method: 'PUT' });
  /** A file of about 12 MB that gzip does not make smaller: three parts of 5 MiB at most. */
  const noise = (n: number) => Array.from({ length: 120 }, (_, i) => ({ n: n + i, fill: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64') + Buffer.from(crypto.getRandomValues(new Uint8Array(40_000))).toString('base64') })); // biome-ignore format: one line
  const numbers = (bytes: Buffer) => gunzipSync(bytes).toString().trim().split('\n').map((l) => (JSON.parse(l) as { n: number }).n); // biome-ignore format: one line

  it('uploads finished files and waits for a bucket that is missing, with the reason in health', async () => {
    const s = await start({ ...key, rollingCount: 2, byDay: true });
    await s.put({ n: 1 }, { n: 2 });
    await until(() => s.ctx.states.some((x) => x.state === 'disconnected' && /NoSuchBucket/.test(x.message ?? '')), 'the reason is shown');
    expect(s.sink.notes!().join(' ')).toMatch(/1 files \(\d+ bytes of rows\) wait .*NoSuchBucket/);
    expect(JSON.stringify([s.ctx.states, s.ctx.lines, s.sink.notes!()])).not.toContain('s3cr3t');
    await makeBucket();
    await until(async () => (await list()).length === 1, 'the object is there', 20_000);
    expect((await list())[0]).toMatch(/^hall3\/date=\d{4}-\d\d-\d\d\/test-rule-.*\.jsonl\.gz$/);
    expect(numbers(await get((await list())[0]!))).toEqual([1, 2]);
    await until(() => waiting().length === 0, 'nothing is left here');
    expect(s.ctx.states.at(-1)!.state).toBe('connected');
  }, 40_000);

  it('goes on with the next part when an upload was cut, also after a start', async () => {
    await makeBucket();
    s3.intercept = (call) =>
      call.includes('partNumber=2') ? { status: 503, body: '<Error><Code>SlowDown</Code><Message>later</Message></Error>' } : undefined;
    const s = await start({ ...key, rollingCount: 120, partSize: 5 * 1024 ** 2 });
    await s.put(...noise(0));
    await until(() => s3.calls.some((c) => c.includes('partNumber=2')), 'the second part was refused', 30_000);
    await s.close();
    expect(waiting().map((f) => f.replace(/^.*?\./, ''))).toEqual(['jsonl.gz', 'jsonl.gz.upload', 'rows']);
    expect(await list()).toEqual([]);
    s3.intercept = () => undefined;
    const before = s3.calls.length;
    await start({ ...key, rollingCount: 120, partSize: 5 * 1024 ** 2 });
    await until(async () => (await list()).length === 1, 'the object is there', 30_000);
    expect(s3.calls.slice(before).map((c) => c.replace(/^(\w+) \S*?(\?uploads|partNumber=\d|\?uploadId).*$/, '$1 $2'))).toEqual(['PUT partNumber=2', 'PUT partNumber=3', 'POST ?uploadId']); // biome-ignore format: one line
    expect(numbers(await get((await list())[0]!))).toEqual(Array.from({ length: 120 }, (_, i) => i));
    await until(() => waiting().length === 0, 'nothing is left here');
  }, 60_000);

  it('begins an upload anew that the service has forgotten', async () => {
    await makeBucket();
    let forgot = false;
    s3.intercept = (call) => {
      if (!call.includes('partNumber=2') || forgot) return undefined;
      forgot = true;
      return { status: 404, body: '<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>' };
    };
    const s = await start({ ...key, rollingCount: 120, partSize: 5 * 1024 ** 2 });
    await s.put(...noise(1000));
    await until(async () => (await list()).length === 1, 'the object is there', 40_000);
    expect(s3.calls.filter((c) => c.includes('?uploads'))).toHaveLength(2);
    expect(numbers(await get((await list())[0]!))).toHaveLength(120);
  }, 60_000);

  it('takes no more rows than may wait while the service is away, and loses none', async () => {
    await makeBucket();
    s3.intercept = () => ({ status: 500, body: '' });
    const s = await start({ ...key, rollingCount: 1, maxWaiting: 1024 });
    const fill = 'x'.repeat(400);
    for (let n = 0; n < 3; n++) await s.put({ n, fill });
    await until(() => s.ctx.states.some((x) => x.state === 'disconnected'), 'the service is away');
    await expect(s.put({ n: 3, fill })).rejects.toMatchObject({ retriable: true, message: expect.stringContaining('the bound is 1024') });
    s3.intercept = () => undefined;
    await until(async () => (await list()).length === 3, 'the objects are there', 20_000);
    await until(async () => s.put({ n: 3, fill }).then(() => true, () => false), 'rows are taken again'); // biome-ignore format: one line
    await until(async () => (await list()).length === 4, 'all objects are there', 20_000);
    const all = await Promise.all((await list()).map(async (name) => numbers(await get(name))));
    expect(all.flat()).toEqual([0, 1, 2, 3]);
  }, 60_000);
});
