// A rule that is spread over several gateways, with a group in memory: the state of a partition is stored with it and goes where it goes, and nothing
// is held for messages that another gateway reads.
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorEntry } from '../../../src/contract/connector.ts';
import type { Emit } from '../../../src/contract/source.ts';
import type { SpreadMember } from '../../../src/contract/spread.ts';
import type { RuleOptions } from '../../../src/runtime/index.ts';
import { countWindowProgram, filterProgram, harness } from '../harness.ts';

/** What several gateways share: the states, and who reads what. */
class Group {
  readonly states = new Map<number, Uint8Array>();
  readonly saves: { partitions: number[]; held: number }[] = [];
  failing = false;

  /** One gateway's way to it. */
  connector() {
    const seat = { member: undefined as SpreadMember | undefined, emit: undefined as Emit | undefined };
    const entry: ConnectorEntry = {
      name: 'group',
      offers: ['source'],
      load: async () => ({
        name: 'group',
        source: {
          kind: 'source',
          name: 'group',
          payload: 'bytes',
          shareable: true,
          options: [],
          doc: '',
          create: () => ({
            spread: (member: SpreadMember) => {
              seat.member = member;
            },
            open: (ctx, emit) => {
              seat.emit = emit;
              ctx.status('connected');
            },
            close: () => undefined,
          }),
        },
      }),
    };
    return { seat, entry };
  }
}

type Seat = ReturnType<Group['connector']>['seat'];

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function gateway(group: Group, options: Partial<RuleOptions> = {}) {
  const { seat, entry } = group.connector();
  const h = harness({ connectors: [entry] });
  ends.push(() => h.end());
  const definition = {
    ...h.define('r', countWindowProgram('v', 3), { options: { spread: true, ...options } }),
    sources: (name: string) => ({ ...h.spec(name), type: 'group' }),
  };
  const rule = h.runtime.createRule(definition);
  await rule.start();
  return { h, rule, seat };
}

const assign = (group: Group, { member }: Seat, partitions: number[]) =>
  member!.begin(
    {
      mark: () => ({
        async save(states, held) {
          if (group.failing) throw new Error('the brokers are away');
          group.saves.push({ partitions: [...states.keys()], held });
          for (const [p, state] of states) group.states.set(p, state);
        },
      }),
    },
    new Map(partitions.map((p) => [p, group.states.get(p)])),
  );

const confirmed: string[] = [];
const give = ({ emit }: Seat, partition: number, v: number) =>
  void emit!(Buffer.from(JSON.stringify({ v })), { partition: BigInt(partition) }, () => void confirmed.push(`${partition}/${v}`));

