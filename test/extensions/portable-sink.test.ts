// The sink of a portable plugin with a plugin that this test plays: which answer counts for which result.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { pathOf } from '../../src/extensions/portable/meta.ts';
import type { PluginSymbol, SymbolOwner } from '../../src/extensions/portable/plugin-process.ts';
import { createPortableSink } from '../../src/extensions/portable/sink.ts';
import { dialPush, type Listening, listenPull, type PushSocket } from '../../src/extensions/portable/sp-socket.ts';
import { createTestContext } from '../helpers/connector-context.ts';
import { uniqueName } from './portable-sample.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function until(look: () => boolean): Promise<void> {
  for (let n = 0; n < 1000 && !look(); n++) await sleep(10);
  expect(look()).toBe(true);
}

async function setUp(ackLimitMs: number) {
  const got: string[] = [];
  const ackChannels: PushSocket[] = [];
  let data: Listening | undefined;
  let owner: SymbolOwner | undefined;
  let symbol: PluginSymbol | undefined;
  let stopped = 0;
  /** What the plugin does when it is told to run the sink. */
  const start = async () => {
    data = await listenPull(pathOf(symbol!.meta), (m) => void got.push(m.toString()));
    ackChannels.push(await dialPush(pathOf(symbol!.meta, '_ack'), () => undefined));
  };
  const ctx = { ...createTestContext('sink'), clock: createRealClock(), getRuleId: () => uniqueRule };
  const sink = createPortableSink(
    'lines',
    () => ({
      async run(given, by) {
        symbol = given;
        owner = by;
        await start();
      },
      end: async () => data?.close(),
      stopped: () => void stopped++,
    }),
    ackLimitMs,
  );
  sink.configure!({ requireAck: true });
  await sink.open(ctx, () => undefined);
  ends.push(() => sink.close(ctx));
  return {
    got,
    ctx,
    stopped: () => stopped,
    collect: (text: string) => sink.collect(ctx, text as never) as Promise<void>,
    ack: (run: number, text = '{}') => ackChannels[run]!.send(Buffer.from(text)),
    closeData: () => data!.close(),
    async renew() {
      data!.close();
      await owner!.prepare!();
      await start();
      await owner!.back();
    },
  };
}
const uniqueRule = uniqueName();

describe('a sink of a portable plugin that answers', () => {
  it('takes an answer for the result that waits, and its error as that of the peer', async () => {
    const s = await setUp(10_000);
    const first = s.collect('a');
    await until(() => s.got.length === 1);
    await s.ack(0);
    await first;
    const second = s.collect('b');
    await until(() => s.got.length === 2);
    await s.ack(0, '{"error":"disk full"}');
    await expect(second).rejects.toThrow('disk full');
    expect([s.got, s.stopped()]).toEqual([['a', 'b'], 0]);
  });

  // @covers issue:21#6
  it('has the plugin start it again when it answers too late, and the late answer counts for nothing', async () => {
    const s = await setUp(300);
    await expect(s.collect('slow')).rejects.toThrow('no ack of the plugin within 0.3 s');
    expect(s.stopped()).toBe(1);
    // until it runs again nothing is sent
    await expect(s.collect('meanwhile')).rejects.toThrow('not connected');
    await s.renew();
    await s.ack(0).catch(() => undefined);
    const again = s.collect('slow');
    await until(() => s.got.length === 2);
    await s.ack(1);
    await again;
    // an answer of the first run does not confirm this one
    const next = s.collect('next');
    await until(() => s.got.length === 3);
    await s.ack(0).catch(() => undefined);
    await expect(next).rejects.toThrow('no ack of the plugin within 0.3 s');
    expect(s.got).toEqual(['slow', 'slow', 'next']);
  });

  it('is started again when its socket closes while the process runs', async () => {
    const s = await setUp(10_000);
    const lost = s.collect('a');
    await until(() => s.got.length === 1);
    s.closeData();
    await expect(lost).rejects.toThrow('not connected');
    expect(s.stopped()).toBe(1);
    await s.renew();
    const taken = s.collect('a');
    await until(() => s.got.length === 2);
    await s.ack(1);
    await taken;
    expect(s.ctx.states.map((x) => x.state)).toEqual(['connected', 'disconnected', 'connected']);
  });
});
