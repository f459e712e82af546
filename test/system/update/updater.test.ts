// Good updates on the updater: confirmed after the observation, when the device may restart, what an owner can do, what is kept over power cuts.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBootMedium } from '../../../src/system/boot/medium.ts';
import { createDevice, type Device, type Version } from './device.ts';

let device: Device;
beforeEach(async () => {
  device = createDevice();
  await device.powerOn();
});
afterEach(() => {
  device.updater.stop();
  device.remove();
});

async function install(version: Partial<Version>, options: Partial<Parameters<Device['updater']['install']>[1]> = {}) {
  const file = device.bundle({ version: '2.0.0', ...version });
  const result = device.updater.install({ file }, { by: 'test', restart: 'asked', ...options });
  await device.advance(21_000);
  return result;
}

describe('a good update', () => {
  // @covers issue:17#1
  it('is confirmed after two minutes without a fault, and the old version stays as the way back', async () => {
    expect(await install({}, { restart: 'now' })).toMatchObject({ version: '2.0.0', slot: 'B', restart: 'now' });
    while (device.starts.at(-1) !== 'B trial') await device.advance(1000);
    expect(device.status.booted).toEqual({ slot: 'B', version: '2.0.0' });
    expect(device.status.phase).toBe('trial');
    expect(device.status.confirmed).toBe('A');
    await device.advance(118_000);
    expect(device.status.phase).toBe('trial');
    await device.advance(4000);
    expect(device.status).toMatchObject({ phase: 'idle', confirmed: 'B', canGoBack: true });
    expect(device.status.last).toMatchObject({ result: 'confirmed', version: '2.0.0', from: '1.0.0' });
    expect(device.status.last?.reason).toBe('The gateway answers, 2 of 2 rules run again, 0 of 0 have data again, the network is there.');
    await device.cut();
    expect(device.starts).toEqual(['A good', 'B trial', 'B good']);
  });

  it('tells its progress, and that it is under way to whoever comes second', async () => {
    const file = device.bundle({ version: '2.0.0' });
    const first = device.updater.install({ file }, { by: 'test', restart: 'asked' });
    await device.advance(1000);
    expect(device.status).toMatchObject({ phase: 'installing', percent: 40, version: '2.0.0', by: 'test' });
    expect(device.status.text).toBe('Writing version 2.0.0 into slot B, 40 %.');
    await expect(device.updater.install({ file }, { by: 'other' })).rejects.toMatchObject({ code: 'UPDATE_BUSY' });
    await device.advance(20_000);
    await first;
    expect(device.status).toMatchObject({
      phase: 'installed',
      text: 'Version 2.0.0 is installed and starts when it is asked: kuiper system reboot.',
    });
    expect(device.status.percent).toBeUndefined();
  });

  it('takes an older version when it is allowed', async () => {
    await install({ version: '0.9.0' }, { allowDowngrade: true });
    expect(device.status).toMatchObject({ phase: 'installed', version: '0.9.0' });
  });

  it('waits for the restart that somebody asks for, over power cuts too', async () => {
    await install({});
    await device.advance(7_200_000);
    await device.cut();
    expect(device.starts).toEqual(['A good', 'A good']);
    expect(device.status.phase).toBe('installed');
    const restart = device.updater.restart();
    await device.clock.advance(61_000);
    await restart;
    // What was asked for is not what runs.
    expect(device.status).toMatchObject({ booted: { slot: 'A' }, phase: 'installed', text: 'Restarts into version 2.0.0.' });
    await device.settle();
    expect(device.status.booted).toEqual({ slot: 'B', version: '2.0.0' });
  });

  // @covers issue:17#1
  it('restarts in the window of maintenance only', async () => {
    device.updater.stop();
    device.remove();
    device = createDevice({
      now: Date.UTC(2026, 0, 1, 12),
      window: () => ({ from: 120, to: 300 }),
      today: () => new Date(utcAsLocal(device.clock.now())),
    });
    await device.powerOn();
    await install({}, { restart: 'window' });
    await device.advance(13 * 3_600_000);
    expect(device.starts).toEqual(['A good']);
    expect(device.status.text).toBe('Version 2.0.0 is installed and starts in the window of maintenance.');
    await device.advance(3_600_000 + 660_000);
    expect(device.starts).toEqual(['A good', 'B trial']);
    const hours = new Date(utcAsLocal(device.clock.now())).getHours();
    expect(hours).toBe(2);
  });

  it('that was stopped while it was written leaves everything as it was', async () => {
    const stop = new AbortController();
    const file = device.bundle({ version: '2.0.0' });
    const installing = device.updater.install({ file }, { by: 'test' }, stop.signal);
    const failure = expect(installing).rejects.toBeDefined();
    await device.advance(2000);
    stop.abort(new Error('stop'));
    await failure;
    expect(device.status).toMatchObject({ phase: 'idle', confirmed: 'A', canGoBack: false });
    expect(device.status.last?.result).toBe('failed');
  });

  // @covers issue:17#1
  it('that is cut while it is written is told as stopped, and can be installed again', async () => {
    const file = device.bundle({ version: '2.0.0' });
    const lost = device.updater.install({ file }, { by: 'test', restart: 'now' });
    lost.catch(() => undefined); // the process is gone with the power
    await device.advance(5000);
    await device.cut();
    expect(device.status).toMatchObject({ phase: 'idle', booted: { slot: 'A' } });
    expect(device.status.last).toMatchObject({
      result: 'failed',
      code: 'UPDATE_STOPPED',
      reason: 'The device was switched off or restarted while version 2.0.0 was written. Nothing has changed.',
    });
    await install({}, { restart: 'now' });
    await device.settle();
    expect(device.status).toMatchObject({ booted: { slot: 'B' }, confirmed: 'B', last: { result: 'confirmed' } });
  });
});

