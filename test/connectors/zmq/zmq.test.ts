// zmq against libzmq (pyzmq): topics, parts, subscribers that go, come and do not read, publishers that are killed; and against peers that are none.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import zmq from '../../../src/connectors/zmq/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePeers, type PythonPeer, startPeer } from '../../helpers/python-peer.ts';
import { type Rig, type RigOptions, startRig } from '../../helpers/rule-rig.ts';

const havePyzmq = havePeers();
const SCRIPT = 'test/connectors/zmq/peer.py';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const rig = async (o: RigOptions): Promise<Rig> => {
  const r = await startRig(o);
  ends.push(() => r.close());
  return r;
};
const peer = async (...args: string[]): Promise<PythonPeer> => {
  const p = await startPeer(SCRIPT, ...args);
  ends.push(() => p.kill());
  return p;
};
const source = (server: string, datasource: string, o: RigOptions = {}) =>
  rig({ ...o, source: { type: 'zmq', datasource, props: { server } } });
const sink = (server: string, props: object = {}, o: RigOptions = {}) =>
  rig({ ...o, actions: [{ zmq: { server, sendSingle: true, ...props } }] });

describe.runIf(havePyzmq)('source zmq with a publisher of libzmq', () => {
  // @covers issue:22#2
  // @covers finding:parity#10
  it('takes the messages of its topic, shows the topic as metadata and puts the parts behind it together', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const pub = await peer('pub', url, 'xpub');
    const r = await source(url, 'demo', { sql: 'SELECT *, meta(topic) AS topic FROM s' });
    await until(() => pub.lines.length === 1, 'the publisher sees the subscription');
    expect(JSON.parse(pub.lines[0]!)).toEqual(['\u0001demo']);
    pub.send(['other', '{"n":0}']);
    pub.send(['demo', '{"n":1}']);
    pub.send(['demo2', '{"n":', '2}']);
    await until(() => r.got.length === 2, 'two messages came');
    expect(r.got).toEqual([
      { n: 1, topic: 'demo' },
      { n: 2, topic: 'demo2' },
    ]);
  });

  it('without a topic takes everything, a message being all its parts', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const pub = await peer('pub', url, 'xpub');
    const r = await source(url, '');
    await until(() => pub.lines.length === 1, 'the publisher sees the subscription');
    const long = 'x'.repeat(70_000);
    pub.send(['{"n":', '1}']);
    pub.send([`{"t":"${long}"}`]);
    await until(() => r.got.length === 2, 'both messages came');
    expect(r.got).toEqual([{ n: 1 }, { t: long }]);
  });

  it('connects again when the publisher was killed and is back, over a socket file too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-zmq-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    for (const url of [`tcp://127.0.0.1:${await freePort()}`, `ipc://${join(folder, 's')}`]) {
      const first = await peer('pub', url, 'xpub');
      const r = await source(url, 'a');
      await until(() => first.lines.length === 1, 'the publisher sees the subscription');
      await first.kill();
      await until(() => r.rule.health().sources[0]?.connection !== 'connected', 'the loss is seen');
      const second = await peer('pub', url, 'xpub');
      await until(() => second.lines.length === 1, 'the publisher that is back sees the subscription');
      second.send(['a', '{"n":2}']);
      await until(() => r.got.length === 1, 'its message came');
      expect(r.got).toEqual([{ n: 2 }]);
    }
  });

  it('counts what comes faster than it is taken, beyond its bound, and loses none of the rest', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const pub = await peer('pub', url, 'xpub');
    const s = zmq.source!.create();
    await s.configure!('', { server: url });
    const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
    ends.push(() => s.close(ctx));
    const got: number[] = [];
    let goOn: () => void = () => undefined;
    let wait: Promise<void> | undefined = new Promise((resolve) => (goOn = resolve));
    const take = (data: unknown) => {
      got.push((JSON.parse(String(data)) as { n: number }).n);
      return wait;
    };
    await s.open(ctx, take, () => undefined);
    await until(() => pub.lines.length === 1, 'the publisher sees the subscription');
    for (let n = 0; n < 12_000; n++) pub.send([`{"n":${n}}`]);
    // one is under way, ten thousand wait
    await until(() => ctx.drops.length === 1999, 'the rest is counted');
    wait = undefined;
    goOn();
    await until(() => got.length === 10_001, 'what waited comes');
    expect(got).toEqual(Array.from({ length: 10_001 }, (_, n) => n));
    expect(new Set(ctx.drops)).toEqual(new Set(['1 the gateway is behind, and this kind of source cannot wait']));
  });
});

