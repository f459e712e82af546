// The updater of a device: fetches, checks and installs bundles, restarts when it may, observes a new version and confirms or leaves it. The order of what
// changes on the disk is the machine's (machine.ts); this file does the work around it. Made by main.ts; tests make it with a RAUC and a device of
// their own. Next files: engine.ts, observer.ts.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError, isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { type MaintenanceWindow, untilOpenMs } from '../../config/index.ts';
import type { BootFacts } from '../boot/facts.ts';
import type { BootMedium } from '../boot/medium.ts';
import { otherSlot } from '../boot/record.ts';
import { type DownloadOptions, download, sha256Of } from './download.ts';
import { createEngine } from './engine.ts';
import { createFiller, type FillParts } from './fill-slot.ts';
import { type Baseline, baselineOf, type Limits, type Sample } from './health.ts';
import type { InstallOptions, InstallResult, UpdateInstaller, UpdatePhase, UpdateSource, UpdateStatus } from './installer.ts';
import type { Pending, Verdict } from './machine.ts';
import { createObserver } from './observer.ts';
import type { Rauc } from './rauc.ts';
import type { StateFile } from './state-file.ts';
import { compareVersions } from './versions.ts';

export interface UpdaterParts {
  readonly facts: BootFacts;
  /** Of the slot that runs. */
  readonly version: string;
  /** Kind of device that bundles must be for. */
  readonly compatible: string;
  /** For bundles and halves of them. */
  readonly folder: string;
  readonly medium: BootMedium;
  readonly stateFile: StateFile;
  readonly rauc: Rauc;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  probe(): Promise<Sample>;
  window(): MaintenanceWindow;
  /** Local time of the device. */
  today(): Date;
  /** Restarts the device; on a device the process is ended meanwhile. */
  reboot(): Promise<void>;
  /** After every change of what status() tells. */
  changed(status: UpdateStatus): void;
  withUsb<T>(use: (file: string) => Promise<T>): Promise<T>;
  readonly download?: Partial<Pick<DownloadOptions, 'random' | 'freeBytes' | 'tries'>>;
  /** Between the two looks before a restart; a minute if absent. */
  readonly flowMs?: number;
  /** Copies the running slot into an empty other one; never if absent. */
  readonly fill?: Pick<FillParts, 'afterMs' | 'copy'>;
}

export interface Updater extends UpdateInstaller {
  /** Once: takes up what was under way. */
  start(): Promise<void>;
  /** Something happens that must not be cut by ending the process. */
  readonly busy: boolean;
  stop(): void;
}

/** What is going on and is in no file: it begins anew after a restart. */
interface Work {
  phase: 'downloading' | 'installing';
  id: string;
  by: string;
  version?: string;
  percent: number;
}

