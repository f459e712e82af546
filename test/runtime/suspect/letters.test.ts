// Dead letters in the real database.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createLetterBox, type LetterBox } from '../../../src/runtime/suspect/letters.ts';
import { type KvTable, openStore, type Store } from '../../../src/store/index.ts';
import { until } from '../../helpers/mosquitto.ts';

let folder = '';
let store: Store;
const clock = createVirtualClock();
const memory = createMemoryLog();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'letters-'));
  store = openStore({ dataDir: folder, clock, log: memory.log });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (box: LetterBox, payload: string | Uint8Array, hash: string, rule = 'r', atMs = 1) =>
  new Promise<void>((resolve) =>
    box.put(
      { rule, payload, atMs, message: { source: 'mqtt s', topic: 't', hash, bytes: payload.length, packet: 1, preview: '' } },
      resolve,
    ),
  );

describe('the dead letters', () => {
  it('keep the payload as it was, count repetitions, and are there for the next process', async () => {
    const box = createLetterBox({ heads: store.kv('deadLetters'), bodies: store.kv('payloads'), clock, log: memory.log });
    await put(box, '{"a":1}', 'aaaaaaaaaaaaaaaa');
    await put(box, Buffer.from([0xff, 0, 1]), 'bbbbbbbbbbbbbbbb', '', 2);
    await put(box, '{"a":1}', 'aaaaaaaaaaaaaaaa', 'r', 3);
    const next = createLetterBox({ heads: store.kv('deadLetters'), bodies: store.kv('payloads'), clock, log: memory.log });
    expect((await next.list()).map((l) => [l.id, l.rule, l.count, l.atMs, 'data' in l])).toEqual([
      ['aaaaaaaaaaaa-r', 'r', 2, 3, false],
      ['bbbbbbbbbbbb-all', '', 1, 2, false],
    ]);
    expect(await next.get('aaaaaaaaaaaa-r')).toMatchObject({ encoding: 'utf8', data: '{"a":1}', truncated: false });
    expect(await next.get('bbbbbbbbbbbb-all')).toMatchObject({ encoding: 'base64', data: '/wAB' });
    expect(await next.drop('aaaaaaaaaaaa-r')).toBe(true);
    expect(await next.drop('aaaaaaaaaaaa-r')).toBe(false);
    expect(await next.get('aaaaaaaaaaaa-r')).toBeUndefined();
  });

  it('are bounded: the oldest of more than a hundred is discarded and counted, a payload above 1 MiB is cut', async () => {
    const box = createLetterBox({ heads: store.kv('deadLetters'), bodies: store.kv('payloads'), clock, log: memory.log });
    await put(box, 'x'.repeat(1024 * 1024 + 1), 'large-letter');
    expect(await box.get('large-letter-r')).toMatchObject({ truncated: true, bytes: 1024 * 1024 + 1, data: 'x'.repeat(1024 * 1024) });
    for (let i = 0; i < 100; i++) await put(box, 'x', `hash-${i}-padded`, 'r', 10 + i);
    const list = await box.list();
    expect(list.length).toBe(100);
    expect(list.some((l) => l.id === 'large-letter-r')).toBe(false);
    expect(box.discarded).toBe(1);
  });

  it('confirm nothing while the disk takes nothing, and try again', async () => {
    let fails = 2;
    const table = {
      ...store.kv('deadLetters'),
      set: (key: string, value: string) => (fails-- > 0 ? Promise.reject(new Error('full')) : store.kv('deadLetters').set(key, value)),
    } as KvTable;
    const box = createLetterBox({ heads: table, bodies: store.kv('payloads'), clock, log: memory.log });
    let kept = false;
    let tried = 0;
    box.put(
      { rule: 'r', payload: 'x', atMs: 1, message: { source: 's', topic: 't', hash: 'hash-x-padded', bytes: 1, packet: 1, preview: '' } },
      () => {
        kept = true;
      },
      () => void tried++,
    );
    await settle(() => fails === 1);
    expect([kept, tried]).toEqual([false, 1]);
    await clock.advance(1000);
    await settle(() => fails === 0);
    expect(kept).toBe(false);
    await clock.advance(2000);
    await settle(() => kept);
    expect(tried).toBe(1);
    expect((await box.list()).length).toBe(1);
  });
});

/** The database is real: its answers come in their time. What follows an answer is done a turn later. */
async function settle(done: () => boolean): Promise<void> {
  await until(done, 'the database');
  await new Promise((resolve) => setImmediate(resolve));
}
