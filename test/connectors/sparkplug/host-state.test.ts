// What a host makes of the messages of nodes: aliases per node, missing messages, deaths. Messages are encoded by Eclipse Tahu.
import { describe, expect, it } from 'vitest';
import { HostState, MAX_METRICS, parseTopic } from '../../../src/connectors/sparkplug/host-state.ts';
import { filtersOf } from '../../../src/connectors/sparkplug/source.ts';
import { tahu } from './tahu.ts';

const bytes = (seq: number | undefined, metrics: unknown[], timestamp = 1000) =>
  tahu.encodePayload({ timestamp, ...(seq === undefined ? {} : { seq }), metrics } as never);
const bd = (n: number) => ({ name: 'bdSeq', type: 'Int64', value: n });
const birth = (seq: number, more: unknown[] = [], session = 1) =>
  bytes(seq, [bd(session), { name: 'Node Control/Rebirth', type: 'Boolean', value: false }, ...more]);

describe('a Sparkplug host', () => {
  const rig = (complete = false) => {
    const host = new HostState(complete);
    let nowMs = 0;
    return {
      at: (ms: number) => void (nowMs = ms),
      give: (topic: string, payload: Uint8Array) => host.message(`spBv1.0/${topic}`, payload, nowMs),
      host,
    };
  };

  it('resolves aliases of each node apart, with the types of the birth', () => {
    const { give } = rig();
    give('g/NBIRTH/n1', birth(0, [{ name: 'temp', alias: 1, type: 'Int32', value: 20 }]));
    give('g/NBIRTH/n2', birth(0, [{ name: 'level', alias: 1, type: 'Double', value: 0.5 }]));
    // without name and type, as nodes send it
    const minus5 = Buffer.from([0x18, 1, 0x12, 8, 0x10, 1, 0x50, 0xfb, 0xff, 0xff, 0xff, 0x0f]);
    expect(give('g/NDATA/n1', minus5).rows).toEqual([
      { group: 'g', node: 'n1', device: null, kind: 'data', online: true, timestamp: null, metrics: { temp: -5n } },
    ]);
    expect(give('g/NDATA/n2', bytes(1, [{ alias: 1, type: 'Double', value: 0.7 }])).rows[0]).toMatchObject({
      node: 'n2',
      metrics: { level: 0.7 },
    });
  });

  it('a birth is a row with all metrics but those of the protocol', () => {
    const { give } = rig();
    expect(give('g/NBIRTH/n', birth(0, [{ name: 'a', alias: 1, type: 'Int32', value: 1 }])).rows).toEqual([
      { group: 'g', node: 'n', device: null, kind: 'birth', online: true, timestamp: 1000n, metrics: { a: 1n } },
    ]);
    expect(give('g/DBIRTH/n/d', bytes(1, [{ name: 'b', alias: 2, type: 'Boolean', value: true }])).rows).toEqual([
      { group: 'g', node: 'n', device: 'd', kind: 'birth', online: true, timestamp: 1000n, metrics: { b: true } },
    ]);
  });

  it('a gap of the sequence is counted and asks for a rebirth, once in 10 s; what came is given all the same', () => {
    const { give, at } = rig();
    give('g/NBIRTH/n', birth(0, [{ name: 'a', alias: 1, type: 'Int32', value: 1 }]));
    expect(give('g/NDATA/n', bytes(1, [{ alias: 1, type: 'Int32', value: 2 }]))).toMatchObject({ dropped: [] });
    const gap = give('g/NDATA/n', bytes(3, [{ alias: 1, type: 'Int32', value: 3 }]));
    expect(gap).toMatchObject({ rebirth: { group: 'g', node: 'n' }, dropped: ['messages are missing: the sequence number jumped'] });
    expect(gap.rows[0]!['metrics']).toEqual({ a: 3n });
    expect(give('g/NDATA/n', bytes(4, [{ alias: 1, type: 'Int32', value: 4 }]))).not.toHaveProperty('rebirth');
    at(9999);
    expect(give('g/NDATA/n', bytes(9, [{ alias: 1, type: 'Int32', value: 4 }]))).not.toHaveProperty('rebirth');
    at(10_000);
    expect(give('g/NDATA/n', bytes(11, [{ alias: 1, type: 'Int32', value: 4 }]))).toHaveProperty('rebirth');
  });

  it('the sequence goes from 255 to 0, over all devices of the node', () => {
    const { give } = rig();
    give('g/NBIRTH/n', birth(254, [{ name: 'a', alias: 1, type: 'Int32', value: 1 }]));
    expect(give('g/DBIRTH/n/d', bytes(255, [{ name: 'x', alias: 2, type: 'Int32', value: 1 }])).dropped).toEqual([]);
    expect(give('g/DDATA/n/d', bytes(0, [{ alias: 2, type: 'Int32', value: 2 }])).dropped).toEqual([]);
    expect(give('g/NDATA/n', bytes(1, [{ alias: 1, type: 'Int32', value: 2 }])).dropped).toEqual([]);
  });

  it('data before the birth give no row but a request, also for a device and an unknown alias', () => {
    const { give, at } = rig();
    const stranger = give('g/NDATA/n', bytes(7, [{ alias: 1, type: 'Int32', value: 2 }]));
    expect(stranger).toEqual({ rows: [], dropped: ['a message of a node without a birth'], rebirth: { group: 'g', node: 'n' } });
    give('g/NBIRTH/n', birth(0, [{ name: 'a', alias: 1, type: 'Int32', value: 1 }]));
    at(20_000);
    expect(give('g/DDATA/n/d', bytes(1, [{ alias: 1, type: 'Int32', value: 2 }]))).toEqual({
      rows: [],
      dropped: ['a message of a device without a birth'],
      rebirth: { group: 'g', node: 'n' },
    });
    at(40_000);
    expect(give('g/NDATA/n', bytes(2, [{ alias: 9, type: 'Int32', value: 2 }]))).toEqual({
      rows: [],
      dropped: ['a metric that its birth did not name'],
      rebirth: { group: 'g', node: 'n' },
    });
    // the alias of another device is not this one's
    give('g/DBIRTH/n/d', bytes(3, [{ name: 'x', alias: 5, type: 'Int32', value: 1 }]));
    expect(give('g/NDATA/n', bytes(4, [{ alias: 5, type: 'Int32', value: 2 }])).rows).toEqual([]);
  });

  it('the birth of a node ends its devices of before: their data are asked for, and their aliases take no room', () => {
    const { give } = rig();
    const half = MAX_METRICS / 2 + 1;
    const metrics = (from: number) =>
      Array.from({ length: half }, (_, i) => ({ name: `m${from + i}`, alias: from + i, type: 'Int32', value: i }));
    give('g/NBIRTH/n', birth(0));
    give('g/DBIRTH/n/old', bytes(1, metrics(1)));
    expect(give('g/NDATA/n', bytes(2, [])).dropped).toEqual([]);
    give('g/NBIRTH/n', birth(0, [], 2));
    const late = give('g/DDATA/n/old', bytes(1, [{ alias: 1, type: 'Int32', value: 7 }]));
    expect(late).toMatchObject({ rows: [], dropped: ['a message of a device without a birth'], rebirth: { group: 'g', node: 'n' } });
    expect(give('g/DBIRTH/n/new', bytes(2, metrics(10_001))).dropped).toEqual([]);
  });

  it('the death of a node is a row for it and each of its living devices; the will of an older session is nothing', () => {
    const { give } = rig();
    give('g/NBIRTH/n', birth(0, [], 7));
    give('g/DBIRTH/n/d1', bytes(1, [{ name: 'x', alias: 5, type: 'Int32', value: 1 }]));
    give('g/DBIRTH/n/d2', bytes(2, [{ name: 'x', alias: 6, type: 'Int32', value: 1 }]));
    expect(give('g/DDEATH/n/d2', bytes(3, [])).rows).toMatchObject([{ device: 'd2', kind: 'death', online: false, metrics: {} }]);
    expect(give('g/NDEATH/n', bytes(undefined, [bd(6)])).rows).toEqual([]);
    const death = give('g/NDEATH/n', bytes(undefined, [bd(7)], 5000)).rows;
    expect(death.map((r) => [r['device'], r['kind'], r['online'], r['timestamp']])).toEqual([
      [null, 'death', false, 5000n],
      ['d1', 'death', false, 5000n],
    ]);
    expect(give('g/NDEATH/n', bytes(undefined, [bd(7)])).rows).toEqual([]);
    // nothing of before holds after the next birth
    give('g/NBIRTH/n', birth(0, [], 8));
    expect(give('g/DDATA/n/d1', bytes(1, [{ alias: 5, type: 'Int32', value: 2 }])).rows).toEqual([]);
  });

  it('complete rows hold the last value of every metric; values that waited at the node stand apart and change nothing', () => {
    const { give } = rig(true);
    give(
      'g/NBIRTH/n',
      birth(0, [
        { name: 'a', alias: 1, type: 'Int32', value: 1 },
        { name: 'b', alias: 2, type: 'String', value: 'x' },
      ]),
    );
    expect(give('g/NDATA/n', bytes(1, [{ alias: 1, type: 'Int32', value: 2 }])).rows[0]!['metrics']).toEqual({ a: 2n, b: 'x' });
    const rows = give(
      'g/NDATA/n',
      bytes(2, [
        { alias: 1, type: 'Int32', value: 9, isHistorical: true, timestamp: 50 },
        { alias: 2, type: 'String', value: 'y' },
      ]),
    ).rows;
    expect(rows).toMatchObject([
      { historical: true, timestamp: 50n, metrics: { a: 9n } },
      { timestamp: 1000n, metrics: { a: 2n, b: 'y' } },
    ]);
  });

  it('knows the topics of the namespace, and no others', () => {
    expect(parseTopic('spBv1.0/g/DDATA/n/d')).toEqual({ group: 'g', kind: 'DDATA', node: 'n', device: 'd' });
    for (const topic of [
      'spBv1.0/g/DDATA/n',
      'spBv1.0/g/NDATA/n/d',
      'spAv1.0/g/NDATA/n',
      'spBv1.0/STATE/x',
      'spBv1.0/g/XDATA/n',
      'spBv1.0/g/DDATA/n/d/e',
    ])
      expect(parseTopic(topic)).toBeUndefined();
    expect(filtersOf('plant, b/n7')).toEqual(['spBv1.0/plant/#', 'spBv1.0/b/+/n7/#']);
    expect(() => filtersOf('')).toThrow('DATASOURCE names the groups');
    expect(() => filtersOf('a/b/c')).toThrow('write GROUP or GROUP/NODE');
  });
});
