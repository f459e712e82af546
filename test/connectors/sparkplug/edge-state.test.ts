// What an edge node says, message by message, and what the state of a primary host is. No broker.
import { describe, expect, it } from 'vitest';
import { EdgeState } from '../../../src/connectors/sparkplug/edge-state.ts';
import { readState, stateText, stateTopics } from '../../../src/connectors/sparkplug/primary-host.ts';

// @covers issue:19#10
describe('messages of an edge node', () => {
  const born = () => {
    const edge = new EdgeState(() => 5n);
    edge.births(0);
    return edge;
  };

  it('each metric has an alias of its own, also across devices, and keeps it over births', () => {
    const edge = born();
    edge.row('', { a: 1n, b: 2n }, 1, false, 1);
    edge.row('d', { a: 1n }, 1, false, 1);
    const aliases = () => edge.births(9).flatMap((m) => m.metrics.filter((x) => x.alias !== undefined).map((x) => x.alias));
    const first = aliases();
    expect(new Set(first).size).toBe(3);
    expect(aliases()).toEqual(first);
  });

  it('births begin with the node at 0, then its devices in sequence', () => {
    const edge = born();
    edge.row('d1', { a: 1n }, 1, false, 1);
    edge.row('d2', { a: 1n }, 1, false, 1);
    edge.row('d1', { a: 2n }, 2, false, 2);
    expect(edge.births(3).map((m) => [m.kind, m.device, m.seq])).toEqual([
      ['NBIRTH', '', 0],
      ['DBIRTH', 'd1', 1],
      ['DBIRTH', 'd2', 2],
    ]);
    expect(edge.row('d1', { a: 3n }, 4, false, 4)[0]).toMatchObject({ kind: 'DDATA', seq: 3 });
  });

  it('a row that waited is historical, and does not become what a birth says of now', () => {
    const edge = born();
    edge.row('', { a: 1n }, 100, false, 100);
    expect(edge.row('', { a: 7n }, 50, true, 200)[0]!.metrics).toMatchObject([{ historical: true, timestampMs: 50, value: 7n }]);
    expect(edge.births(300)[0]!.metrics.at(-1)).toMatchObject({ name: 'a', value: 1n, timestampMs: 100 });
  });

  it('a new device is born though it has no value yet, and a device that went can come again', () => {
    const edge = born();
    expect(edge.row('d', { a: null }, 1, false, 1)).toMatchObject([{ kind: 'DBIRTH', device: 'd', metrics: [] }]);
    expect(edge.remove('d')).toMatchObject({ kind: 'DDEATH', device: 'd', seq: 2 });
    expect([edge.remove('d'), edge.remove('')]).toEqual([undefined, undefined]);
    expect(edge.row('d', { a: 1n }, 2, false, 2)).toMatchObject([{ kind: 'DBIRTH' }]);
  });

  it('metrics of devices that went leave room for others', () => {
    const edge = born();
    const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`m${i}`, 1n]));
    for (let i = 0; i < 4; i++) {
      expect(edge.row(`d${i}`, wide, 1, false, 1)).toHaveLength(1);
      edge.remove(`d${i}`);
    }
  });

  it('a text of a metric that was a number makes it a text; a whole number in a metric of fractions stays one', () => {
    const edge = born();
    edge.row('', { a: 1.5 }, 1, false, 1);
    expect(edge.row('', { a: 2n }, 2, false, 2)[0]!.metrics).toMatchObject([{ value: 2, datatype: 10 }]);
    expect(edge.row('', { a: 'off' }, 3, false, 3)[0]!.kind).toBe('NBIRTH');
    expect(edge.row('', { a: 2n }, 4, false, 4)[0]!.metrics).toMatchObject([{ value: '2', datatype: 12 }]);
  });
});

describe('the state of a primary host', () => {
  const state = (topic: string, text: string, host = 'scada') => readState(topic, Buffer.from(text), host);

  it('is read in both forms, of this host only', () => {
    expect(state('spBv1.0/STATE/scada', stateText(true, 1234))).toEqual({ online: true, atMs: 1234 });
    expect(state('spBv1.0/STATE/scada', '{"online":false}')).toEqual({ online: false, atMs: undefined });
    expect(state('STATE/scada', 'OFFLINE')).toEqual({ online: false, atMs: undefined });
    expect(state('STATE/scada', ' ONLINE\n')).toEqual({ online: true, atMs: undefined });
    expect(state('STATE/other', 'ONLINE')).toBeUndefined();
    expect(state('spBv1.0/STATE/scada2', stateText(true, 1))).toBeUndefined();
    expect(stateTopics('')).toEqual([]);
  });

  it.each(['', 'ON', '{', '[]', '{"online":"false"}', '{"online":1,"timestamp":2}', 'null'])('%j says nothing', (text) => {
    expect(state('STATE/scada', text)).toBeUndefined();
  });
});