describe('an owner', () => {
  it('confirms a version before its time', async () => {
    await install({}, { restart: 'now' });
    while (device.starts.at(-1) !== 'B trial') await device.advance(1000);
    await device.updater.confirm('anna');
    expect(device.status).toMatchObject({
      confirmed: 'B',
      last: { result: 'confirmed', reason: 'Confirmed by anna before the observation ended.' },
    });
    await expect(device.updater.confirm('anna')).rejects.toMatchObject({ code: 'UPDATE_NOTHING' });
  });

  it('leaves a version that is under observation, and the reason is the name', async () => {
    await install({}, { restart: 'now' });
    while (device.starts.at(-1) !== 'B trial') await device.advance(1000);
    await device.updater.rollback('anna');
    await device.settle();
    expect(device.status).toMatchObject({
      booted: { slot: 'A' },
      last: { result: 'rolled-back', code: 'UPDATE_GIVEN_UP', reason: 'anna asked for the previous version.' },
    });
  });

  // @covers issue:17#1
  it('goes back to the previous version, which is observed too, and forward again', async () => {
    await install({}, { restart: 'now' });
    await device.settle();
    expect(device.status.booted.version).toBe('2.0.0');
    const back = device.updater.rollback('anna');
    await device.advance(61_000);
    await back;
    await device.settle();
    expect(device.status).toMatchObject({ booted: { slot: 'A', version: '1.0.0' }, confirmed: 'A', canGoBack: true });
    expect(device.status.last).toMatchObject({
      result: 'rolled-back',
      version: '2.0.0',
      from: '1.0.0',
      code: 'UPDATE_GIVEN_UP',
      reason: 'anna asked for version 1.0.0',
    });
    const forward = device.updater.rollback('anna');
    await device.advance(61_000);
    await forward;
    await device.settle();
    expect(device.status.booted).toEqual({ slot: 'B', version: '2.0.0' });
  });

  it('without a version to go back to is told so', async () => {
    await expect(device.updater.rollback('anna')).rejects.toMatchObject({ code: 'UPDATE_NOTHING' });
    await expect(device.updater.restart()).rejects.toMatchObject({ code: 'UPDATE_NOTHING' });
  });

  it('gives up what is installed and not started', async () => {
    await install({});
    await device.updater.rollback('anna');
    expect(device.status).toMatchObject({ phase: 'idle', last: { result: 'failed', code: 'UPDATE_GIVEN_UP' } });
    expect(createBootMedium(device.blocks).read()).toMatchObject({ good: 'A', otherIsGood: false });
  });
});

/** The window is local time; tests may run in any zone. */
const utcAsLocal = (ms: number): number => ms + new Date(ms).getTimezoneOffset() * 60_000;
