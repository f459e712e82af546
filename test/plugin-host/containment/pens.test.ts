// Which process a contained plugin runs in, and whose end ends it.
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createPens } from '../../../src/plugin-host/containment/pens.ts';
import type { ThreadStart } from '../../../src/plugin-host/remote/thread.ts';

function setUp() {
  const killed: number[] = [];
  let launched = 0;
  const pens = createPens({
    launch: () => {
      const n = ++launched;
      return {
        socket: new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }),
        pid: undefined,
        kill: () => void killed.push(n),
      } as never;
    },
    urls: { of: (name: string) => name } as never,
    clock: createVirtualClock(),
    log: createMemoryLog().log,
    maxRssMb: 256,
    maxHeapMb: 128,
  });
  const start = {
    plugin: 'functions/twice',
    text: { path: 'twice.ts', hash: 'same', code: '', format: 'module' },
    symbols: [],
  } as unknown as ThreadStart;
  const ended: string[] = [];
  const events = (name: string) => ({ message: () => undefined, ended: () => void ended.push(name) });
  return { pens, start, events, killed, ended, count: () => launched };
}

// @covers issue:13#4
it('a restricted plugin that is loaded again gets a process of its own, which the end of the one before leaves alone', async () => {
  const { pens, start, events, killed, ended, count } = setUp();
  const launch = pens.threads({ read: [], write: [], net: false } as never);
  const before = launch(start, events('before'));
  launch(start, events('again'));
  expect(count()).toBe(2);
  await before.end();
  expect(killed).toEqual([1]);
  expect(ended).toEqual([]);
  pens.close();
  expect(killed).toEqual([1, 2]);
});

it('contained plugins share a process, which stays when one of them ends', async () => {
  const { pens, start, events, killed, count } = setUp();
  const launch = pens.threads(undefined);
  const before = launch(start, events('before'));
  launch(start, events('again'));
  await before.end();
  expect([count(), killed]).toEqual([1, []]);
  pens.close();
});
