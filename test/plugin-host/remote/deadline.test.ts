// Calls into plugins that never answer: each has an end, by a clock that the test turns.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import type { ComponentContext } from '../../../src/contract/context.ts';
import { LIMITS_MS, type LimitedMethod } from '../../../src/plugin-host/remote/deadline.ts';
import type { PluginWorker } from '../../../src/plugin-host/remote/plugin-worker.ts';
import { RemoteInstance, type RemotePlugin } from '../../../src/plugin-host/remote/remote-instance.ts';

/** A worker that answers everything but one method. */
function silentOn(method: string) {
  const clock = createVirtualClock(0);
  const detached: number[] = [];
  const worker = {
    start: async () => ({}),
    attach: () => 7,
    detach: (id: number) => void detached.push(id),
    call: (_id: number, m: string) => (m === method ? new Promise(() => undefined) : Promise.resolve('fine')),
  } as unknown as PluginWorker;
  const plugin = {
    kind: 'sinks',
    name: 'hang',
    version: { worker, symbols: { main: 'Hang', lookup: 'HangLookup' }, singleton: { main: false, lookup: false } },
    instances: new Set(),
    clock,
  } as unknown as RemotePlugin;
  const instance = new RemoteInstance(plugin, 'main', { emitted: () => undefined, lost: () => undefined });
  return { clock, detached, instance };
}
const context = { getRuleId: () => 'r', getOpId: () => 'o', getInstanceId: () => 0, getRootPath: () => '/' } as unknown as ComponentContext;

const CALLS: Record<Exclude<LimitedMethod, 'close'>, (i: RemoteInstance) => Promise<unknown>> = {
  create: (i) => i.configure([{}]),
  configure: (i) => i.configure([{}]),
  open: (i) => i.open(context),
  rewind: (i) => i.open(context).then(() => i.direct('rewind', [1])),
  pull: (i) => i.open(context).then(() => i.call('pull', [])),
  collect: (i) => i.open(context).then(() => i.call('collect', [{}])),
  lookup: (i) => i.open(context).then(() => i.call('lookup', [[], [], []])),
};

describe('a plugin that never answers', () => {
  // @covers issue:14#6
  test.each(Object.keys(CALLS) as (keyof typeof CALLS)[])(
    'its %s ends with PLUGIN_STALLED when its time is over, and not before',
    async (method) => {
      const { clock, instance } = silentOn(method);
      let outcome: unknown;
      void CALLS[method](instance).then(
        (value) => (outcome = { value }),
        (error: unknown) => (outcome = error),
      );
      for (let i = 0; i < 20; i++) await Promise.resolve();
      await clock.advance(LIMITS_MS[method] - 1);
      expect(outcome).toBeUndefined();
      await clock.advance(1);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      expect(outcome).toMatchObject({
        code: 'PLUGIN_STALLED',
        params: { plugin: 'sinks/hang', problem: `${method} did not end within ${LIMITS_MS[method] / 1000} s` },
      });
    },
  );

  test('an instance whose configure never ends is given back, so that its worker can rest', async () => {
    const { clock, detached, instance } = silentOn('configure');
    const refused = expect(instance.configure([{}])).rejects.toMatchObject({ code: 'PLUGIN_STALLED' });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await clock.advance(LIMITS_MS.configure);
    await refused;
    expect(detached).toEqual([7]);
  });

  test('an answer in time is the answer, and leaves no timer behind', async () => {
    const { clock, instance } = silentOn('nothing');
    await instance.open(context);
    expect(await instance.call('collect', [{}])).toBe('fine');
    await clock.advance(120_000);
    expect(await instance.call('lookup', [[], [], []])).toBe('fine');
  });
});
