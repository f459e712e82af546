// External services with real peers: what is sent, what comes back, what is refused and when, and files of services.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { CallSite, OutsidePlace, ScalarDefinition } from '../../src/contract/function.ts';
import type { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import { decodeMsgpack, encodeMsgpack, Incomplete } from '../../src/extensions/services/msgpack.ts';
import { createServices, type Services } from '../../src/extensions/services/services.ts';
import { GREETER, grpcPeer, httpPeer, MESSAGING, msgpackPeer, serviceText } from './service-peers.ts';

let folder: string;
let services: Services;
let privateNet: boolean;
let lines: ReturnType<typeof createMemoryLog>['lines'];
const ends: (() => unknown)[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kuiper-services-')), 'services');
  privateNet = true;
  const memory = createMemoryLog();
  lines = memory.lines;
  services = createServices({
    folder,
    clock: createRealClock(),
    log: memory.log,
    privateNet: () => privateNet,
    secrets: (value) => JSON.parse(JSON.stringify(value).replaceAll('${secret:key}', 'opened')) as typeof value,
  });
});
afterEach(() => {
  services.close();
  for (const end of ends.splice(0)) end();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const file = (path: string, text: string) => ({ path, content: Buffer.from(text) });
const install = (
  interfaces: Record<string, unknown>,
  name = 'sample',
  schemas: Record<string, string> = { 'hw.proto': GREETER, 'm.proto': MESSAGING },
) =>
  services.install(name, [
    file(`${name}.json`, serviceText(interfaces)),
    ...Object.entries(schemas).map(([path, text]) => file(`schemas/${path}`, text)),
  ]);
const call = (name: string, ...args: Value[]) =>
  new Promise<Value>((resolve, reject) => {
    const outside = {
      call: (place: OutsidePlace, argsOf: () => unknown[]) => {
        place.ask(argsOf(), (value, error) => (error === undefined ? resolve(value) : reject(error as Error)));
        return null;
      },
    };
    const site = { name, args: [], env: { ruleId: 'r', outside } } as unknown as CallSite;
    const def = services.functions.get(name) as ScalarDefinition;
    def.compile!(
      args.map((v) => () => v),
      site,
    )({} as Tuple);
  });
const rest = (address: string, schemaFile = 'hw.proto', more = {}) => ({
  address,
  protocol: 'rest',
  schemaType: 'protobuf',
  schemaFile,
  ...more,
});

const MIXED = {
  big_one: 9007199254740993n,
  small: 7n,
  part: 1.5,
  raw: new Uint8Array([1, 2, 255]),
  list: [1n, -2n],
  kind: 2n,
  box: { x: 3n, h: -4n },
  counts: { a: 5n },
  base64_img: 'abc',
  yes: true,
};

describe('over HTTP', () => {
  // @covers issue:21#6
  // @covers finding:parity#11
  it('a method is POST with JSON of protobuf, under its name in SQL, with the headers of the interface', async () => {
    const peer = await httpPeer(({ body }) => ({ text: JSON.stringify({ message: `got ${body}`, more: 1 }) }));
    ends.push(peer.close);
    const headers = { 'X-Token': '${secret:key}', 'Accept-Charset': 'utf-8' };
    expect(
      install({ t: rest(peer.address, 'hw.proto', { options: { headers }, functions: [{ name: 'hello', serviceName: 'SayHello' }] }) }),
    ).toEqual(['hello', 'Compute', 'get_feature', 'getStatus', 'RestEncodedJson', 'Fail']);
    expect(await call('hello', 'world')).toEqual({ message: 'got {"name":"world"}' });
    expect(await call('hello', { name: 'map', other: 1n })).toEqual({ message: 'got {"name":"map"}' });
    expect(peer.calls[0]).toMatchObject({
      method: 'POST',
      url: '/SayHello',
      headers: { 'content-type': 'application/json', 'x-token': 'opened', 'accept-charset': 'utf-8' },
    });
    await call('Compute', MIXED).catch(() => undefined);
    expect(JSON.parse(peer.calls[2]!.body)).toEqual({
      bigOne: '9007199254740993',
      small: 7,
      part: 1.5,
      raw: 'AQL/',
      list: [1, -2],
      kind: 'HOT',
      box: { x: 3, h: -4 },
      counts: { a: '5' },
      base64_img: 'abc',
      yes: true,
    });
    // zero values are not written
    await call('Compute', 0n, 0n, 0, new Uint8Array(0), [], 0n, {}, {}, '', false).catch(() => undefined);
    expect(JSON.parse(peer.calls[3]!.body)).toEqual({ box: {}, counts: {} });
  });

  it('answers become values by the types of the schema; texts are values of one field', async () => {
    const answers: Record<string, { type?: string; text: string }> = {
      '/Compute': {
        text: '{"big_one":"9007199254740993","small":7,"part":2,"raw":"AQI=","list":[1,2],"kind":"COLD","box":{"x":1,"strange":2},"yes":true,"strange":1}',
      },
      '/getStatus': { type: 'text/plain; charset=utf-8', text: 'true' },
      '/RestEncodedJson': { type: 'text/plain', text: 'name1' },
      '/SayHello': { type: 'text/plain', text: 'hi' },
      '/get_feature': { type: 'text/html', text: '<p>' },
    };
    const peer = await httpPeer(({ url }) => answers[url]);
    ends.push(peer.close);
    install({ t: rest(peer.address) });
    expect(await call('Compute', MIXED)).toEqual({
      big_one: 9007199254740993n,
      small: 7n,
      part: 2,
      raw: new Uint8Array([1, 2]),
      list: [1n, 2n],
      kind: 1n,
      box: { x: 1n },
      yes: true,
    });
    expect(await call('getStatus')).toBe(true);
    expect(await call('RestEncodedJson', '{"name":"name1"}')).toBe('name1');
    expect(peer.calls.at(-1)!.body).toBe('{"name":"name1"}');
    await expect(call('SayHello', 'x')).rejects.toThrow(
      'call func SayHello error: fail to convert return val to text, return type must be primitive type but got HelloReply',
    );
    await expect(call('get_feature', new Uint8Array(1))).rejects.toThrow('unsupported resposne content type text/html');
  });

  it('HTTP rules say verb, path, query and body; a value cannot leave its place in the path', async () => {
    const peer = await httpPeer(() => ({ text: '{"text":"ok"}' }));
    ends.push(peer.close);
    install({ m: rest(`${peer.address}/messaging/`, 'm.proto') });
    const sent = async (name: string, ...args: Value[]) => {
      expect(await call(name, ...args)).toEqual({ text: 'ok' });
      const { method, url, body } = peer.calls.at(-1)!;
      return [method, url, body];
    };
    expect(await sent('GetMessage', 'messages/a b')).toEqual(['GET', '/messaging/v1/messages/a%20b', '']);
    expect(await sent('SearchMessage', 'n/1', 12n, { subfield: 'a&b' })).toEqual([
      'GET',
      '/messaging/v1/messages/filter/n%2F1?revision=12&sub.subfield=a%26b',
      '',
    ]);
    expect(await sent('UpdateMessage', 'id', { text: 't' })).toEqual(['PUT', '/messaging/v1/messages/id', '{"text":"t"}']);
    expect(await sent('PatchMessage', 'id', 't')).toEqual(['PATCH', '/messaging/v1/messages/id', '{"text":"t"}']);
    expect(await sent('DropMessage', 'id', 't')).toEqual(['DELETE', '/messaging/v1/messages/id', '"t"']);
    const before = peer.calls.length;
    await expect(call('GetMessage', 'other/1')).rejects.toThrow('invalid field name(other/1) as http option, must have prefix messages/');
    await expect(call('GetMessage', 'messages/../secret')).rejects.toThrow('it cannot be part of a path');
    await expect(call('PatchMessage', '..', 't')).rejects.toThrow('it cannot be part of a path');
    await expect(call('PatchMessage', '', 't')).rejects.toThrow('it cannot be part of a path');
    expect(peer.calls.length).toBe(before);
  });

  it('without a schema verb, path and body are arguments', async () => {
    const peer = await httpPeer(({ url, body }) =>
      url === '/text' ? { type: 'text/plain', text: 'plain' } : { text: `{"n":1.5,"body":${body === '' ? 'null' : body}}` },
    );
    ends.push(peer.close);
    expect(install({ free: { address: peer.address, protocol: 'rest', schemaless: true } }, 'sample', {})).toEqual(['free']);
    expect(await call('free', 'post', '/a?x=1', { n: 1n, l: [1.5] })).toEqual({ n: 1.5, body: { n: 1, l: [1.5] } });
    expect(await call('free', 'PUT', '/a', 1n, 'two')).toEqual({ n: 1.5, body: [1, 'two'] });
    expect(await call('free', 'get', '/text')).toBe('plain');
    expect(peer.calls.map((c) => [c.method, c.url, c.body])).toEqual([
      ['POST', '/a?x=1', '{"n":1,"l":[1.5]}'],
      ['PUT', '/a', '[1,"two"]'],
      ['GET', '/text', ''],
    ]);
    await expect(call('free', 'post')).rejects.toThrow('the parameter count must be greater than 2');
    await expect(call('free', 'post', 'a')).rejects.toThrow('the path a must begin with /');
    await expect(call('free', 'post', '/a/../b')).rejects.toThrow('not lead upwards');
    await expect(call('free', 'connect', '/a')).rejects.toThrow('connect is not a verb of HTTP');
  });

  it('refusals of the peer are errors of the row; a peer that is away is tried so often as the interface says', async () => {
    const peer = await httpPeer(() => ({ status: 503, text: 'busy' }));
    ends.push(peer.close);
    const down = await httpPeer(() => undefined);
    down.close();
    install({ t: rest(peer.address, 'hw.proto', { options: { retryCount: 3 } }) });
    await expect(call('SayHello', 'x')).rejects.toThrow(
      'call func SayHello error: http executor fails to err http return code: 503 and error message busy',
    );
    expect(peer.calls.length).toBe(1);
    install({ t: rest(down.address, 'hw.proto', { options: { retryCount: 3, retryInterval: '20ms' } }) });
    const fromMs = performance.now();
    await expect(call('SayHello', 'x')).rejects.toThrow('ECONNREFUSED');
    expect(performance.now() - fromMs).toBeGreaterThan(35);
  });

  it('calls of one place go one after the other, in order', async () => {
    const order: string[] = [];
    const peer = await httpPeer(({ body }) => {
      order.push(body);
      return { text: '{"message":"x"}' };
    });
    ends.push(peer.close);
    install({ t: rest(peer.address) });
    const def = services.functions.get('SayHello') as ScalarDefinition;
    const done: Promise<unknown>[] = [];
    const outside = {
      call: (place: OutsidePlace, argsOf: () => unknown[]) => {
        done.push(new Promise((resolve) => place.ask(argsOf(), resolve)));
        return null;
      },
    };
    let n = 0;
    const expr = def.compile!([() => `${n}`], { name: 'SayHello', args: [], env: { ruleId: 'r', outside } } as unknown as CallSite);
    for (; n < 20; n++) expr({} as Tuple);
    await Promise.all(done);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => `{"name":"${i}"}`));
  });
});