describe('a rule that is spread over several gateways', () => {
  // @covers issue:22#6
  it('keeps the windows of each partition apart, and the one that reads a partition next goes on with its window', async () => {
    const group = new Group();
    const a = await gateway(group);
    const b = await gateway(group);
    assign(group, a.seat, [0, 1]);
    assign(group, b.seat, []);
    for (const v of [1, 2]) {
      give(a.seat, 0, v);
      give(a.seat, 1, v * 10);
    }
    await a.seat.member!.end(1000);
    assign(group, a.seat, [0]);
    assign(group, b.seat, [1]);
    give(a.seat, 0, 3);
    give(b.seat, 1, 30);
    await a.h.settle(() => a.h.sink.got.length > 0);
    await b.h.settle(() => b.h.sink.got.length > 0);
    expect(a.h.sink.rows()).toEqual([{ values: [1, 2, 3] }]);
    expect(b.h.sink.rows()).toEqual([{ values: [10, 20, 30] }]);
  });

  it('confirms a message when the state with it is stored with the partitions, and stores nothing on this gateway', async () => {
    confirmed.length = 0;
    const group = new Group();
    const { h, seat } = await gateway(group);
    assign(group, seat, [4]);
    give(seat, 4, 1);
    give(seat, 4, 2);
    expect(confirmed).toEqual([]);
    await h.settle(() => confirmed.length === 2, 20_000);
    expect(group.saves).toEqual([{ partitions: [4], held: 2 }]);
    expect(await h.store.checkpoints.rules()).toEqual([]);
  });

  it('tries again when the state could not be stored, and confirms nothing before', async () => {
    confirmed.length = 0;
    const group = new Group();
    group.failing = true;
    const { h, rule, seat } = await gateway(group);
    assign(group, seat, [0]);
    give(seat, 0, 1);
    await h.settle(() => h.lines.some((l) => l['code'] === 'STORE_FAILED'), 20_000);
    expect(confirmed).toEqual([]);
    group.failing = false;
    await h.settle(() => confirmed.length === 1, 20_000);
    expect(rule.status()).toMatchObject({ status: 'running' });
  });

  it('forgets what it held when partitions went without their last state: the next reader gets these messages', async () => {
    const group = new Group();
    const a = await gateway(group);
    assign(group, a.seat, [0]);
    give(a.seat, 0, 1);
    group.failing = true;
    await a.seat.member!.end(1000);
    group.failing = false;
    assign(group, a.seat, [0]);
    for (const v of [1, 2, 3]) give(a.seat, 0, v);
    await a.h.settle(() => a.h.sink.got.length > 0);
    expect(a.h.sink.rows()).toEqual([{ values: [1, 2, 3] }]);
  });

  it('gives partitions up in time when its sink does not answer, and its state of before is stored nowhere', async () => {
    const group = new Group();
    const { h, seat } = await gateway(group);
    assign(group, seat, [0]);
    h.sink.behaviour = 'hold';
    for (const v of [1, 2, 3, 4]) give(seat, 0, v);
    let over = false;
    void seat.member!.end(1000).then(() => (over = true));
    await h.settle(() => over, 1000);
    expect(group.states.size).toBe(0);
    assign(group, seat, [0]);
    for (const answer of h.sink.holding.splice(0)) answer.resolve();
    h.sink.behaviour = 'ok';
    give(seat, 0, 1);
    await h.settle(() => group.saves.length > 0, 20_000);
    expect(group.saves.at(-1)).toEqual({ partitions: [0], held: 1 });
  });

  it('keeps no result on the disk of its gateway while an action does not answer: its messages wait, and another gateway sends them', async () => {
    confirmed.length = 0;
    const group = new Group();
    const { h, rule, seat } = await gateway(group);
    assign(group, seat, [0]);
    h.sink.behaviour = 'hold';
    for (let v = 1; v <= 9; v++) give(seat, 0, v);
    await h.clock.advance(60_000);
    await h.settle();
    expect(rule.health().sinks[0]).toMatchObject({ queueRows: 0, waiting: 3 });
    expect([group.saves, confirmed]).toEqual([[], []]);
    let stopped = false;
    void rule.stop().then(() => (stopped = true));
    await h.settle(() => stopped);
    expect([group.saves, await h.store.sinkQueues.queues()]).toEqual([[], []]);
  });

  it('stores the state when it is stopped, and takes part no more', async () => {
    const group = new Group();
    const a = await gateway(group);
    assign(group, a.seat, [0]);
    give(a.seat, 0, 1);
    let stopped = false;
    void a.rule.stop().then(() => (stopped = true));
    await a.h.settle(() => stopped);
    expect(group.saves).toEqual([{ partitions: [0], held: 1 }]);
    assign(group, a.seat, [0]);
    const b = await gateway(group);
    assign(group, b.seat, [0]);
    give(b.seat, 0, 2);
    give(b.seat, 0, 3);
    await b.h.settle(() => b.h.sink.got.length > 0);
    expect(b.h.sink.rows()).toEqual([{ values: [1, 2, 3] }]);
  });

  it('begins without a state that is damaged, and says so', async () => {
    const group = new Group();
    group.states.set(0, Buffer.from('no state'));
    const { h, seat } = await gateway(group);
    assign(group, seat, [0]);
    expect(h.lines.find((l) => String(l['msg']).includes('is damaged'))).toMatchObject({ rule: 'r', partition: 0 });
    for (const v of [1, 2, 3]) give(seat, 0, v);
    await h.settle(() => h.sink.got.length > 0);
  });

  it.each<[string, Partial<RuleOptions>, object, string]>([
    ['early confirmation', { ackPolicy: 'early' }, {}, 'ackPolicy early'],
    ['batches', {}, { batchSize: 5 }, 'makes batches'],
    ['rows on the disk', {}, { enableCache: true }, 'keeps rows on the disk of this gateway'],
  ])('refuses %s', async (_what, options, action, text) => {
    const { entry } = new Group().connector();
    const h = harness({ connectors: [entry] });
    ends.push(() => h.end());
    const rule = h.runtime.createRule({
      ...h.define('r', countWindowProgram('v', 3), { options: { spread: true, ...options }, actions: [{ ...action }] }),
      sources: (name) => ({ ...h.spec(name), type: 'group' }),
    });
    await rule.start();
    expect(rule.brief().message).toContain(text);
  });

  it('refuses a source without partitions, and two streams', async () => {
    const h = harness();
    ends.push(() => h.end());
    const one = h.runtime.createRule(h.define('one', countWindowProgram('v', 3), { options: { spread: true } }));
    await one.start();
    expect(one.brief().message).toContain('a source of type fake has no partitions');
    const program = countWindowProgram('v', 3);
    const two = h.runtime.createRule(
      h.define('two', { ...program, inputs: [...program.inputs, ...program.inputs] }, { options: { spread: true } }),
    );
    await two.start();
    expect(two.brief().message).toContain('it must read one stream');
  });

  it('is as any other when it keeps no state: the group alone shares its input out', async () => {
    const { seat, entry } = new Group().connector();
    const h = harness({ connectors: [entry] });
    ends.push(() => h.end());
    const rule = h.runtime.createRule({
      ...h.define('r', filterProgram('v'), { options: { spread: true } }),
      sources: (name) => ({ ...h.spec(name), type: 'group' }),
    });
    await rule.start();
    await h.settle(() => seat.emit !== undefined);
    expect(seat.member).toBeUndefined();
    give(seat, 0, 1);
    await h.settle(() => h.sink.got.length > 0);
  });
});