export function createUpdater(parts: UpdaterParts): Updater {
  const { facts, version, medium, clock, log, rauc, folder, flowMs = 60_000 } = parts;
  let work: Work | undefined;
  let bundle = '';
  let installSignal: AbortSignal | undefined;
  let restarting = false;
  let windowTimer: TimerHandle | undefined;
  let problems: readonly string[] = [];
  let number = 0;

  const changed = () => parts.changed(status());
  const quietly = (what: string, promise: Promise<unknown>) =>
    void promise.catch((error: unknown) => {
      problems = [`${what}: ${messageOf(error)}`];
      log.error({ error: messageOf(error) }, what);
      changed();
    });
  const observer = createObserver({
    clock,
    limits: parts.limits,
    probe: () => parts.probe(),
    baseline: () => engine.state.baseline,
    ready: () => engine.dispatch({ type: 'stage', stage: 'ready' }),
    healthy: (text) => engine.dispatch({ type: 'healthy', text, booted: facts.slot, atMs: clock.now() }),
    leave: (reason) => leave({ code: 'UPDATE_NOT_HEALTHY', reason }),
    changed,
    failed: (error) => quietly('The observation failed', Promise.reject(error)),
  });
  const engine = createEngine({
    facts,
    version,
    medium,
    now: () => clock.now(),
    load: () => parts.stateFile.load(),
    save(state) {
      parts.stateFile.save(state);
      changed();
    },
    write: () =>
      rauc.install(
        bundle,
        (percent) => {
          if (!work || work.percent === percent) return;
          work.percent = percent;
          changed();
        },
        installSignal,
      ),
    observe: () => observer.start(),
    planRestart: () => plan(),
    reboot: () => parts.reboot(),
  });

  const filler = createFiller({
    clock,
    afterMs: parts.fill?.afterMs ?? 0,
    copy: async (signal) => parts.fill?.copy(signal),
    async filled() {
      await engine.dispatch({ type: 'filled', version, booted: facts.slot, record: medium.read()! });
      log.info({}, `Slot ${otherSlot(facts.slot)} had no version to fall back to and holds a copy of slot ${facts.slot} now.`);
      changed();
    },
    failed: (error) =>
      quietly(`Slot ${otherSlot(facts.slot)} has no version to fall back to and could not be filled`, Promise.reject(error)),
  });
  const leave = (verdict: Verdict) => engine.dispatch({ type: 'leave', verdict, booted: facts.slot, atMs: clock.now() });

  /** Two looks with a minute between: rules that had data in it must have data again. */
  const look = async (): Promise<Baseline> => {
    const earlier = await parts.probe();
    await clock.sleep(flowMs);
    return baselineOf(await parts.probe(), earlier);
  };
  const restartNow = async (): Promise<void> => {
    if (engine.state.phase !== 'installed') throw nothing('restart into', 'no update is installed');
    if (restarting) return;
    restarting = true;
    changed();
    try {
      await engine.dispatch({ type: 'restart', baseline: await look() });
    } finally {
      restarting = false;
    }
  };
  const plan = () => {
    clock.clear(windowTimer);
    windowTimer = undefined;
    const { update, phase } = engine.state;
    if (phase !== 'installed' || !update || update.restart === 'asked') return;
    const waitMs = update.restart === 'now' ? 0 : untilOpenMs(parts.window(), parts.today());
    // The clock may be set meanwhile: look again every ten minutes.
    windowTimer = clock.setTimer(Math.min(waitMs, 600_000), () => {
      windowTimer = undefined;
      if (waitMs === 0) quietly('The restart failed', restartNow());
      else plan();
    });
  };

  const check = async (file: string, options: InstallOptions): Promise<string> => {
    const info = await rauc.info(file);
    if (work) work.version = info.version;
    if (info.compatible !== parts.compatible)
      throw new GatewayError('UPDATE_OTHER_BOARD', { bundle: info.compatible, device: parts.compatible });
    if (!options.allowDowngrade && compareVersions(info.version, version) <= 0)
      throw new GatewayError('UPDATE_OLDER', { bundle: info.version, device: version });
    if (options.sha256 !== undefined) {
      const found = await sha256Of(file);
      if (found !== options.sha256.toLowerCase())
        throw new GatewayError('UPDATE_DAMAGED', { problem: `its SHA-256 is ${found}, expected ${options.sha256.toLowerCase()}` });
    }
    return info.version;
  };

  const installFile = async (file: string, id: string, options: InstallOptions, signal: AbortSignal): Promise<InstallResult> => {
    work = { phase: 'installing', id, by: options.by, percent: 0 };
    changed();
    const found = await check(file, options);
    if (signal.aborted) throw new GatewayError('UPDATE_STOPPED', { phase: 'checking the bundle' });
    const restart = options.restart ?? 'window';
    const update: Pending = { id, by: options.by, version: found, from: version, slot: otherSlot(facts.slot), restart };
    bundle = file;
    installSignal = signal;
    await engine.dispatch({
      type: 'begin',
      update,
      record: medium.read() ?? { seq: 0, good: facts.slot, otherIsGood: false },
      booted: facts.slot,
    });
    await engine.dispatch({ type: 'written' });
    return { id, version: found, slot: update.slot, restart };
  };

  const install = async (
    source: UpdateSource,
    options: InstallOptions,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<InstallResult> => {
    if (work || restarting || engine.state.phase === 'trial') throw new GatewayError('UPDATE_BUSY', { text: textOf() });
    const id = `${clock.now().toString(36)}-${++number}`;
    const started: Work = { phase: 'url' in source ? 'downloading' : 'installing', id, by: options.by, percent: 0 };
    work = started;
    problems = [];
    changed();
    try {
      await filler.stop();
      if ('usb' in source) return await parts.withUsb((file) => installFile(file, id, options, signal));
      if ('file' in source) return await installFile(source.file, id, options, signal);
      const { url, headers } = source;
      const onPercent = (percent: number) => {
        if (started.percent === percent) return;
        started.percent = percent;
        changed();
      };
      const file = await download({
        ...parts.download,
        url,
        ...(headers ? { headers } : {}),
        sha256: options.sha256,
        folder,
        clock,
        onPercent,
        signal,
      });
      const { sha256: _checked, ...rest } = options;
      return await installFile(file, id, rest, signal);
    } catch (error) {
      const verdict: Verdict = { code: isGatewayError(error) ? error.code : 'UPDATE_FAILED', reason: messageOf(error) };
      const atMs = clock.now();
      if (engine.state.phase === 'installing') await engine.dispatch({ type: 'failed', verdict, atMs });
      else if (verdict.code !== 'UPDATE_BUSY')
        await engine.dispatch({
          type: 'refused',
          last: {
            id,
            by: options.by,
            version: work?.version ?? 'unknown',
            from: version,
            result: 'failed',
            code: verdict.code,
            reason: verdict.reason,
            atMs,
          },
        });
      throw isGatewayError(error) ? error : new GatewayError('UPDATE_FAILED', { problem: messageOf(error) }, { cause: error });
    } finally {
      work = undefined;
      bundle = '';
      rmSync(join(folder, 'bundle.raucb'), { force: true });
      changed();
    }
  };

  /** The new version is what runs; before the restart it is only what was asked for. */
  const onTrial = (): boolean => engine.state.phase === 'trial' && engine.state.update?.slot === facts.slot;
  const textOf = (): string => {
    const { state } = engine;
    if (work?.phase === 'downloading') return `Fetching a bundle for ${work.by}, ${work.percent} %.`;
    if (work) return `Writing version ${work.version ?? '(being checked)'} into slot ${otherSlot(facts.slot)}, ${work.percent} %.`;
    if (state.phase === 'trial' && !onTrial()) return `Restarts into version ${state.update!.version}.`;
    if (state.phase === 'trial') return observer.text(state.update!.version);
    if (state.phase !== 'installed') return 'No update is under way.';
    const { restart, version: next } = state.update!;
    if (restarting) return `Looks at rules and data before the restart into version ${next}.`;
    if (restart === 'now') return `Version ${next} is installed and starts now.`;
    if (restart === 'asked') return `Version ${next} is installed and starts when it is asked: kuiper system reboot.`;
    return `Version ${next} is installed and starts in the window of maintenance.`;
  };
  const status = (): UpdateStatus => {
    const { state } = engine;
    const record = medium.read();
    const phase: UpdatePhase = work?.phase ?? (state.phase === 'trial' && !onTrial() ? 'installed' : state.phase);
    const under = work ?? state.update;
    return {
      booted: { slot: facts.slot, version },
      phase,
      ...(under ? { id: under.id, by: under.by, ...(under.version === undefined ? {} : { version: under.version }) } : {}),
      ...(work ? { percent: work.percent } : {}),
      text: textOf(),
      confirmed: record?.good ?? state.confirmed,
      canGoBack: state.goBack !== undefined && record?.otherIsGood === true,
      ...(state.last ? { last: state.last } : {}),
      problems,
    };
  };

  return {
    get busy() {
      return (
        work !== undefined || filler.busy || restarting || ['trial', 'installing'].includes(engine.state.phase) || windowTimer !== undefined
      );
    },
    async start() {
      const repaired = await engine.start();
      const found: string[] = [];
      if (repaired.length > 0)
        found.push(`Files of the boot partition were damaged or missing and have been made again: ${repaired.join(', ')}.`);
      if (facts.why === 'uncounted')
        found.push('The boot loader could not count this start: the boot partition could not be written, or its choose.cfg is missing.');
      const { good } = medium.read()!;
      if (good !== facts.slot && engine.state.phase !== 'trial')
        found.push(`Slot ${facts.slot} runs, slot ${good} is the confirmed one; the next start takes it.`);
      problems = found;
      for (const text of found) log.warn({}, text);
      // A new device, or a version that was left lies there: neither is a way out when this slot is damaged.
      const { phase, goBack } = engine.state;
      const empty = phase === 'idle' && goBack === undefined && !medium.read()!.otherIsGood;
      if (parts.fill && empty && facts.why === 'good' && good === facts.slot) filler.start();
      changed();
    },
    install,
    status: () => Promise.resolve(status()),
    async confirm(by) {
      if (engine.state.phase !== 'trial') throw nothing('confirm', textOf());
      observer.stop();
      await engine.dispatch({
        type: 'healthy',
        text: `Confirmed by ${by} before the observation ended.`,
        booted: facts.slot,
        atMs: clock.now(),
      });
      changed();
    },
    restart: restartNow,
    async rollback(by) {
      if (work) throw new GatewayError('UPDATE_BUSY', { text: textOf() });
      if (engine.state.phase === 'idle') {
        const record = medium.read();
        if (!status().canGoBack || !record)
          throw nothing('go back to', `slot ${otherSlot(facts.slot)} holds no version that was confirmed`);
        const baseline = await look();
        return engine.dispatch({
          type: 'back',
          id: `${clock.now().toString(36)}-${++number}`,
          by,
          version,
          booted: facts.slot,
          record,
          baseline,
        });
      }
      observer.stop();
      clock.clear(windowTimer);
      await leave({ code: 'UPDATE_GIVEN_UP', reason: `${by} asked for the previous version.` });
      changed();
    },
    stop() {
      observer.stop();
      clock.clear(windowTimer);
      void filler.stop(); // never rejects
    },
  };
}

const nothing = (verb: string, text: string) => new GatewayError('UPDATE_NOTHING', { verb, text });