describe('over gRPC', () => {
  it('values of every type go to a server of gRPC’s own library and come back', async () => {
    const peer = await grpcPeer();
    ends.push(peer.close);
    install({
      t: {
        address: peer.address,
        protocol: 'grpc',
        schemaType: 'protobuf',
        schemaFile: 'hw.proto',
        options: { headers: { 'X-Token': '${secret:key}' } },
      },
    });
    expect(await call('SayHello', 'world')).toEqual({ message: 'hello world' });
    expect(peer.seen[0]!.metadata.get('x-token')).toEqual(['opened']);
    expect(await call('Compute', MIXED)).toEqual(MIXED);
    expect(peer.seen[1]!.request).toMatchObject({ big_one: '9007199254740993', small: 7, kind: 2, box: { x: 3, h: -4 } });
    expect(await call('getStatus')).toBe(true);
    expect(await call('RestEncodedJson', 'text')).toBe('text');
    expect(await call('get_feature', new Uint8Array(6))).toEqual({
      feature: [
        { features: [-1.5, 2.25], box: { x: 153n, h: 106n } },
        { features: [], box: null },
      ],
    });
    // fields that are not given have their zero value
    expect(await call('Compute', { small: 1n })).toMatchObject({ big_one: 0n, small: 1n, list: [], yes: false });
  });

  it('errors of the server, of arguments and of the way there are errors of the row; the next call connects again', async () => {
    const peer = await grpcPeer();
    install({ t: { address: peer.address, protocol: 'grpc', schemaType: 'protobuf', schemaFile: 'hw.proto' } });
    await expect(call('Fail', 'x')).rejects.toThrow('error invoking method Fail in proto: rpc error: code = NotFound desc = no such ä');
    await expect(call('SayHello')).rejects.toThrow('require 1 parameters but none');
    await expect(call('SayHello', 'a', 'b')).rejects.toThrow('require 1 parameters but only got 2');
    await expect(call('SayHello', [1n])).rejects.toThrow("invalid type for string type field 'name'");
    await expect(call('Compute', { small: -1n })).rejects.toThrow("field 'small': -1 is out of the range of uint32");
    peer.close();
    await expect(call('SayHello', 'x')).rejects.toThrow(/invoke|connect to/);
    const again = await grpcPeer();
    ends.push(again.close);
    install({ t: { address: again.address, protocol: 'grpc', schemaType: 'protobuf', schemaFile: 'hw.proto' } });
    expect(await call('SayHello', 'x')).toEqual({ message: 'hello x' });
    await expect(call('SayHello', 'hang')).rejects.toThrow('invoke /helloworld.Greeter/SayHello timeout');
    expect(await call('SayHello', 'y')).toEqual({ message: 'hello y' });
  }, 30_000);
});

