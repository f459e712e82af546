// Follows a folder: looks at its index, takes the release that is meant for this gateway, applies its files as one change, and hands its bundle to the
// updater. What is refused is reported and not tried again until the folder changes. Made by fleet.ts. Next: index-file.ts, origin.ts.
import type { KeyObject } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { FleetSettings } from '../../config/index.ts';
import type { ApplyService } from '../../service/index.ts';
import type { UpdateInstaller } from '../../system/update/installer.ts';
import type { FleetHttp } from '../http.ts';
import type { Identity } from '../identity.ts';
import { createPoller, type Poller } from '../poller.ts';
import { openStateFile } from '../state-file.ts';
import { type Bundle, type FleetIndex, isSigned, parseIndex, type Release, releaseFor } from './index-file.ts';
import { type Origin, originOf } from './origin.ts';

export interface PullState {
  url: string;
  etag: string;
  serial: number;
  release: string;
  /** Of the files that are in effect; '' = none yet. */
  revision: string;
  /** '' = all is well. */
  problem: string;
  /** When the state became what it is. */
  atMs: number;
  /** SHA-256 of the bundle that was tried last, and how that ended. */
  bundle: {
    sha256: string;
    version: string;
    updateId: string;
    result: 'under way' | 'confirmed' | 'rolled-back' | 'failed';
    reason: string;
  } | null;
}

export interface PullDeps {
  settings: FleetSettings['pull'];
  who: Identity;
  /** `<data>/fleet` */
  folder: string;
  http: FleetHttp;
  apply: Pick<ApplyService, 'run'>;
  /** Public keys of those who may sign an index. */
  keys(): readonly KeyObject[];
  updater: Pick<UpdateInstaller, 'install' | 'status'> | undefined;
  clock: Clock;
  log: Log;
  random: () => number;
  /** The state is another one. */
  changed(): void;
}

export interface PullAgent extends Pick<Poller, 'start' | 'poke' | 'stop'> {
  state(): PullState & { lookedAtMs: number | undefined };
}

const EMPTY: PullState = { url: '', etag: '', serial: 0, release: '', revision: '', problem: '', atMs: 0, bundle: null };
/** A refusal may have gone away (a secret that was set since): it is tried again after this. */
const RETRY_REFUSED_MS = 600_000;

