// Sources and sinks of a portable plugin of eKuiper's SDK when one of them stops and the process does not: the SDK ends a part at the first error in it,
// or when a row of a source is not taken within a second, and tells nobody.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { ConnectorContext } from '../../src/contract/context.ts';
import { createPortablePlugins } from '../../src/extensions/portable/portable-plugins.ts';
import { createTestContext } from '../helpers/connector-context.ts';
import { hasSdk, SDK_PYTHON, samplePlugin, uniqueName } from './portable-sample.ts';

const WITHIN_MS = 60_000;
async function until(look: () => boolean, what: string): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  while (!look()) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${WITHIN_MS} ms`);
    await sleep(20);
  }
}

describe.skipIf(!hasSdk)('a part of a portable plugin', () => {
  const p = uniqueName();
  const root = mkdtempSync(join(tmpdir(), 'kuiper-parts-'));
  const { log, lines } = createMemoryLog('debug');
  const clock = createRealClock();
  const plugins = createPortablePlugins({
    folder: join(root, 'portable'),
    etc: join(root, 'etc'),
    notes: join(root, 'notes'),
    clock,
    log,
    pythonBin: () => SDK_PYTHON,
    refusal: () => undefined,
  });
  beforeAll(() => plugins.install(p, samplePlugin(p)), 60_000);
  afterAll(async () => {
    await plugins.close();
    rmSync(root, { recursive: true, force: true });
  });
  const context = () => {
    const states: string[] = [];
    let dropped = 0;
    const ctx: ConnectorContext = {
      ...createTestContext(uniqueName()),
      clock,
      log,
      getRuleId: () => p,
      getInstanceId: () => 0,
      status: (state) => states.push(state),
      dropped: (n) => (dropped += n),
    };
    return { ctx, states, dropped: () => dropped };
  };
  const renewals = () => lines.filter((l) => l.code === 'PORTABLE_SYMBOL').length;
  const open = async (props: Record<string, unknown>, take: (n: number) => void | Promise<void>) => {
    const source = (await plugins.connector(`${p}odd`)!.load()).source!.create();
    const { ctx, states, dropped } = context();
    await source.configure!('', props);
    await source.open(
      ctx,
      (row) => take((row as { n: number }).n),
      () => undefined,
    );
    return { source, ctx, states, dropped };
  };
  const openSink = async (file: string) => {
    const sink = (await plugins.connector(`${p}sometimes`)!.load()).sink!.create();
    const { ctx, states } = context();
    await sink.configure!({ file, requireAck: true });
    await sink.open(ctx, () => undefined);
    return { sink, ctx, states, collect: (text: string) => sink.collect(ctx, text as never) };
  };

  // @covers issue:21#6
  it('that is a source gives every row, in order, to a gateway that did not take any for three seconds', async () => {
    const got: number[] = [];
    const go = Promise.withResolvers<void>();
    // 60 MB a second and more; the system keeps some 200 KB for a socket
    const s = await open({ rows: 600, fill: 10_000, end: 'stay' }, (n) => {
      got.push(n);
      return got.length === 1 ? go.promise : undefined;
    });
    await until(() => got.length === 1, 'the first row');
    await sleep(3000);
    expect(got).toEqual([0]);
    go.resolve();
    await until(() => got.length === 600, 'the last row');
    expect(got).toEqual([...Array(600).keys()]);
    expect([s.dropped(), renewals(), s.states]).toEqual([0, 0, ['connected']]);
    await s.source.close(s.ctx);
  }, 120_000);

  it('that is a source stays away when it has come to its end', async () => {
    const { pid } = plugins.status(p)!;
    const got: number[] = [];
    const s = await open({ rows: 2, end: 'return' }, (n) => void got.push(n));
    await until(() => s.states.includes('disconnected'), 'its end');
    // more than the first pause before another start
    await sleep(2000);
    expect([got, renewals(), s.states]).toEqual([[0, 1], 0, ['connected', 'disconnected']]);
    await s.source.close(s.ctx);
    expect(plugins.status(p)!.pid).toBe(pid);
  }, 120_000);

  it('that is a source is started again after an error in it', async () => {
    const { pid } = plugins.status(p)!;
    const got: number[] = [];
    const s = await open({ rows: 2, end: 'raise' }, (n) => void got.push(n));
    await until(() => got.length >= 4, 'the rows of its second run');
    expect(got.slice(0, 4)).toEqual([0, 1, 0, 1]);
    expect(s.states.slice(0, 3)).toEqual(['connected', 'disconnected', 'connected']);
    await s.source.close(s.ctx);
    const told = lines.find((l) => l.code === 'PORTABLE_SYMBOL')!;
    expect([told.symbol, String(told.cause)]).toEqual([`${p}odd`, expect.stringContaining('the device is gone')]);
    expect(plugins.status(p)!.pid).toBe(pid);
  }, 120_000);

  it('that is a sink is started again after an error in it, and takes the result then', async () => {
    const file = join(root, 'raise.txt');
    const s = await openSink(file);
    await s.collect('first');
    await expect(s.collect('raise')).rejects.toThrow(/portable plugin/);
    await until(() => s.states.at(-1) === 'connected' && s.states.length > 2, 'its second run');
    await s.collect('raise');
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual(['first', 'raise', 'raise']);
    await s.sink.close(s.ctx);
  }, 120_000);
});