describe('over MessagePack-RPC', () => {
  it('arguments go one by one, answers become values; the next call connects again', async () => {
    const peer = await msgpackPeer((method, args) => {
      if (method === 'SayHello') return args[0] === 'bad' ? new Error('it failed') : { message: `hi ${String(args[0])}`, other: 1 };
      if (method === 'getStatus') return true;
      return Object.fromEntries(
        ['big_one', 'small', 'part', 'raw', 'list', 'kind', 'box', 'counts', 'base64_img', 'yes'].map((k, i) => [k, args[i]]),
      );
    });
    ends.push(peer.close);
    install({ t: { address: peer.address, protocol: 'msgpack-rpc', schemaType: 'protobuf', schemaFile: 'hw.proto' } });
    expect(await call('SayHello', 'a')).toEqual({ message: 'hi a' });
    expect(peer.calls[0]).toEqual({ method: 'SayHello', args: ['a'] });
    expect(await call('Compute', MIXED)).toEqual(MIXED);
    expect(await call('getStatus')).toBe(true);
    await expect(call('SayHello', 'bad')).rejects.toThrow('call func SayHello error: it failed');
    peer.cut();
    await new Promise((r) => setTimeout(r, 50));
    expect(await call('SayHello', 'again')).toEqual({ message: 'hi again' });
  });

  it('MessagePack is read as its own library writes it, whole or not at all', () => {
    const values = fc.letrec((tie) => ({
      v: fc.oneof(
        { depthSize: 'small' },
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double({ noNaN: true, noInteger: true }),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('v'), { maxLength: 20 }),
        fc.dictionary(
          fc.string({ maxLength: 40 }).filter((k) => k !== '__proto__'),
          tie('v'),
          { maxKeys: 20 },
        ),
      ),
    })).v;
    fc.assert(
      fc.property(values, (v) => {
        const theirs = Buffer.from(encode(v, { useBigInt64: true }));
        expect(decodeMsgpack(theirs)).toEqual({ value: v, end: theirs.length });
        const ours = encodeMsgpack(v);
        expect(decodeMsgpack(ours)).toEqual({ value: v, end: ours.length });
        expect(() => decodeMsgpack(theirs.subarray(0, -1))).toThrow(Incomplete);
      }),
    );
    expect(() => decodeMsgpack(Buffer.from([0xc1]))).toThrow('0xc1');
    expect(() => decodeMsgpack(Buffer.alloc(200, 0x91))).toThrow(/nested/);
    // a size that cannot be costs nothing
    expect(() => decodeMsgpack(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]))).toThrow(Incomplete);
  });
});