export function createPullAgent(deps: PullDeps): PullAgent {
  const { settings, who, http, apply, clock, log } = deps;
  const file = openStateFile<PullState>(join(deps.folder, 'pull.json'), EMPTY, log);
  if (file.value.url !== settings.url) file.set({ ...EMPTY, url: settings.url });
  const blobs = join(deps.folder, 'files');
  const origin = originOf(settings.url, http, async (from, to) => {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  });
  const put = (next: Partial<PullState>) => {
    const before = file.value;
    const merged = { ...before, ...next };
    const moved = (['serial', 'release', 'revision', 'problem'] as const).some((k) => merged[k] !== before[k]);
    const bundleMoved = JSON.stringify(merged.bundle) !== JSON.stringify(before.bundle);
    if (!moved && !bundleMoved && merged.etag === before.etag) return;
    file.set(moved || bundleMoved ? { ...merged, atMs: clock.now() } : merged);
    if (moved || bundleMoved) deps.changed();
  };
  const applyTree = async (tree: Map<string, Buffer>, source: string): Promise<Partial<PullState>> => {
    const report = await apply.run(tree, { prune: settings.prune, source });
    if (report.applied) return { revision: report.revision, problem: '' };
    const reasons = report.items.filter((i) => i.outcome === 'refused').map((i) => `${i.path || `${i.part} ${i.name}`}: ${i.reason ?? ''}`);
    return { problem: `refused, nothing was changed: ${reasons.join('; ')}` };
  };
  let applied: { tree: Map<string, Buffer>; source: string } | undefined;
  let refusedAtMs = Number.NEGATIVE_INFINITY;

  const take = async (tree: Map<string, Buffer>, source: string, next: Partial<PullState>): Promise<void> => {
    applied = { tree, source };
    const result = await applyTree(tree, source);
    if (result.problem) {
      refusedAtMs = clock.monotonic();
      log.warn({ code: 'FLEET', part: 'pull', source, reason: result.problem }, 'What the folder of the fleet says was refused.');
    }
    put({ ...next, ...result });
  };

  const once = async (signal: AbortSignal): Promise<void> => {
    await followBundle();
    const retry = file.value.problem !== '' && clock.monotonic() - refusedAtMs > RETRY_REFUSED_MS;
    const seen = await origin.index(retry ? '' : file.value.etag, signal);
    if (seen === 'tree') {
      const tree = origin.tree();
      if (tree.size === 0) throw indexError(settings.url, 'it holds neither an index nor a file');
      await takeLocal(tree, retry);
      return;
    }
    if (seen === 'same') {
      if (settings.enforce && applied && file.value.problem === '') put(await applyTree(applied.tree, applied.source));
      else if (settings.enforce && !applied && file.value.problem === '') put({ etag: '' }); // after a restart: the files are read again
      return;
    }
    const index = checked(deps, origin, seen.text, seen.signature, file.value.serial);
    const release = releaseFor(index, who);
    if (!release) {
      put({ etag: seen.etag, serial: index.serial, release: '', problem: 'no release of the folder is meant for this gateway' });
      return;
    }
    const tree = await filesOf(release, signal);
    await take(tree, `${settings.url} ${release.name} ${index.serial}`, { serial: index.serial, release: release.name, etag: seen.etag });
    sweep(release);
    if (release.bundle) await update(release.bundle, release.name, signal);
  };

  /** A local folder without an index is compared at each look. */
  const takeLocal = async (tree: Map<string, Buffer>, retry: boolean): Promise<void> => {
    const { revisionOf } = await import('../../service/apply/apply-service.ts');
    const revision = revisionOf(tree);
    const seen = `tree ${revision}`;
    if (seen === file.value.etag && !retry && !settings.enforce) return;
    if (seen === file.value.etag && file.value.problem !== '' && !retry) return;
    await take(tree, settings.url, { etag: seen });
  };

  const filesOf = async (release: Release, signal: AbortSignal): Promise<Map<string, Buffer>> => {
    const tree = new Map<string, Buffer>();
    for (const [path, { sha256, size }] of Object.entries(release.files)) {
      const blob = join(blobs, sha256);
      await origin.fetch(release.folder === '' ? path : `${release.folder}/${path}`, { file: blob, sha256, size, signal });
      const content = readFileSync(blob);
      if (nodeCrypto().createHash('sha256').update(content).digest('hex') !== sha256) {
        rmSync(blob, { force: true });
        throw indexError(settings.url, `${path} is not what the index says; write the index again`);
      }
      tree.set(path, content);
    }
    return tree;
  };

  /** Files of earlier releases go. */
  const sweep = (release: Release): void => {
    const wanted = new Set(Object.values(release.files).map((f) => f.sha256));
    for (const name of readdirSafely(blobs)) if (!wanted.has(name)) rmSync(join(blobs, name), { force: true });
  };

  const update = async (bundle: Bundle, release: string, signal: AbortSignal): Promise<void> => {
    const { updater } = deps;
    const last = file.value.bundle;
    if (last?.sha256 === bundle.sha256) return; // tried: it is told of, and not tried again
    const note = (result: NonNullable<PullState['bundle']>['result'], reason: string, updateId = '') =>
      put({ bundle: { sha256: bundle.sha256, version: bundle.version, updateId, result, reason } });
    if (!updater) {
      note('failed', 'this installation has no updater: it is not the appliance');
      return;
    }
    const { booted } = await updater.status();
    if (booted.version === bundle.version) {
      note('confirmed', 'it runs already');
      return;
    }
    const target = join(deps.folder, 'bundle');
    try {
      await origin.fetch(bundle.file, { file: target, sha256: bundle.sha256, size: bundle.size, signal });
      const { id } = await updater.install({ file: target }, { sha256: bundle.sha256, by: `pull ${release}` }, signal);
      note('under way', 'it is written, and waits for the restart', id);
    } catch (error) {
      if (signal.aborted || (error as { retriable?: boolean }).retriable === true) throw error;
      note('failed', messageOf(error));
    } finally {
      if (file.value.bundle?.sha256 === bundle.sha256) rmSync(target, { force: true });
    }
  };

  /** How the update that was begun has ended, also after the restart. */
  const followBundle = async (): Promise<void> => {
    const { bundle } = file.value;
    if (bundle?.result !== 'under way' || !deps.updater) return;
    const { last } = await deps.updater.status();
    if (last?.id === bundle.updateId) put({ bundle: { ...bundle, result: last.result, reason: last.reason } });
  };

  const poller = createPoller({ name: 'pull', clock, log, random: deps.random, intervalMs: () => settings.intervalMs, once });
  return {
    start: () => poller.start(),
    poke: () => poller.poke(),
    stop: () => poller.stop(),
    state: () => ({ ...file.value, problem: poller.problem || file.value.problem, lookedAtMs: poller.lastAtMs }),
  };
}

/** @throws GatewayError FLEET_INDEX when it is not what somebody trustworthy wrote, or an older one */
function checked({ settings, keys }: PullDeps, origin: Origin, text: Buffer, signature: string | undefined, serial: number): FleetIndex {
  const known = keys();
  if (known.length > 0) {
    if (signature === undefined)
      throw indexError(settings.url, 'its index has no signature, and this gateway has keys of those who may sign');
    if (!isSigned(text, signature, known))
      throw indexError(settings.url, 'none of the keys in etc/fleet-keys made the signature of its index');
  } else if (!origin.trusted && !settings.unsigned)
    throw indexError(
      settings.url,
      'over plain HTTP the index must be signed: put the public key into etc/fleet-keys, or use https, or set fleet.pull.unsigned',
    );
  let index: FleetIndex;
  try {
    index = parseIndex(text.toString('utf8'));
  } catch (error) {
    throw indexError(settings.url, messageOf(error));
  }
  if (index.serial < serial) throw indexError(settings.url, `its index has serial ${index.serial}, and ${serial} was followed already`);
  return index;
}

const indexError = (url: string, problem: string) => new GatewayError('FLEET_INDEX', { url, problem });

function readdirSafely(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
