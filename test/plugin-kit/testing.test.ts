// The harness that plugin authors test with: `@kuiper-gateway/plugin/testing`.
import { expect, test } from 'vitest';
import { AccumulateWordCount } from '../../plugins/functions/accumulateWordCount.ts';
import { Random } from '../../plugins/sources/random.ts';
import { defineSource } from '../../src/plugin-kit/index.ts';
import { fakeContext, testFunction, testLookup, testSink, testSource, virtualClock } from '../../src/plugin-kit/testing.ts';

// @covers issue:15#2
test('a function keeps its state over calls, and the harness shows it', () => {
  const f = testFunction(AccumulateWordCount, { state: { allwordcount: 10 } });
  expect([f.exec('one two', ' '), f.exec('three', ' ')]).toEqual([12, 13]);
  expect(f.ctx.state).toEqual({ allwordcount: 13 });
});

test('a promise of exec is refused, as the gateway does', () => {
  expect(() =>
    testFunction(
      class {
        async exec() {
          return 1;
        }
      },
    ).exec(),
  ).toThrow('exec returned a promise');
});

test('timers of a source run in virtual time, in order, and nothing comes after close', async () => {
  using clock = virtualClock(1_000_000);
  const s = await testSource(Random, { props: { interval: 500, seed: 1 } });
  await s.open();
  await clock.advance(499);
  expect(s.rows).toEqual([]);
  await clock.advance(1_001);
  expect(s.rows).toEqual([{ count: 0 }, { count: 0 }, { count: 0 }]);
  expect(clock.now()).toBe(1_001_500);
  await s.close();
  await clock.advance(5_000);
  expect(s.rows.length).toBe(3);
  expect(s.ctx.signal.aborted).toBe(true);
});

test('a source that awaits emit waits while the gateway is behind, and gets its confirmations', async () => {
  const confirmed: number[] = [];
  const s = await testSource(
    defineSource({
      create: () => ({
        async open(_ctx, emit) {
          for (let n = 1; n <= 3; n++)
            await emit({ n, at: new Date(0), bytes: new Uint8Array([n]) }, { topic: 't' }, () => confirmed.push(n));
        },
      }),
    }),
  );
  s.hold();
  const opened = s.open();
  await Promise.resolve();
  expect(s.rows.map((r) => r['n'])).toEqual([1]);
  s.confirm();
  expect(confirmed).toEqual([1]);
  s.release();
  await opened;
  expect(s.rows[2]).toEqual({ n: 3, at: new Date(0), bytes: new Uint8Array([3]) });
  expect(s.emitted.map((e) => e.waiting)).toEqual([false, true, true]);
  s.confirm();
  s.confirm();
  expect(confirmed).toEqual([1, 2, 3]);
});

test('what cannot be handed to the gateway is refused at the emit', async () => {
  const s = await testSource(
    class {
      open(_ctx: unknown, emit: any) {
        emit(5);
      }
    },
  );
  await expect(s.open()).rejects.toThrow('emit takes a row (an object), a list of rows, or bytes, but got number');
  const f = await testSource(
    class {
      open(_ctx: unknown, emit: any) {
        emit({ f: () => 1 });
      }
    },
  );
  await expect(f.open()).rejects.toThrow(/could not be cloned/);
});

test('state that a checkpoint could not keep is refused, and what is changed later does not change it', () => {
  const ctx = fakeContext();
  const list = [1];
  ctx.putState('list', list);
  list.push(2);
  expect(ctx.getState('list')).toEqual([1]);
  expect(() => ctx.putState('f', () => 1)).toThrow(/could not be cloned/);
  expect(() => ctx.incrCounter('n', Number.NaN)).toThrow('counter "n": NaN is not a number');
  ctx.deleteState('list');
  expect(ctx.state).toEqual({});
});

test('a sink and a lookup source are configured, opened and closed as in the gateway', async () => {
  const seen: unknown[] = [];
  const sink = await testSink(
    class {
      configure(props: unknown) {
        seen.push(props);
      }
      collect(_ctx: unknown, data: unknown) {
        seen.push(data);
      }
      close() {
        seen.push('closed');
      }
    },
    { props: { a: 1 } },
  );
  await sink.open();
  await sink.collect({ n: 1 });
  await sink.close();
  expect(seen).toEqual([{ a: 1 }, { n: 1 }, 'closed']);
  const table = await testLookup(
    class {
      lookup(_c: unknown, fields: unknown, keys: unknown, values: unknown) {
        return [{ fields, keys, values }] as never;
      }
    },
  );
  expect(await table.lookup({ id: 7 }, ['name'])).toEqual([{ fields: ['name'], keys: ['id'], values: [7] }]);
});
