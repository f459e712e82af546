// A spread rule against a real broker: members of a group are killed under load, and every row and window is there, in order and once (a short run of
// scripts/spread-campaign.ts); and the topic that has the state of the partitions.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import kafka from '../../../src/connectors/kafka/index.ts';
import { StateTopic } from '../../../src/connectors/kafka/state-topic.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { havePostgres, startPostgres } from '../sql/database-servers.ts';
import { haveKafka, startKafka } from './kafka-server.ts';
import { runGroup } from './spread-group.ts';

it('refuses a spread rule without a group that all gateways name', () => {
  const source = kafka.source!.create();
  source.spread!({ ruleId: 'r', begin: () => undefined, end: async () => undefined });
  expect(() => source.configure!('t', { brokers: 'h:1' })).toThrow('needs the property groupID');
});

describe.runIf(haveKafka && havePostgres)('several gateways as one', () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startKafka();
  }, 240_000);
  afterAll(() => server?.remove());

  // @covers issue:22#6
  // @covers issue:22#kafka
  it('three members, one killed after the other and one stopped until it is taken for dead: no row lost, keys in order, windows right', async () => {
    const postgres = await startPostgres();
    let which = 0;
    try {
      const result = await runGroup({
        ...{ kafka: server, postgres, name: 'three', kills: 3, everyMs: 5000, downMs: 500, stallMs: 13_000, perTick: 3 },
        pick: (n) => which++ % n,
      });
      expect(result).toMatchObject({ kills: 2, stalls: 1, lost: 0, disordered: 0, wrongWindows: 0 });
      expect(result.windows).toBeGreaterThan(100);
    } finally {
      await postgres.remove();
    }
  }, 400_000);

  const topic = async (name: string, partitions: number) => {
    const props = { brokers: `127.0.0.1:${server.port}`, saslAuthType: 'none', saslUserName: '', password: '', useTls: false };
    const tls = { certificationPath: '', privateKeyPath: '', rootCaPath: '', certificationRaw: '', privateKeyRaw: '', rootCARaw: '' };
    const states = new StateTopic({
      ctx: createTestContext(),
      kafka: await import('@platformatic/kafka'),
      props: { ...props, ...tls, insecureSkipVerify: false, tlsMinVersion: 'tls1.2' },
      clientId: 'test',
      name,
    });
    await states.open(partitions);
    return states;
  };
  const state = (next: bigint, text?: string) => ({ next, state: text === undefined ? undefined : Buffer.from(text) });

  it('who claims a partition has the last state of it, and the member before is told when it writes', async () => {
    const [a, b] = [await topic('moves', 2), await topic('moves', 2)];
    try {
      expect(Object.fromEntries(await a.claim([0, 1]))).toEqual({ 0: undefined, 1: undefined });
      await a.save(new Map([[0, state(5n, 'five')], [1, state(1n)]])); // biome-ignore format: a table
      await a.save(new Map([[0, state(6n, 'six')]]));
      expect((await b.claim([0])).get(0)).toEqual(state(6n, 'six'));
      await expect(a.save(new Map([[0, state(7n, 'late')]]))).rejects.toThrow('another member writes state of partition 0');
      await a.save(new Map([[1, state(2n)]]));
      // what the member before wrote on is nobody's
      expect((await a.claim([0, 1])).get(0)).toEqual(state(6n, 'six'));
      await expect(b.save(new Map([[0, state(8n)]]))).rejects.toThrow('another member writes');
      await expect(a.save(new Map([[5, state(0n)]]))).rejects.toThrow('partition 5 is read by another member');
    } finally {
      await a.close();
      await b.close();
    }
  }, 60_000);

  it('the topic grows with its input, and old records are removed by the state that replaces them', async () => {
    const a = await topic('grows', 1);
    await a.claim([0]);
    await a.save(new Map([[0, state(1n, 'one')]]));
    await a.close();
    const b = await topic('grows', 3);
    try {
      expect((await b.claim([0, 2])).get(0)).toEqual(state(1n, 'one'));
      // removals stand in the same request as the state: the next record is where it is expected
      await b.save(new Map([[0, state(2n, 'two')]]));
      await b.save(new Map([[0, state(3n, 'three')]]));
      expect((await b.claim([0])).get(0)).toEqual(state(3n, 'three'));
    } finally {
      await b.close();
    }
  }, 60_000);
});
