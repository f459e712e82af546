// What every source that has a peer must do, whatever the technology. A connector gives a bench (how its peer is lost, comes back, speaks) and
// gets these tests. Option checks for all connectors: test/suites/options.test.ts.
import { afterEach, describe, expect, it } from 'vitest';
import type { Source } from '../../src/contract/source.ts';
import { createTestContext, type TestContext } from '../helpers/connector-context.ts';
import { until } from '../helpers/mosquitto.ts';

export interface PeerBench {
  datasource: string;
  props: Record<string, unknown>;
  /** Values that no log line, state or error may show. */
  secrets: readonly string[];
  /** The peer says something. Waits until it has left. */
  say(text: string): Promise<void>;
  lose(): Promise<void>;
  return(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectorSuite {
  name: string;
  createSource(): Source;
  createBench(): Promise<PeerBench>;
  /** Messages carry a confirmation. */
  acks: boolean;
  /** Longest time from the peer's return to `connected`, ms. */
  backMs: number;
}

export function connectorSuite(suite: ConnectorSuite): void {
  describe(`connector ${suite.name}`, () => {
    const closers: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });
    const setUp = async () => {
      const bench = await suite.createBench();
      closers.push(() => bench.close());
      return bench;
    };
    const open = async (bench: PeerBench, emit?: (ack?: () => void) => void | Promise<void>) => {
      const ctx = createTestContext();
      const got: string[] = [];
      const source = suite.createSource();
      await source.configure!(bench.datasource, bench.props);
      await source.open(
        ctx,
        (data, _meta, ack) => {
          got.push(Buffer.from(data as Uint8Array).toString());
          if (emit) return emit(ack);
          ack?.();
        },
        () => undefined,
      );
      closers.push(() => source.close(ctx, 'stopped'));
      return { ctx, got, source };
    };
    const state = (ctx: TestContext) => ctx.states.at(-1)?.state;
    const connected = (ctx: TestContext, ms?: number) => until(() => state(ctx) === 'connected', 'connected', ms);

    it('connects and hands on what the peer says', async () => {
      const bench = await setUp();
      const { ctx, got } = await open(bench);
      await connected(ctx);
      await bench.say('one');
      await bench.say('two');
      await until(() => got.length === 2, 'two messages');
      expect(got).toEqual(['one', 'two']);
    });

    it('is told lost when the peer goes, with a reason, and comes back by itself', async () => {
      const bench = await setUp();
      const { ctx, got } = await open(bench);
      await connected(ctx);
      await bench.lose();
      await until(() => state(ctx) === 'disconnected', 'loss is told');
      expect(ctx.states.at(-1)!.message).not.toBe('');
      expect(ctx.lines.filter((l) => l['level'] === 'warn').length).toBeLessThanOrEqual(1);
      await bench.return();
      await connected(ctx, suite.backMs);
      await bench.say('again');
      await until(() => got.includes('again'), 'message after the return');
    });

    it('waits for a peer that is not there yet', async () => {
      const bench = await setUp();
      await bench.lose();
      const { ctx } = await open(bench);
      await until(() => state(ctx) === 'disconnected', 'absence is told');
      await bench.return();
      await connected(ctx, suite.backMs);
    });

    it('closes twice, also when it was never connected, and is silent afterwards', async () => {
      const bench = await setUp();
      const { ctx, source, got } = await open(bench);
      await connected(ctx);
      await source.close(ctx, 'stopped');
      await source.close(ctx, 'stopped');
      const states = ctx.states.length;
      await bench.say('to nobody');
      await bench.lose();
      expect(got).toEqual([]);
      expect(ctx.states.length).toBe(states);
      const never = suite.createSource();
      await never.configure!(bench.datasource, bench.props);
      await never.close(ctx, 'stopped');
    });

    it('loses nothing silently while the gateway is behind', async () => {
      const bench = await setUp();
      let go!: () => void;
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const { ctx, got } = await open(bench, (ack) => {
        ack?.();
        return got.length === 1 ? gate : undefined;
      });
      await connected(ctx);
      for (let i = 0; i < 50; i++) await bench.say(`m${i}`);
      go();
      const dropped = () => ctx.drops.reduce((sum, d) => sum + Number.parseInt(d, 10), 0);
      await until(() => got.length + dropped() === 50, 'all are handed on or counted');
      expect(got.slice(0, 1)).toEqual(['m0']);
    });

    it('says nothing of its secrets', async () => {
      const bench = await setUp();
      await bench.lose();
      const { ctx } = await open(bench);
      await until(() => state(ctx) === 'disconnected', 'absence is told');
      const said = JSON.stringify([ctx.lines, ctx.states]);
      for (const secret of bench.secrets) expect(said).not.toContain(secret);
    });

    if (suite.acks)
      it('gives each message a confirmation', async () => {
        const bench = await setUp();
        let acks = 0;
        const { ctx } = await open(bench, (ack) => {
          expect(ack).toBeTypeOf('function');
          ack!();
          acks++;
        });
        await connected(ctx);
        await bench.say('x');
        await until(() => acks === 1, 'a confirmation');
      });
  });
}