describe.runIf(havePyzmq)('sink zmq with subscribers of libzmq', () => {
  // @covers issue:22#2
  it('publishes to each subscriber what it asked for, and says while nobody is there', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const r = await sink(url, { topic: 'temp' });
    await until(() => r.health().connection === 'connected', 'it listens');
    expect(r.rule.health().notes.join()).toContain(`Nobody subscribes at ${url}`);
    const [all, temp, other] = [await peer('sub', url, ''), await peer('sub', url, 'te'), await peer('sub', url, 'hum')];
    await until(() => !r.rule.health().notes.join().includes('Nobody'), 'a subscriber is there');
    await until(async () => {
      await r.send({ n: 1 });
      return all.lines.length > 0 && temp.lines.length > 0;
    }, 'both have the message');
    expect(JSON.parse(all.lines[0]!)).toEqual(['temp', '{"n":1}']);
    expect(JSON.parse(temp.lines[0]!)).toEqual(['temp', '{"n":1}']);
    expect(other.lines).toEqual([]);
    await r.settled();
  });

  it('without a topic publishes one part, in order, and two actions share one address', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const r = await rig({ actions: [{ zmq: { server: url, sendSingle: true } }, { zmq: { server: url, topic: 't', sendSingle: true } }] });
    await until(() => r.rule.health().sinks.every((s) => s.connection === 'connected'), 'both publish');
    const [all, named] = [await peer('sub', url, '{'), await peer('sub', url, 't')];
    await until(async () => {
      await r.send({ n: -1 });
      return all.lines.length > 0 && named.lines.length > 0;
    }, 'the subscribers are there');
    for (let n = 0; n < 2000; n++) await r.send({ n });
    const numbers = (p: PythonPeer, part: number) =>
      p.lines.map((l) => (JSON.parse((JSON.parse(l) as string[])[part]!) as { n: number }).n).filter((n) => n >= 0);
    await until(() => numbers(all, 0).length === 2000 && numbers(named, 1).length === 2000, 'all came to both');
    expect(numbers(all, 0)).toEqual(Array.from({ length: 2000 }, (_, n) => n));
    expect(numbers(named, 1)).toEqual(numbers(all, 0));
  });

  it('goes on publishing to the others when a subscriber is killed, and takes it again when it is back', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const r = await sink(url);
    await until(() => r.health().connection === 'connected', 'it listens');
    const stays = await peer('sub', url, '');
    for (let kill = 0; kill < 3; kill++) {
      const goes = await peer('sub', url, '');
      await until(async () => {
        await r.send({ kill });
        return goes.lines.length > 0;
      }, 'it has a message');
      await goes.kill();
      await r.send({ after: kill });
      await until(() => stays.lines.includes(`["{\\"after\\":${kill}}"]`), 'the other one has the message after the kill');
    }
    await r.settled();
    expect(r.health()).toMatchObject({ parked: 0, refused: 0 });
  });
});

