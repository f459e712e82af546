// An updater without a device: keeps what it was given, and ends the update at `restart()`, well or with a rollback.
import { readFileSync } from 'node:fs';
import type { InstallOptions, UpdateInstaller, UpdateOutcome } from '../../src/system/update/installer.ts';

export interface FakeUpdater extends Pick<UpdateInstaller, 'install' | 'status'> {
  /** What was installed, in order. */
  readonly installed: { content: string; options: InstallOptions }[];
  version: string;
  /** Why the next version will not do; '' = it is good. */
  fault: string;
  /** The device starts again: a pending update is tried. */
  restart(): void;
  /** Delays or fails the next install. */
  beforeInstall: (signal?: AbortSignal) => Promise<void>;
}

export function fakeUpdater(version = '1'): FakeUpdater {
  let pending: { id: string; by: string; version: string } | undefined;
  let last: UpdateOutcome | undefined;
  const fake: FakeUpdater = {
    installed: [],
    version,
    fault: '',
    beforeInstall: async () => undefined,
    async install(source, options, signal) {
      await fake.beforeInstall(signal);
      const content = 'file' in source ? readFileSync(source.file, 'utf8') : '';
      fake.installed.push({ content, options });
      pending = { id: `u${fake.installed.length}`, by: options.by, version: content.split('\n')[0]!.trim() };
      return { id: pending.id, version: pending.version, slot: 'B', restart: 'window' };
    },
    async status() {
      const phase = pending ? 'installed' : 'idle';
      return {
        booted: { slot: 'A', version: fake.version },
        phase,
        text: '',
        confirmed: 'A',
        canGoBack: true,
        problems: [],
        ...(last ? { last } : {}),
      };
    },
    restart() {
      if (!pending) return;
      const { id, by, version: next } = pending;
      pending = undefined;
      const common = { id, by, version: next, from: fake.version, atMs: 0 };
      if (fake.fault === '') {
        fake.version = next;
        last = { ...common, result: 'confirmed', reason: 'Rules run as before.' };
      } else last = { ...common, result: 'rolled-back', code: 'UPDATE_UNHEALTHY', reason: fake.fault };
    },
  };
  return fake;
}
