// Sparkplug sinks at a real broker, seen by a host that decodes with Eclipse Tahu; and the source at its other end.
import net from 'node:net';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { EdgeState } from '../../../src/connectors/sparkplug/edge-state.ts';
import sparkplug from '../../../src/connectors/sparkplug/index.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';
import { tahu } from './tahu.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Seen {
  topic: string;
  seq: number | undefined;
  metrics: Record<string, unknown>[];
  retain: boolean;
  qos: number;
}

describe.runIf(haveMosquitto)('a Sparkplug edge node', () => {
  let broker: Mosquitto;
  const start = async () => {
    broker = await startMosquitto();
    closers.push(() => broker.remove());
    const seen: Seen[] = [];
    const host = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => host.endAsync());
    host.on('message', (topic, payload, packet) => {
      if (topic.includes('STATE')) return;
      const p = tahu.decodePayload(payload) as unknown as { seq?: unknown; metrics: Record<string, unknown>[] };
      seen.push({
        topic,
        seq: p.seq === undefined || p.seq === null ? undefined : Number(p.seq),
        metrics: p.metrics,
        retain: packet.retain,
        qos: packet.qos,
      });
    });
    await host.subscribeAsync('spBv1.0/#', { qos: 1 });
    return { seen, host };
  };
  const node = async (props: Record<string, unknown> = {}, pool = new Map()) => {
    const ctx = createTestContext('sparkplug_0', pool);
    const sink = sparkplug.sink!.create();
    await sink.configure!({ server: broker.url, group: 'g', node: 'n', ...props });
    await sink.open(ctx, () => undefined);
    return { ctx, sink };
  };
  const kinds = (seen: Seen[]) => seen.map((s) => `${s.topic.slice(8)} ${s.seq ?? '-'}`);
  const bdSeq = (s: Seen) => Number(s.metrics.find((m) => m['name'] === 'bdSeq')!['value']);
  const command = (name = 'Node Control/Rebirth') =>
    Buffer.from(tahu.encodePayload({ timestamp: 1, metrics: [{ name, type: 'Boolean', value: true }] } as never));

  // @covers issue:19#10
  it('is born with its control metrics, gives data by alias in sequence, and dies with the last user', async () => {
    const { seen } = await start();
    const { ctx, sink } = await node({ device: '{{.meter}}' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    await sink.collect(ctx, { p: 1n, t: 20.5, on: true }, { device: 'm1' }, ctx.clock.now());
    await sink.collect(ctx, { p: 2n, t: 21 }, { device: 'm1' }, ctx.clock.now());
    await sink.collect(ctx, { p: 3n }, { device: 'm2' }, ctx.clock.now());
    await sink.collect(ctx, { p: 4n, fresh: 'x' }, { device: 'm1' }, ctx.clock.now());
    await sink.close(ctx);
    await until(() => seen.some((s) => s.topic.includes('NDEATH')), 'death');
    expect(kinds(seen)).toEqual([
      'g/NBIRTH/n 0',
      'g/DBIRTH/n/m1 1',
      'g/DDATA/n/m1 2',
      'g/DBIRTH/n/m2 3',
      'g/DBIRTH/n/m1 4',
      'g/DDEATH/n/m1 5',
      'g/DDEATH/n/m2 6',
      'g/NDEATH/n -',
    ]);
    expect(seen.every((s) => !s.retain)).toBe(true);
    expect(seen[0]!.metrics.map((m) => [m['name'], m['type']])).toEqual([
      ['bdSeq', 'Int64'],
      ['Node Control/Rebirth', 'Boolean'],
    ]);
    const born = seen[1]!.metrics;
    expect(born.map((m) => [m['name'], m['type'], Number(m['value'])])).toEqual([
      ['p', 'Int64', 1],
      ['t', 'Double', 20.5],
      ['on', 'Boolean', 1],
    ]);
    const data = seen[2]!.metrics;
    expect(data.map((m) => m['name'] || undefined)).toEqual([undefined, undefined]);
    expect(data.map((m) => String(m['alias']))).toEqual(born.slice(0, 2).map((m) => String(m['alias'])));
    expect(new Set([...born, ...seen[3]!.metrics].map((m) => String(m['alias']))).size).toBe(4);
    expect(bdSeq(seen.at(-1)!)).toBe(bdSeq(seen[0]!));
  });

  it('a cut connection is a death by will with the number of that birth; the next birth has the next number', async () => {
    const { seen } = await start();
    let cut: (() => void) | undefined;
    const proxy = net.createServer((client) => {
      const up = net.connect(broker.port, '127.0.0.1');
      client.pipe(up).pipe(client);
      client.on('error', () => undefined);
      up.on('error', () => undefined);
      cut = () => {
        client.resetAndDestroy();
        up.resetAndDestroy();
      };
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closers.push(() => proxy.close());
    const { ctx, sink } = await node({ server: `tcp://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`, device: 'd' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    await sink.collect(ctx, { p: 1n });
    await until(() => seen.length === 2, 'births');
    cut!();
    await until(() => seen.some((s) => s.topic.includes('NDEATH')), 'the will');
    expect(() => sink.collect(ctx, { p: 2n })).toThrow();
    await until(() => seen.length === 5, 'born again', 15_000);
    expect(kinds(seen)).toEqual(['g/NBIRTH/n 0', 'g/DBIRTH/n/d 1', 'g/NDEATH/n -', 'g/NBIRTH/n 0', 'g/DBIRTH/n/d 1']);
    expect(bdSeq(seen[2]!)).toBe(bdSeq(seen[0]!));
    expect(bdSeq(seen[3]!)).toBe((bdSeq(seen[0]!) + 1) % 256);
    // what waited since before the birth is not of the present
    await sink.collect(ctx, { p: 2n }, undefined, ctx.clock.now() - 60_000);
    await until(() => seen.length === 6, 'the row');
    expect(seen[5]!.metrics[0]).toMatchObject({ isHistorical: true });
    await sink.close(ctx);
  }, 30_000);

  it('is born again when a host asks, once for several requests, and follows no other command', async () => {
    const { seen, host } = await start();
    const { ctx, sink } = await node();
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    await sink.collect(ctx, { p: 1n });
    await until(() => seen.length === 2, 'birth with the metric');
    for (let i = 0; i < 3; i++) await host.publishAsync('spBv1.0/g/NCMD/n', command());
    await host.publishAsync('spBv1.0/g/NCMD/n', command('Outputs/Valve'));
    await until(() => seen.filter((s) => s.topic.includes('NBIRTH')).length === 3, 'rebirth');
    await sink.collect(ctx, { p: 2n });
    await until(() => seen.some((s) => s.topic.includes('NDATA')), 'data');
    expect(kinds(seen.filter((s) => !s.topic.includes('NCMD')))).toEqual(['g/NBIRTH/n 0', 'g/NBIRTH/n 0', 'g/NBIRTH/n 0', 'g/NDATA/n 1']);
    expect(sink.notes!()).toEqual(['1 commands of hosts were not followed: only Node Control/Rebirth is.']);
    await sink.close(ctx);
  });

  it('waits for its primary host, dies when that goes offline, and is born when it is back', async () => {
    const { seen, host } = await start();
    const state = (online: boolean, timestamp: number) =>
      host.publishAsync('spBv1.0/STATE/scada', JSON.stringify({ online, timestamp }), { retain: true, qos: 1 });
    await state(false, 10);
    const { ctx, sink } = await node({ primaryHost: 'scada' });
    await until(() => ctx.states.at(-1)?.message?.includes('scada is offline') === true, 'waits');
    expect(() => sink.collect(ctx, { p: 1n })).toThrow('the primary host scada is offline: rows wait');
    await state(true, 20);
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    await sink.collect(ctx, { p: 1n });
    // an offline of a session before is not believed
    await state(false, 15);
    await state(true, 20);
    await sink.collect(ctx, { p: 2n });
    await state(false, 30);
    await until(() => seen.some((s) => s.topic.includes('NDEATH')), 'death');
    expect(() => sink.collect(ctx, { p: 3n })).toThrow('scada is offline');
    await state(true, 40);
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born again', 15_000);
    await until(() => seen.length === 5, 'all');
    expect(kinds(seen)).toEqual(['g/NBIRTH/n 0', 'g/NBIRTH/n 0', 'g/NDATA/n 1', 'g/NDEATH/n -', 'g/NBIRTH/n 0']);
    expect(bdSeq(seen[3]!)).toBe(bdSeq(seen[0]!));
    expect(bdSeq(seen[4]!)).toBe((bdSeq(seen[0]!) + 1) % 256);
    await sink.close(ctx);
  }, 30_000);

  it('and a source that follows it: births, values, and the death of the device', async () => {
    await start();
    const source = sparkplug.source!.create();
    const sourceCtx = createTestContext('source');
    const rows: Row[] = [];
    let acks = 0;
    await source.configure!('g', { server: broker.url, hostId: 'scada' });
    const emit = (data: unknown, _meta: unknown, ack?: () => void) => {
      rows.push(...(data as Row[]));
      acks++;
      ack?.();
    };
    // the node comes first: its birth is missed, and asked for
    const { ctx, sink } = await node({ device: 'd', primaryHost: '' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    await sink.collect(ctx, { p: 1n });
    await source.open(sourceCtx, emit as never, () => undefined);
    await until(() => sourceCtx.states.at(-1)?.state === 'connected', 'host');
    await sink.collect(ctx, { p: 2n });
    await until(() => rows.some((r) => r['kind'] === 'birth' && r['device'] === 'd'), 'rebirth');
    expect(sourceCtx.drops).toEqual(['1 a message of a node without a birth']);
    await sink.collect(ctx, { p: 3n });
    await sink.close(ctx);
    await until(() => rows.filter((r) => r['kind'] === 'death').length === 2, 'deaths');
    expect(rows.map((r) => [r['kind'], r['device'], r['metrics']])).toEqual([
      ['birth', null, {}],
      ['birth', 'd', { p: 2n }],
      ['data', 'd', { p: 3n }],
      ['death', 'd', {}],
      ['death', null, {}],
    ]);
    expect(acks).toBe(5);
    const late = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    const states: string[] = [];
    late.on('message', (_topic, payload) => void states.push(JSON.parse(payload.toString()).online));
    await late.subscribeAsync('spBv1.0/STATE/scada');
    await until(() => states.length === 1, 'state');
    await source.close(sourceCtx);
    await until(() => states.length === 2, 'state after the end');
    expect(states).toEqual([true, false]);
    await late.endAsync();
  });

  it('the device that a message chooses is one level of a topic, or the row is refused', async () => {
    await start();
    const { ctx, sink } = await node({ device: '{{.d}}' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'born');
    const codeOf = (device: unknown) => {
      try {
        void sink.collect(ctx, { p: 1n }, { device });
        return '';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    const no = 'VALUE_REFUSED';
    expect(['m 1', 'a/b', '../x', '+', '#', '', '\0', 'x'.repeat(70_000)].map(codeOf)).toEqual(['', no, no, no, no, no, no, no]);
    await sink.close(ctx);
  });

  it.each([
    [{ group: 'a/b' }, /property group: "a\/b" is not an id of Sparkplug/],
    [{ node: '' }, /property node is required/],
    [{ device: 'x#' }, /property device: "x#" is not an id/],
  ])('refuses %j', (props, words) => {
    expect(() => sparkplug.sink!.create().configure!({ server: 'tcp://h', group: 'g', node: 'n', ...props })).toThrow(words);
  });
});

describe('the state of an edge node', () => {
  const edge = () => new EdgeState(() => 5n);
  it('a metric that turns from whole numbers to fractions is born again as such, once', () => {
    const e = edge();
    e.births(0);
    e.row('', { a: 1n }, 1, false, 1);
    const wider = e.row('', { a: 1.5 }, 2, false, 2);
    expect(wider.map((m) => m.kind)).toEqual(['NBIRTH']);
    expect(wider[0]!.metrics.at(-1)).toMatchObject({ name: 'a', datatype: 10, value: 1.5 });
    expect(e.row('', { a: 3n }, 3, false, 3)).toMatchObject([{ kind: 'NDATA', seq: 1, metrics: [{ value: 3, datatype: 10 }] }]);
  });
  it('objects are metrics with paths, lists are JSON, null has no type until there is a value', () => {
    const e = edge();
    e.births(0);
    const [born] = e.row('d', { a: { b: 1n, c: { d: true } }, list: [1n, 2n], none: null }, 1, false, 1);
    expect(born!.metrics.map((m) => [m.name, m.value])).toEqual([
      ['a/b', 1n],
      ['a/c/d', true],
      ['list', '[1,2]'],
    ]);
    expect(e.row('d', { a: { b: null } }, 2, false, 2)[0]!.metrics).toMatchObject([{ value: null, datatype: 4 }]);
  });
  it('the sequence wraps after 255, and devices and metrics are bounded', () => {
    const e = edge();
    e.births(0);
    e.row('d', { a: 1n }, 1, false, 1);
    const seqs = Array.from({ length: 256 }, (_, i) => e.row('d', { a: BigInt(i) }, 1, false, 1)[0]!.seq);
    expect([seqs[0], seqs[253], seqs[254], seqs[255]]).toEqual([2, 255, 0, 1]);
    const wide = Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`m${i}`, 1n]));
    expect(() => e.row('d', wide, 1, false, 1)).toThrow('at most 5000 metrics');
  });
});
