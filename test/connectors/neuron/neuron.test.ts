// neuron against NNG (pynng) that listens as Neuron's eKuiper app does: events, tags, templates, one connection for all, kills under load.
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import neuron from '../../../src/connectors/neuron/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePeers, type PythonPeer, startPeer } from '../../helpers/python-peer.ts';
import { type Rig, type RigOptions, startRig } from '../../helpers/rule-rig.ts';

const havePynng = havePeers();

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const rig = async (o: RigOptions): Promise<Rig> => {
  const r = await startRig(o);
  ends.push(() => r.close());
  return r;
};
const peer = async (url: string): Promise<PythonPeer> => {
  const p = await startPeer('test/connectors/neuron/peer.py', url);
  ends.push(() => p.kill());
  return p;
};
const tcp = async () => `tcp://127.0.0.1:${await freePort()}`;
const ipc = () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-neuron-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return `ipc://${join(folder, 's')}`;
};
const event = (n: number) =>
  JSON.stringify({ timestamp: 1646125996000, node_name: 'node1', group_name: 'group1', values: { t: n, s: 'x' }, errors: { bad: 122 } });
const sink = (url: string, props: object, o: RigOptions = {}) => rig({ ...o, actions: [{ neuron: { url, ...props } }] });
const target = { nodeName: 'n', groupName: 'g' };

describe.runIf(havePynng)('neuron', () => {
  // @covers issue:22#2
  // @covers finding:parity#10
  it('takes events over TCP and over a socket file, with and without a trace in front', async () => {
    for (const url of [await tcp(), ipc()]) {
      const far = await peer(url);
      const r = await rig({
        sql: 'SELECT *, meta(traceId) AS trace, meta(sourceKind) AS kind FROM s',
        source: { type: 'neuron', datasource: '', props: { url } },
      });
      await until(() => r.rule.health().sources[0]?.connection === 'connected', 'the source is connected');
      far.send(event(1));
      far.send(`\u000a\u00ce${'\u0001'.repeat(16)}${'\u0002'.repeat(8)}${event(2)}`);
      await until(() => r.got.length === 2, 'both events came');
      const row = { timestamp: 1646125996000, node_name: 'node1', group_name: 'group1', errors: { bad: 122 }, kind: 'neuron' };
      expect(r.got).toEqual([
        { ...row, values: { t: 1, s: 'x' } },
        { ...row, values: { t: 2, s: 'x' }, trace: '01'.repeat(16) },
      ]);
    }
  });

  it('writes all columns, or the named ones, as tags of a node and group from templates', async () => {
    const url = await tcp();
    const far = await peer(url);
    const r = await rig({
      actions: [
        { neuron: { url, nodeName: '{{.node}}', groupName: 'g', tags: ['{{.which}}', 'u', 'gone'] } },
        { neuron: { url, ...target, fields: ['u', 'none'] } },
      ],
    });
    await r.send({ node: 'myNode', which: 't', t: 25.2, u: 72n, none: null });
    await until(() => far.lines.length === 2, 'both messages came over the one connection');
    expect(far.lines.map((l) => JSON.parse(l) as object)).toContainEqual({
      group_name: 'g',
      node_name: 'myNode',
      tags: [
        { tag_name: 't', value: 25.2 },
        { tag_name: 'u', value: 72 },
      ],
    });
    expect(far.lines).toContain('{"group_name":"g","node_name":"n","tags":[{"tag_name":"u","value":72},{"tag_name":"none","value":null}]}');
    expect(r.rule.health().notes.join()).toContain('Tags that rows did not have were left out: gone.');
  });

  it('raw sends the row, or what the data template makes of it, as it is; a list is one message a row', async () => {
    const url = ipc();
    const far = await peer(url);
    const r = await sink(url, { raw: true }, { sql: 'SELECT n FROM s GROUP BY COUNTWINDOW(2)' });
    await r.send({ n: 1n });
    await r.send({ n: 2n });
    await until(() => far.lines.length === 2, 'both came');
    expect(far.lines).toEqual(['{"n":1}', '{"n":2}']);
    await r.close();
    ends.splice(ends.length - 1, 1);
    const shaped = await sink(url, { raw: true, dataTemplate: '{"write":{{.n}}}', sendSingle: true });
    await shaped.send({ n: 3n });
    await until(() => far.lines.length === 3, 'the third came');
    expect(far.lines[2]).toBe('{"write":3}');
  });

  it('parks a row that has no tag, or names no node, alone', async () => {
    const url = await tcp();
    const far = await peer(url);
    const r = await sink(url, { nodeName: '{{.node}}', groupName: 'g', tags: ['t'] }, { sql: 'SELECT * FROM s GROUP BY COUNTWINDOW(3)' });
    await r.send({ node: 'a', t: 1n });
    await r.send({ node: 'b' });
    await r.send({ node: '', t: 2n });
    await until(() => r.health().parked === 2, 'two rows are parked');
    expect(far.lines.map((l) => (JSON.parse(l) as { node_name: string }).node_name)).toEqual(['a']);
  });

  // @covers issue:22#kills
  it('waits while Neuron is away, and sends what waited in order when it is back', async () => {
    const url = await tcp();
    const r = await sink(url, target);
    for (let n = 0; n < 50; n++) await r.send({ n: BigInt(n) });
    await until(() => /ECONNREFUSED/.test(r.health().message), 'the reason is shown');
    const numbers = (p: PythonPeer) => p.lines.map((l) => Number((JSON.parse(l) as { tags: { value: number }[] }).tags[0]!.value));
    let far = await peer(url);
    await until(() => far.lines.length === 50, 'all that waited came');
    expect(numbers(far)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    await r.settled();
    await far.kill();
    await until(() => r.health().connection !== 'connected', 'the loss is seen');
    for (let n = 50; n < 100; n++) await r.send({ n: BigInt(n) });
    far = await peer(url);
    await until(() => far.lines.length === 50, 'what came while it was away is there');
    expect(numbers(far)).toEqual(Array.from({ length: 50 }, (_, n) => n + 50));
    await r.settled();
  });
});

describe('neuron refuses', () => {
  it.each([
    [{ groupName: 'g' }, 'node name is required if raw is not set'],
    [{ nodeName: 'n' }, 'group name is required if raw is not set'],
    [{ ...target, url: 'http://h:1' }, 'url "http://h:1" is neither tcp://host:port nor ipc:///path'],
  ])('%j with the reason', (props, text) => {
    expect(() => neuron.sink!.create().configure!(props)).toThrow(text);
  });

  it('a peer that speaks something else, with the reason, and dials again', async () => {
    let dials = 0;
    const server = net.createServer((s) => {
      dials++;
      s.on('error', () => undefined);
      s.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => server.close());
    const s = neuron.source!.create();
    await s.configure!('', { url: `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}` });
    const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
    await s.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    ends.push(() => s.close(ctx));
    await until(() => dials === 2, 'it dialled again');
    expect(ctx.states.map((x) => x.message).join()).toContain('does not speak the protocol');
  });

  it('addresses of its own network while the setting does not allow them', async () => {
    const s = neuron.sink!.create();
    await s.configure!(target);
    await expect(async () => s.open(createTestContext(), () => undefined)).rejects.toMatchObject({ code: 'DESTINATION_REFUSED' });
  });
});
