// Parked rows in a backup with state: each row is in it once, whether it waits or is parked while the backup is read, and what came after its moment is not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { takeMoment } from '../../src/runtime/checkpoint/moment.ts';
import { packState, unpackState } from '../../src/runtime/plain-state.ts';
import { collectState, type SavedState } from '../../src/service/transfer/restored-state.ts';
import { openStore, type Store } from '../../src/store/index.ts';

const MOMENT_MS = 1000;
const QUEUE = 'r/mqtt_0';
let root: string;
let store: Store;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-parked-'));
  store = openStore({ dataDir: root, clock: createVirtualClock(), log: createMemoryLog().log });
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

const append = (queue: string, seq: number, atMs: number, payload: Uint8Array) =>
  store.sinkQueues.append(queue, { seq, rows: 1, bytes: payload.byteLength, atMs }, payload);
const wait = (n: number, atMs: number) => append(QUEUE, n, atMs, packState([[{ n }, undefined, 1, atMs]]));
const park = (n: number, atMs: number) =>
  append(`${QUEUE}#parked`, n, atMs, packState([{ n }, undefined, 1, atMs, 'refused', 0, atMs, [], false]));
/** Numbers in a backup, with where they lie. */
const rowsOf = ({ queues }: SavedState) =>
  Object.entries(queues).flatMap(([queue, pages]) =>
    pages.map((p) => `${JSON.stringify(unpackState(Buffer.from(p.base64, 'base64'))).match(/"n":(\d)/)?.[1]} ${queue}`),
  );
const collect = () => {
  const clock = createVirtualClock(MOMENT_MS);
  const moment = () => takeMoment([], { all: async (taken) => taken?.() }, clock, 0);
  return collectState(store, { moment }, { flush: async () => undefined } as Parameters<typeof collectState>[2]);
};

// @covers issue:21#2
test('a row that came after the moment is left out, parked or not: the rule makes it again', async () => {
  await wait(1, 900);
  await wait(2, 1100);
  await park(3, 900);
  await park(4, 1100);
  expect(rowsOf(await collect()).sort()).toEqual([`1 ${QUEUE}`, `3 ${QUEUE}#parked`]);
});

// @covers issue:21#2
test.each([
  ['the first that is parked', []],
  ['one of several', [7]],
])('a row that is parked while the backup is read is in it once: %s', async (_what, parkedBefore) => {
  for (const n of parkedBefore) await park(n, 800);
  await wait(1, 900);
  const { read } = store.sinkQueues;
  let moved = false;
  store.sinkQueues.read = async (queue, seq) => {
    const payload = await read(queue, seq);
    if (queue === QUEUE && !moved) {
      moved = true;
      await park(8, 900);
      await store.sinkQueues.remove(QUEUE, [1]);
    }
    return payload;
  };
  expect(rowsOf(await collect()).sort()).toEqual([...parkedBefore, 8].map((n) => `${n} ${QUEUE}#parked`));
});
