// Simulator: rows of its configuration at an interval, once or for ever; lookup by all keys. With the small sinks log and nop.
import { describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import log from '../../../src/connectors/log/index.ts';
import nop from '../../../src/connectors/nop/index.ts';
import simulator from '../../../src/connectors/simulator/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

async function start(props: Props, saved?: unknown) {
  const source = simulator.source!.create();
  await source.configure!('', props);
  if (saved !== undefined) source.rewind!(saved);
  const ctx = { ...createTestContext(), clock: createVirtualClock() };
  const got: unknown[] = [];
  const ends: unknown[] = [];
  await source.open(
    ctx,
    (row) => void got.push(row),
    (e) => ends.push((e as { code?: string }).code),
  );
  return { source, ctx, got, ends };
}
const data = [{ a: 1 }, { a: 2 }];

describe('simulator', () => {
  it('gives the first row at once, then one per interval, and ends', async () => {
    const s = await start({ data, interval: '1s' });
    expect(s.got).toEqual([{ a: 1 }]);
    await s.ctx.clock.advance(1000);
    await vi.waitFor(() => expect(s.got).toEqual(data));
    await s.ctx.clock.advance(1000);
    await vi.waitFor(() => expect(s.ends).toEqual(['END_OF_INPUT']));
  });

  it('begins again with loop, until it is closed', async () => {
    const s = await start({ data, interval: 10, loop: true });
    for (let i = 0; i < 5; i++) await s.ctx.clock.advance(10);
    await vi.waitFor(() => expect(s.got.length).toBe(6));
    expect(s.got[4]).toEqual({ a: 1 });
    await s.source.close(s.ctx);
    await s.ctx.clock.advance(100);
    expect(s.got.length).toBe(6);
    expect(s.ends).toEqual([]);
  });

  it('goes on from its position', async () => {
    const s = await start({ data, interval: '1s' });
    const t = await start({ data, interval: '1s' }, s.source.offset!());
    expect(t.got).toEqual([{ a: 2 }]);
  });

  it('looks rows up by all keys', async () => {
    const table = simulator.lookup!.create();
    await table.configure!('', {
      data: [
        { id: 1, k: 'a', v: 1 },
        { id: 1, k: 'b', v: 2 },
        { id: 2, k: 'a', v: 3 },
      ],
    });
    const ctx = createTestContext();
    await table.open(ctx);
    expect(await table.lookup(ctx, ['v'], ['id', 'k'], [1, 'a'])).toEqual([{ v: 1 }]);
    expect(await table.lookup(ctx, [], ['id'], [3])).toEqual([]);
  });
});

describe('small sinks', () => {
  it('log writes the payload with the rule', async () => {
    const ctx = createTestContext();
    const sink = log.sink!.create();
    await sink.open(ctx, () => undefined);
    await sink.collect(ctx, '{"a":1}');
    expect(ctx.lines.at(-1)).toMatchObject({ msg: 'sink result for rule test-rule', payload: '{"a":1}' });
  });

  it('nop logs only when asked, and refuses a log that is not a condition (defect 8)', async () => {
    const ctx = createTestContext();
    for (const wanted of [false, true]) {
      const sink = nop.sink!.create();
      await sink.configure!({ log: wanted });
      await sink.open(ctx, () => undefined);
      await sink.collect(ctx, 'x');
      expect(ctx.lines.length).toBe(wanted ? 1 : 0);
    }
    expect(() => nop.sink!.create().configure!({ log: 'x' })).toThrow('property log: "x" is not true or false');
  });
});
