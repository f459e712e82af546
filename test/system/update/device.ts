// A device with the real updater on it: state in a folder, boot partition in memory, GRUB's choice, a RAUC and a gateway that do what the version in the
// slot is made to do. Time is virtual. Power and restarts are methods.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { GatewayError } from '../../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { isWholeBlock } from '../../../src/system/boot/env-block.ts';
import { createBootMedium, TALLIES } from '../../../src/system/boot/medium.ts';
import { tallyBlock } from '../../../src/system/boot/record.ts';
import type { Sample } from '../../../src/system/update/health.ts';
import type { Slot, UpdateStatus } from '../../../src/system/update/installer.ts';
import { createStateFile } from '../../../src/system/update/state-file.ts';
import { createUpdater, type Updater, type UpdaterParts } from '../../../src/system/update/updater.ts';
import { choose } from '../boot/choice.ts';
import { type MemoryBlocks, memoryBlocks } from '../boot/memory-blocks.ts';

/** What a version does: how its start goes, what a look at it sees. */
export interface Version {
  version: string;
  compatible?: string;
  /** `dead`: no program ever runs. A number: the device restarts by itself after so many ms of the updater running. */
  start?: 'dead' | number;
  /** @param upMs since the updater was started, @param booted count of starts of this slot */
  sample?: (upMs: number) => Partial<Sample>;
  /** What RAUC says to the bundle. */
  refuse?: GatewayError;
  /** What RAUC says while it writes. */
  fail?: GatewayError;
}

export const GOOD: Sample = {
  rules: { hot: { running: true, messages: 5 }, calm: { running: true, messages: 0 } },
  network: true,
  dataLost: false,
};

export interface Device {
  readonly clock: VirtualClock;
  readonly blocks: MemoryBlocks;
  readonly slots: Record<Slot, Version | undefined>;
  readonly updater: Updater;
  readonly status: UpdateStatus;
  readonly starts: string[];
  readonly log: { lines: unknown[] };
  /** A bundle file whose content RAUC knows. */
  bundle(version: Version): string;
  powerOn(): Promise<void>;
  /** The power goes and comes. */
  cut(): Promise<void>;
  /** Lets virtual time pass, restarts included, until nothing is under way. @returns ms that it took */
  settle(limitMs?: number): Promise<number>;
  advance(ms: number): Promise<void>;
  remove(): void;
}

export function createDevice(parts: Partial<UpdaterParts> & { now?: number } = {}): Device {
  const dir = mkdtempSync(join(tmpdir(), 'kuiper-device-'));
  const clock = createVirtualClock(parts.now ?? Date.UTC(2026, 0, 1, 12));
  const blocks = memoryBlocks();
  createBootMedium(blocks).repair({ good: 'A', otherIsGood: false });
  const slots: Record<Slot, Version | undefined> = { A: { version: '1.0.0' }, B: undefined };
  const bundles = new Map<string, Version>();
  const starts: string[] = [];
  const { log, lines } = createMemoryLog();
  let updater: Updater | undefined;
  let status: UpdateStatus | undefined;
  let reboot = false;
  let upSinceMs = 0;
  let powerOns = 0;

  const start = async () => {
    updater?.stop();
    updater = undefined;
    reboot = false;
    const mine = ++powerOns;
    const whole = TALLIES.filter((name) => isWholeBlock(blocks.read(name)));
    const facts = choose(blocks, whole.length > 0);
    for (const name of whole) blocks.files.set(name, tallyBlock(facts.seq, facts.starts));
    starts.push(`${facts.slot} ${facts.why}`);
    const image = slots[facts.slot];
    if (!image || image.start === 'dead') {
      await clock.advance(20_000);
      reboot = true;
      return;
    }
    await clock.advance(30_000);
    upSinceMs = clock.monotonic();
    const made = createUpdater({
      facts,
      version: image.version,
      compatible: 'kuiper-gateway-arm64',
      folder: join(dir, 'data'),
      medium: createBootMedium(blocks),
      stateFile: createStateFile(join(dir, 'data')),
      rauc: {
        info(file) {
          const found = bundles.get(file);
          if (!found) return Promise.reject(new GatewayError('UPDATE_DAMAGED', { problem: 'no bundle' }));
          if (found.refuse) return Promise.reject(found.refuse);
          return Promise.resolve({ compatible: found.compatible ?? 'kuiper-gateway-arm64', version: found.version });
        },
        async install(file, onPercent, signal) {
          const found = bundles.get(file)!;
          const target = facts.slot === 'A' ? 'B' : 'A';
          slots[target] = undefined;
          onPercent(40);
          await clock.sleep(20_000, signal);
          // the process went with the power
          if (powerOns !== mine) await new Promise(() => undefined);
          if (found.fail) throw found.fail;
          slots[target] = found;
          onPercent(100);
        },
      },
      clock,
      log,
      limits: { healthyMs: 120_000, deadlineMs: 300_000 },
      probe: () => Promise.resolve({ ...GOOD, ...image.sample?.(clock.monotonic() - upSinceMs) }),
      window: () => ({ from: 0, to: 0 }),
      today: () => new Date(clock.now()),
      reboot() {
        reboot = true;
        return Promise.resolve();
      },
      changed(now) {
        status = now;
      },
      withUsb: () => Promise.reject(new GatewayError('UPDATE_FAILED', { problem: 'no USB stick with a file system is plugged in' })),
      ...parts,
    });
    updater = made;
    await made.start();
    if (typeof image.start === 'number')
      clock.setTimer(image.start, () => {
        if (updater === made) reboot = true;
      });
  };
  const restarts = async () => {
    for (let n = 0; reboot; n++) {
      if (n > 30) throw new Error(`it does not come up: ${starts.slice(-6).join(', ')}`);
      await start();
    }
  };

  const device: Device = {
    clock,
    blocks,
    slots,
    starts,
    log: { lines },
    get updater() {
      return updater!;
    },
    get status() {
      return status!;
    },
    bundle(version) {
      const file = join(dir, `${bundles.size}.raucb`);
      writeFileSync(file, `bundle ${version.version}`);
      bundles.set(file, version);
      return file;
    },
    async powerOn() {
      reboot = true;
      await restarts();
    },
    cut: () => device.powerOn(),
    async settle(limitMs = 3_600_000) {
      const fromMs = clock.monotonic();
      await clock.advance(0);
      await restarts();
      while (updater!.busy || reboot) {
        if (clock.monotonic() - fromMs > limitMs) throw new Error(`still busy: ${JSON.stringify(status)}`);
        await clock.advance(1000);
        await restarts();
      }
      return clock.monotonic() - fromMs;
    },
    async advance(ms) {
      await clock.advance(ms);
      await restarts();
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  return device;
}