describe('zmq with peers that do what they should not', () => {
  const NULL_GREETING = (() => {
    const g = Buffer.alloc(64);
    g[0] = 0xff;
    g[9] = 0x7f;
    g[10] = 3;
    g.write('NULL', 12);
    return g;
  })();
  const ready = (type: string) => {
    const body = Buffer.concat([Buffer.from('\x05READY\x0bSocket-Type\0\0\0'), Buffer.from([type.length]), Buffer.from(type)]);
    return Buffer.concat([Buffer.from([4, body.length]), body]);
  };
  const listen = async (answer: Buffer): Promise<string> => {
    const server = net.createServer((s) => {
      s.on('error', () => undefined);
      s.on('data', () => undefined);
      s.write(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => server.close());
    return `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  };
  const open = async (server: string): Promise<unknown> => {
    const s = zmq.source!.create();
    await s.configure!('t', { server });
    const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
    ends.push(() => s.close(ctx));
    return new Promise((resolve) => {
      Promise.resolve(s.open(ctx, () => undefined, resolve)).catch(resolve);
    });
  };
  const plain = Buffer.from(NULL_GREETING);
  plain.fill(0, 12, 32);
  plain.write('PLAIN', 12);
  const old = Buffer.from(NULL_GREETING);
  old[10] = 1;
  const huge = Buffer.alloc(9);
  huge[0] = 2;
  huge.writeBigUInt64BE(1n << 40n, 1);
  it.each([
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'does not speak ZMTP'],
    ['a peer that wants a login', plain, 'asks for the mechanism PLAIN'],
    ['a peer of an old version', old, 'speaks ZMTP 1, not 3'],
    ['a socket of another type', Buffer.concat([NULL_GREETING, ready('REP')]), 'socket of type REP, not PUB or XPUB'],
    ['a message before READY', Buffer.concat([NULL_GREETING, Buffer.from([0, 1, 65])]), 'message before READY'],
    ['a frame of nonsense', Buffer.concat([NULL_GREETING, ready('PUB'), Buffer.from([0x80, 1, 65])]), 'no frame of ZMTP'],
    ['a message that is announced with a terabyte', Buffer.concat([NULL_GREETING, ready('PUB'), huge]), 'more than 16777216 bytes'],
    ['a READY that is cut off', Buffer.concat([NULL_GREETING, Buffer.from('\x04\x0c\x05READY\x0bSocke')]), 'cut off'],
  ])('%s ends the connection with a reason', async (_name, answer, reason) => {
    expect(String(await open(await listen(answer)))).toContain(reason);
  });

  it('nobody listening is a reason to try again', async () => {
    const error = await open(`tcp://127.0.0.1:${await freePort()}`);
    expect(error).toMatchObject({ retriable: true });
    expect(String(error)).toContain('ECONNREFUSED');
  });

  it('a subscriber that does not read is waited for, then cut, and what it missed is counted', async () => {
    const port = await freePort();
    const s = zmq.sink!.create();
    await s.configure!({ server: `tcp://127.0.0.1:${port}` });
    const real = createTestContext('sink_test');
    // its five seconds are a quarter of one here
    const clock = { ...real.clock, setTimer: (ms: number, fire: () => void) => real.clock.setTimer(ms / 20, fire) };
    const ctx = { ...real, clock };
    await s.open(ctx, () => undefined);
    ends.push(() => s.close(ctx));
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
    socket.write(Buffer.concat([NULL_GREETING, ready('SUB'), Buffer.from([0, 1, 1])]));
    socket.pause();
    await until(() => s.notes!().length === 0, 'the subscriber is there');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const big = Buffer.alloc(1024 * 1024, 65);
    let sent = 0;
    let waited: void | Promise<void>;
    do {
      waited = s.collect(ctx, big);
      sent++;
    } while (waited === undefined && sent < 100);
    expect(waited).toBeInstanceOf(Promise);
    await waited;
    await until(() => ctx.drops.length > 0, 'what it missed is counted');
    expect(ctx.drops).toHaveLength(1);
    expect(Number.parseInt(ctx.drops[0]!, 10)).toBeGreaterThan(3);
    expect(Number.parseInt(ctx.drops[0]!, 10)).toBeLessThanOrEqual(sent);
    expect(s.notes!()[0]).toContain('Nobody subscribes');
  }, 20_000);
});

describe('zmq refuses', () => {
  it.each([
    [{}, 'missing server address'],
    [{ server: 'http://h:1' }, 'is neither tcp://host:port nor ipc:///path'],
    [{ server: 'tcp://h' }, 'names no port'],
    [{ server: 'tcp://h:99999' }, 'is not host:port'],
    [{ server: 'ipc://relative' }, 'is neither tcp://host:port nor ipc:///path'],
  ])('%j with the reason', (props, text) => {
    expect(() => zmq.sink!.create().configure!(props)).toThrow(text);
    expect(() => zmq.source!.create().configure!('t', props)).toThrow(text);
  });

  it('to listen in the place of a file that is no socket, and leaves the file as it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-zmq-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'mine.db');
    writeFileSync(file, 'data');
    const s = zmq.sink!.create();
    await s.configure!({ server: `ipc://${file}` });
    const ctx = createTestContext('sink_test');
    await expect(async () => s.open(ctx, () => undefined)).rejects.toThrow('is there and is no socket');
    await s.close(ctx);
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('data');
  });

  it('to listen where another process does, and tries again', async () => {
    const port = await freePort();
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    ends.push(() => other.close());
    const s = zmq.sink!.create();
    await s.configure!({ server: `tcp://127.0.0.1:${port}` });
    const ctx = createTestContext('sink_test');
    await expect(async () => s.open(ctx, () => undefined)).rejects.toMatchObject({ retriable: true });
    await s.close(ctx);
  });

  it('addresses of its own network while the setting does not allow them', async () => {
    const s = zmq.source!.create();
    await s.configure!('t', { server: 'tcp://127.0.0.1:5563' });
    await expect(async () =>
      s.open(
        createTestContext(),
        () => undefined,
        () => undefined,
      ),
    ).rejects.toMatchObject({
      code: 'DESTINATION_REFUSED',
    });
  });
});