describe('addresses of the own network', () => {
  it.each(['rest', 'grpc', 'msgpack-rpc'])(
    'are refused over %s unless basic.enablePrivateNet allows them, at each call',
    async (protocol) => {
      privateNet = false;
      const address = protocol === 'rest' ? 'http://127.0.0.1:1' : 'tcp://127.0.0.1:1';
      install({ t: { address, protocol, schemaType: 'protobuf', schemaFile: 'hw.proto' } });
      await expect(call('SayHello', 'x')).rejects.toThrow(/ip 127.0.0.1 is in internal network; "enablePrivateNet: true"/);
      install({ t: { address: address.replace('127.0.0.1', 'localhost'), protocol, schemaType: 'protobuf', schemaFile: 'hw.proto' } });
      await expect(call('SayHello', 'x')).rejects.toThrow(/ip \S+ is in internal network/);
      privateNet = true;
      await expect(call('SayHello', 'x')).rejects.toThrow('ECONNREFUSED');
    },
  );
});

describe('what cannot work is refused at creation, and nothing is changed', () => {
  const good = { address: 'http://localhost:1', protocol: 'rest', schemaType: 'protobuf', schemaFile: 'hw.proto' };
  it.each([
    [{ ...good, protocol: 'soap' }, 'unsupported protocol soap; there are rest, grpc, msgpack-rpc'],
    [{ ...good, schemaType: 'avro' }, 'unsupported schema avro'],
    [{ ...good, schemaless: true }, 'unsupported schema protobuf for schemaless type'],
    [{ address: 'http://x', protocol: 'rest' }, 'unsupported schema  for schema type'],
    [{ address: 'tcp://x:1', protocol: 'grpc', schemaless: true }, 'schemaless works with rest only'],
    [{ ...good, address: 'nowhere' }, 'invalid url nowhere'],
    [{ ...good, address: 'ftp://x' }, 'must begin with http:// or https:// for rest'],
    [{ ...good, options: { headers: { a: 1 } } }, 'incorrect rest option: headers'],
    [{ ...good, options: { retryInterval: 'soon' } }, 'incorrect rest option: retryInterval'],
    [{ ...good, options: { retryCount: -1 } }, 'incorrect rest option: retryCount'],
    [{ ...good, schemaFile: 'none.proto' }, 'Fail to parse schema file none.proto: file none.proto does not exist'],
    [{ ...good, schemaFile: '../x.proto' }, 'lies outside of the folder of schemas'],
    [{ ...good, schemaFile: 'broken.proto' }, 'Fail to parse schema file broken.proto'],
    [{ ...good, schemaFile: 'lost.proto' }, 'lost.proto imports other.proto, and there is no such file in schemas'],
    [{ ...good, schemaFile: 'stream.proto' }, 'method Watch of stream.proto is a stream'],
    [{ ...good, schemaFile: 'uri.proto' }, 'invalid uri /v1/{nothing} in http option, nothing field not found'],
    [{ ...good, schemaFile: 'body.proto' }, 'invalid body nothing, field not found'],
    [{ ...good, functions: [{ name: 'a', serviceName: 'Nobody' }] }, 'name the method Nobody, which hw.proto does not have'],
  ])('%j', (given, problem) => {
    const rpc = (text: string) => `syntax = "proto3"; message M { string a = 1; } service S { ${text} }`;
    const schemas = {
      'hw.proto': GREETER,
      'broken.proto': 'syntax = "proto3"; message {',
      'lost.proto': 'syntax = "proto3"; import "other.proto";',
      'stream.proto': rpc('rpc Watch(M) returns (stream M) {}'),
      'uri.proto': rpc('rpc A(M) returns (M) { option (google.api.http) = { get: "/v1/{nothing}" }; }'),
      'body.proto': rpc('rpc A(M) returns (M) { option (google.api.http) = { post: "/v1/{a}" body: "nothing" }; }'),
    };
    expect(() => install({ t: given }, 'sample', schemas)).toThrow(
      expect.objectContaining({ code: 'SERVICE_REFUSED', message: expect.stringContaining(problem) as string }) as Error,
    );
    expect([existsSync(folder), services.list(), services.functions.names()]).toEqual([false, [], []]);
  });

  it('a schema that others use must still do for them', () => {
    install({ a: rest('http://x') }, 'one');
    expect(() =>
      install({ b: rest('http://x', 'm.proto') }, 'two', { 'm.proto': MESSAGING, 'hw.proto': 'syntax = "proto3"; message {' }),
    ).toThrow('service one uses a schema of the same name and would not work any more');
    expect(services.list()).toEqual(['one']);
  });
});

