// The kinds of bad update, each on the real updater with a RAUC and a device that are not there: every one ends in the good slot by itself, with its reason.
// The same kinds on real starts are test/image/update.ts.
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/base/errors/gateway-error.ts';
import { createBootMedium, TALLIES } from '../../../src/system/boot/medium.ts';
import type { Sample } from '../../../src/system/update/health.ts';
import { createDevice, type Device, GOOD, type Version } from './device.ts';

let device: Device;
afterEach(() => {
  device.updater.stop();
  device.remove();
});

const silent = (why: string) => () => ({ silent: why, rules: {} });
const rules =
  (hot: Partial<Sample['rules'][string]>, rest: Sample['rules'] = { calm: GOOD.rules['calm']! }) =>
  () => ({
    rules: { hot: { running: true, messages: 5, ...hot }, ...rest },
  });

interface Case {
  kind: string;
  bundle: Partial<Version>;
  /** Where it ends: refused before the slot is written, while it is written, or after a start. */
  ends: 'refused' | 'writing' | 'started';
  code: string;
  reason: RegExp;
  starts?: number;
}

const CASES: readonly Case[] = [
  {
    kind: 'a wrong signature',
    bundle: { refuse: new GatewayError('UPDATE_SIGNATURE', { problem: 'unable to get local issuer certificate' }) },
    ends: 'refused',
    code: 'UPDATE_SIGNATURE',
    reason: /not signed by a key that this device trusts: unable to get local issuer/,
  },
  {
    kind: 'an expired certificate',
    bundle: { refuse: new GatewayError('UPDATE_CERTIFICATE_TIME', { problem: 'certificate has expired', now: '2026-01-01 12:00' }) },
    ends: 'refused',
    code: 'UPDATE_CERTIFICATE_TIME',
    reason: /not valid on 2026-01-01 12:00: certificate has expired/,
  },
  {
    kind: 'a clock that is wrong',
    bundle: { refuse: new GatewayError('UPDATE_CERTIFICATE_TIME', { problem: 'certificate is not yet valid', now: '1970-01-01 00:00' }) },
    ends: 'refused',
    code: 'UPDATE_CERTIFICATE_TIME',
    reason: /not valid on 1970-01-01 00:00/,
  },
  {
    kind: 'another board',
    bundle: { compatible: 'kuiper-gateway-amd64' },
    ends: 'refused',
    code: 'UPDATE_OTHER_BOARD',
    reason: /^The bundle is for kuiper-gateway-amd64, this device is kuiper-gateway-arm64$/,
  },
  {
    kind: 'a truncated bundle',
    bundle: { refuse: new GatewayError('UPDATE_DAMAGED', { problem: 'Invalid bundle format' }) },
    ends: 'refused',
    code: 'UPDATE_DAMAGED',
    reason: /damaged: Invalid bundle format/,
  },
  {
    kind: 'an older version',
    bundle: { version: '0.9.0' },
    ends: 'refused',
    code: 'UPDATE_OLDER',
    reason: /^The bundle has version 0\.9\.0, 1\.0\.0 runs$/,
  },
  {
    kind: 'the same version',
    bundle: { version: '1.0.0' },
    ends: 'refused',
    code: 'UPDATE_OLDER',
    reason: /version 1\.0\.0, 1\.0\.0 runs/,
  },
  {
    kind: 'bytes that do not match verity',
    bundle: { fail: new GatewayError('UPDATE_DAMAGED', { problem: 'Input/output error' }) },
    ends: 'writing',
    code: 'UPDATE_DAMAGED',
    reason: /damaged: Input\/output error/,
  },
  {
    kind: 'a disk that cannot be written',
    bundle: { fail: new GatewayError('UPDATE_FAILED', { problem: 'No space left on device' }) },
    ends: 'writing',
    code: 'UPDATE_FAILED',
    reason: /No space left/,
  },
  {
    kind: 'a kernel that panics',
    bundle: { start: 'dead' },
    ends: 'started',
    code: 'UPDATE_NOT_STARTED',
    reason: /^Tried 3 times: the kernel or the first programs did not come up\.$/,
    starts: 3,
  },
  {
    kind: 'an init that hangs after the first programs',
    bundle: { start: 5000, sample: silent('service inactive') },
    ends: 'started',
    code: 'UPDATE_NOT_STARTED',
    reason: /^Tried 3 times: it came up, but the gateway was never READY/,
    starts: 3,
  },
  {
    kind: 'a device that restarts after READY',
    bundle: { start: 60_000 },
    ends: 'started',
    code: 'UPDATE_NOT_STARTED',
    reason: /^Tried 3 times: it came up and the gateway was READY, but it was cut off/,
    starts: 3,
  },
  {
    kind: 'a service that crashes again and again',
    bundle: { sample: silent('service activating, exit-code, 31 restarts') },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /does not answer: service activating, exit-code, 31 restarts/,
  },
  {
    kind: 'READY and REST that is dead',
    bundle: { sample: silent('REST did not answer within 10 s (service active)') },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /REST did not answer within 10 s \(service active\)/,
  },
  {
    kind: 'safe mode',
    bundle: { sample: () => ({ safeMode: 'three crashes', rules: {} }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /in safe mode: three crashes/,
  },
  {
    kind: 'a rule that does not run',
    bundle: { sample: rules({ running: false, text: 'function x is gone' }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /rule hot does not run: function x is gone/,
  },
  {
    kind: 'a rule that is gone',
    bundle: { sample: () => ({ rules: { calm: { running: true, messages: 0 } } }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /rule hot is gone/,
  },
  {
    kind: 'a rule without its data',
    bundle: { sample: rules({ messages: 0 }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /^rule hot has got no data, which it had before$/,
  },
  {
    kind: 'data that cannot be migrated',
    bundle: { sample: silent('service activating, exit-code, 9 restarts, log: Catalog: migration 12 failed') },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /migration 12 failed/,
  },
  {
    kind: 'no memory left',
    bundle: { sample: silent('service activating, oom-kill, 14 restarts') },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /oom-kill/,
  },
  {
    kind: 'no network',
    bundle: { sample: () => ({ network: false }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /^there is no network, which there was before$/,
  },
  {
    kind: 'a data partition that cannot be mounted',
    bundle: { sample: () => ({ dataLost: true }) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /the data partition could not be mounted/,
  },
  {
    kind: 'health that comes and goes',
    bundle: { sample: (upMs) => (Math.floor(upMs / 60_000) % 2 ? { silent: 'restarting' } : {}) },
    ends: 'started',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /./,
  },
];

describe('a bad update', () => {
  // Messages go on before the restart, so that rule hot had data.
  const before = {
    version: '1.0.0',
    sample: (upMs: number) => ({
      rules: { hot: { running: true, messages: Math.floor(upMs / 1000) }, calm: { running: true, messages: 0 } },
    }),
  };

  // @covers issue:17#1
  it.each(CASES)('with $kind ends in the slot that ran before, with the reason', async ({ bundle, ends, code, reason, starts = 1 }) => {
    device = createDevice();
    device.slots.A = before;
    await device.powerOn();
    const file = device.bundle({ version: '2.0.0', ...bundle });
    const installing = device.updater.install({ file }, { by: 'test', restart: 'now' });
    if (ends === 'started') {
      void installing;
      await device.advance(0);
      await device.settle();
    } else {
      const failure = expect(installing).rejects.toMatchObject({ code });
      await device.advance(30_000);
      await failure;
    }
    const { status } = device;
    expect(status.booted).toEqual({ slot: 'A', version: '1.0.0' });
    expect(status.phase).toBe('idle');
    expect(status.confirmed).toBe('A');
    expect(status.canGoBack).toBe(false);
    expect(status.last).toMatchObject({ by: 'test', from: '1.0.0', code, result: ends === 'started' ? 'rolled-back' : 'failed' });
    expect(status.last?.reason).toMatch(reason);
    expect(device.starts.filter((start) => start === 'B trial').length).toBe(ends === 'started' ? starts : 0);
    expect(device.starts.at(-1)).toBe('A good');
    expect(createBootMedium(device.blocks).read()).toMatchObject({ good: 'A', otherIsGood: false });
    // It stays so.
    await device.cut();
    await device.settle();
    expect(device.starts.at(-1)).toBe('A good');
    expect(device.status.last).toEqual(status.last);
  });

  // @covers issue:17#1
  it('with a fault that is seen is left 5 minutes after its start at the latest', async () => {
    device = createDevice();
    await device.powerOn();
    const file = device.bundle({ version: '2.0.0', sample: silent('dead') });
    await Promise.race([device.updater.install({ file }, { by: 'test', restart: 'now' }), device.advance(25_000)]);
    let startedMs = 0;
    while (device.starts.at(-1) !== 'B trial') await device.advance(1000);
    startedMs = device.clock.monotonic();
    while (device.starts.at(-1) !== 'A good') await device.advance(1000);
    const tookMs = device.clock.monotonic() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(300_000);
    expect(tookMs).toBeLessThanOrEqual(340_000);
  });

  it('whose starts cannot be counted is not tried, and the reason says it', async () => {
    device = createDevice();
    await device.powerOn();
    const file = device.bundle({ version: '2.0.0' });
    const result = device.updater.install({ file }, { by: 'test', restart: 'asked' });
    await device.advance(25_000);
    await result;
    const restart = device.updater.restart();
    await device.advance(59_000);
    // GRUB cannot write into a file that is no environment block; the updater is stopped from mending it, as on a card that has become read-only.
    for (const name of TALLIES) device.blocks.files.set(name, Buffer.alloc(10));
    expect(device.status.text).toBe('Looks at rules and data before the restart into version 2.0.0.');
    await device.advance(2000);
    await restart;
    await device.settle();
    expect(device.starts).toEqual(['A good', 'A uncounted']);
    expect(device.status.last).toMatchObject({ result: 'rolled-back', code: 'UPDATE_NOT_STARTED' });
    expect(device.status.last?.reason).toMatch(/starts could not be counted; a new version is not tried then/);
    expect(device.status.problems.join()).toMatch(/made again: .*tries1.env, tries2.env/);
  });
});
