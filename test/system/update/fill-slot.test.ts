// The empty slot of a new device: filled from the one that runs, at leisure, whatever comes in between.
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { copySlot } from '../../../src/system/update/fill-slot.ts';
import { createDevice, type Device } from './device.ts';

describe('copying a slot', () => {
  const MIB = 1024 * 1024;
  let dir: string;
  let a: string;
  let b: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kuiper-fill-'));
    a = join(dir, 'a');
    b = join(dir, 'b');
    writeFileSync(a, '');
    truncateSync(a, 13 * MIB);
    writeFileSync(b, '');
    truncateSync(b, 13 * MIB);
    put(a, 'kernel', 5 * MIB + 7);
    put(a, 'last', 13 * MIB - 4);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const put = (file: string, text: string, at: number) => {
    const fd = openSync(file, 'r+');
    writeSync(fd, text, at);
    closeSync(fd);
  };
  const copy = async (forget: (target: string) => void = () => undefined, signal = new AbortController().signal) => {
    const clock = createVirtualClock(0);
    const done = copySlot(a, b, { clock, signal, forget });
    let ended = false;
    void done.catch(() => undefined).finally(() => (ended = true));
    while (!ended) await clock.advance(100);
    return done;
  };

  // @covers issue:16#6
  it('writes the pieces that differ and no other, and the copy is the same to the last byte', async () => {
    expect(await copy()).toBe(5 * MIB);
    expect(readFileSync(b).equals(readFileSync(a))).toBe(true);
    expect(await copy()).toBe(0);
    // a cut left one piece torn
    put(b, 'torn', 9 * MIB);
    expect(await copy()).toBe(4 * MIB);
    expect(readFileSync(b).equals(readFileSync(a))).toBe(true);
  });

  it('reads everything again from the card, and says where the copy differs', async () => {
    const seen: string[] = [];
    const bad = copy((target) => {
      seen.push(target);
      put(target, 'x', 8 * MIB + 1);
    });
    await expect(bad).rejects.toThrow(`the copy differs at byte ${8 * MIB} after it was written`);
    expect(seen).toEqual([b]);
  });

  it('does not begin with a target that is too small', async () => {
    truncateSync(b, 12 * MIB);
    await expect(copy()).rejects.toThrow(`${b} is smaller than ${a}`);
    expect(readFileSync(b).includes('kernel')).toBe(false);
  });

  it('ends when it is asked to', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(copy(undefined, stop.signal)).rejects.toThrow();
    expect(readFileSync(b).includes('kernel')).toBe(false);
    appendFileSync(b, ''); // the file is closed
  });
});

describe('a device with one slot', () => {
  let device: Device;
  let copies: number;
  let fail: Error | undefined;
  const AFTER_MS = 180_000;
  const COPY_MS = 60_000;
  beforeEach(() => {
    copies = 0;
    fail = undefined;
    device = createDevice({
      fill: {
        afterMs: AFTER_MS,
        async copy(signal) {
          device.slots.B = undefined;
          await device.clock.sleep(COPY_MS, signal);
          if (fail) throw fail;
          device.slots.B = device.slots.A;
          copies++;
        },
      },
    });
  });
  afterEach(() => {
    device.updater.stop();
    device.remove();
  });

  // @covers issue:16#6
  it('has two some minutes after its first start, and GRUB takes the second when the first does not start any more', async () => {
    await device.powerOn();
    expect(device.status.canGoBack).toBe(false);
    expect(device.updater.busy).toBe(true);
    await device.advance(AFTER_MS + COPY_MS - 1);
    expect([copies, device.status.canGoBack]).toEqual([0, false]);
    await device.advance(1);
    expect([copies, device.status.canGoBack, device.updater.busy]).toEqual([1, true, false]);
    device.slots.A = { version: '1.0.0', start: 'dead' };
    await device.cut();
    expect(device.starts.slice(0, 9)).toEqual(Array(9).fill('A good'));
    expect(device.starts.at(-1)).toBe('B other');
    expect(device.status.booted).toEqual({ slot: 'B', version: '1.0.0' });
  });

  it('does not copy again at the next start', async () => {
    await device.powerOn();
    await device.settle();
    await device.cut();
    expect([device.updater.busy, device.status.canGoBack]).toEqual([false, true]);
    await device.advance(AFTER_MS + COPY_MS);
    expect(copies).toBe(1);
  });

  it('begins anew after a cut, and promises nothing before it is done', async () => {
    await device.powerOn();
    await device.advance(AFTER_MS + 1000);
    await device.cut();
    expect(device.status.canGoBack).toBe(false);
    await device.settle();
    expect([copies, device.status.canGoBack]).toEqual([1, true]);
  });

  it('gives way to an update at once: two never write the same slot', async () => {
    await device.powerOn();
    await device.advance(AFTER_MS + 1000);
    const file = device.bundle({ version: '2.0.0' });
    const installed = device.updater.install({ file }, { by: 'test', restart: 'asked' });
    await device.advance(21_000);
    await installed;
    await device.advance(AFTER_MS + COPY_MS);
    expect([copies, device.slots.B?.version, device.status.phase]).toEqual([0, '2.0.0', 'installed']);
  });

  it('is filled over a version that was left', async () => {
    await device.powerOn();
    await device.settle();
    const file = device.bundle({ version: '2.0.0', sample: () => ({ network: false }) });
    const installed = device.updater.install({ file }, { by: 'test', restart: 'now' });
    await device.advance(21_000);
    await installed;
    while (device.status.last?.result !== 'rolled-back') await device.advance(10_000);
    expect(device.status.booted.slot).toBe('A');
    await device.settle();
    expect([copies, device.slots.B?.version, device.status.canGoBack]).toEqual([2, '1.0.0', true]);
    expect(device.status.last).toMatchObject({ result: 'rolled-back', version: '2.0.0' });
  });

  it('says what kept it from it, and tries again at the next start', async () => {
    fail = new Error('EIO: i/o error, write');
    await device.powerOn();
    await device.settle();
    expect(device.status.problems).toEqual(['Slot B has no version to fall back to and could not be filled: EIO: i/o error, write']);
    expect(device.status.canGoBack).toBe(false);
    fail = undefined;
    await device.cut();
    await device.settle();
    expect([device.status.problems, device.status.canGoBack]).toEqual([[], true]);
  });
});