describe('files of services', () => {
  it('are described as eKuiper does, go with their functions, and leave the schemas of others', () => {
    install(
      { t: rest('http://x:1', 'hw.proto', { options: { headers: { a: 'b' } }, functions: [{ name: 'hello', serviceName: 'SayHello' }] }) },
      'one',
    );
    install({ free: { address: 'http://x:2', protocol: 'rest', schemaless: true }, m: rest('http://x:3', 'm.proto') }, 'two');
    expect(services.list()).toEqual(['one', 'two']);
    expect(services.describe('one')).toEqual({
      About: { author: { name: 'EMQ' }, description: { en_US: 'for tests' } },
      Interfaces: {
        t: {
          Desc: null,
          Addr: 'http://x:1',
          Protocol: 'rest',
          Schema: { SchemaType: 'protobuf', SchemaFile: 'hw.proto', Schemaless: false },
          Functions: ['hello', 'Compute', 'get_feature', 'getStatus', 'RestEncodedJson', 'Fail'],
          Options: { headers: { a: 'b' } },
        },
      },
    });
    expect(services.describeFunction('hello')).toEqual({
      FuncName: 'hello',
      ServiceName: 'one',
      InterfaceName: 't',
      Addr: 'http://x:1',
      MethodName: 'SayHello',
    });
    expect(services.describeFunction('free')).toMatchObject({ ServiceName: 'two', MethodName: 'free' });
    expect(services.filesOf('two').map((f) => f.path)).toEqual(['two.json', 'schemas/m.proto']);
    expect(services.remove('two')).toContain('free');
    expect(['m.proto', 'hw.proto'].map((f) => existsSync(join(folder, 'schemas', f)))).toEqual([false, true]);
    expect(services.functions.names()).not.toContain('free');
    expect(() => services.remove('two')).toThrow('two is not found');
  });

  it('that somebody put into the folder are read at the start; of two functions of one name the later service counts', () => {
    mkdirSync(join(folder, 'schemas'), { recursive: true });
    writeFileSync(join(folder, 'schemas/hw.proto'), GREETER);
    writeFileSync(join(folder, 'a.json'), serviceText({ t: rest('http://a') }));
    writeFileSync(join(folder, 'b.json'), serviceText({ t: rest('http://b') }));
    writeFileSync(join(folder, 'bad.json'), '{');
    services.reload();
    expect([services.list(), services.describeFunction('SayHello')?.Addr]).toEqual([['a', 'b'], 'http://b']);
    expect(lines.find((l) => l['service'] === 'bad')!.code).toBe('SERVICE_REFUSED');
    services.remove('b');
    expect(services.describeFunction('SayHello')?.Addr).toBe('http://a');
  });

  it('a rule goes on with the new service, and fails its rows when it has gone', async () => {
    const [one, two] = [await httpPeer(() => ({ text: '{"message":"one"}' })), await httpPeer(() => ({ text: '{"message":"two"}' }))];
    ends.push(one.close, two.close);
    install({ t: rest(one.address) });
    const kept = services.functions.get('SayHello');
    expect(await call('SayHello', 'x')).toEqual({ message: 'one' });
    install({ t: rest(two.address) });
    expect(services.functions.get('SayHello')).toBe(kept);
    expect(await call('SayHello', 'x')).toEqual({ message: 'two' });
    const def = kept as ScalarDefinition;
    services.remove('sample');
    const failed = new Promise((_resolve, reject) => {
      const outside = {
        call: (place: OutsidePlace) => {
          place.ask(['x'], (_v, error) => reject(error as Error));
          return null;
        },
      };
      def.compile!([], { name: 'SayHello', args: [], env: { ruleId: 'r', outside } } as unknown as CallSite)({} as Tuple);
    });
    await expect(failed).rejects.toThrow('call func SayHello error: its service was removed');
  });
});
