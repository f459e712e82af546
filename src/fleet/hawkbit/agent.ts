// The gateway as a target of hawkBit: polls, downloads, hands the bundle to the updater, and reports how it ended, also when the end comes after a restart
// or a rollback. One action at a time; where it stands is on the disk before anything is begun. Made by fleet.ts. Next: protocol.ts.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FleetSettings } from '../../config/index.ts';
import type { ApplyService } from '../../service/index.ts';
import type { UpdateInstaller } from '../../system/update/installer.ts';
import type { FleetHttp } from '../http.ts';
import type { Identity } from '../identity.ts';
import { createPoller, type Poller } from '../poller.ts';
import { openStateFile } from '../state-file.ts';
import { type Artifact, createDdi, type Ddi, type Deployment, type Feedback } from './protocol.ts';

/** `restarting`: the bundle is written; how it ends is known after the restart. `ended`: known, and told when `told`. */
export type ActionPhase = 'none' | 'downloading' | 'downloaded' | 'installing' | 'restarting' | 'ended';

export interface HawkbitState {
  action: string;
  phase: ActionPhase;
  version: string;
  updateId: string;
  result: 'success' | 'failure' | 'none';
  details: string[];
  told: boolean;
}

export interface HawkbitDeps {
  settings: FleetSettings['hawkbit'];
  who: Identity;
  folder: string;
  http: FleetHttp;
  /** Header of the token. undefined: none is sent (client certificate). @throws GatewayError when the secret is not set */
  authorization(): string | undefined;
  updater: Pick<UpdateInstaller, 'install' | 'status'> | undefined;
  apply: Pick<ApplyService, 'run'>;
  clock: Clock;
  log: Log;
  random: () => number;
  changed(): void;
  /** Tests ask more often than the server says. */
  sleepFactor?: number;
}

export interface HawkbitAgent extends Pick<Poller, 'start' | 'poke' | 'stop'> {
  state(): HawkbitState & { problem: string; lookedAtMs: number | undefined };
}

const EMPTY: HawkbitState = { action: '', phase: 'none', version: '', updateId: '', result: 'none', details: [], told: true };
/** Files for `kuiper apply`, as JSON {files, prune}: a configuration may be rolled out by hawkBit too. */
const CONFIGURATION = /\.kuiper\.json$/;
const FIRST_SLEEP_MS = 30_000;

export function createHawkbitAgent(deps: HawkbitDeps): HawkbitAgent {
  const { settings, who, clock, log, http } = deps;
  const file = openStateFile<HawkbitState>(join(deps.folder, 'hawkbit.json'), EMPTY, log);
  const target = join(deps.folder, 'hawkbit-artifact');
  let sleepMs = FIRST_SLEEP_MS;
  /** Of this run; after a restart the state on the disk is gone on with. */
  let job: { action: string; abort: AbortController; done: Promise<void> } | undefined;
  const put = (next: Partial<HawkbitState>) => {
    file.set({ ...file.value, ...next });
    deps.changed();
  };
  const end = (result: 'success' | 'failure', ...details: string[]) => put({ phase: 'ended', result, details, told: false });

  const once = async (signal: AbortSignal): Promise<void> => {
    const ddi = createDdi(http, settings.url, settings.tenant, who.name, deps.authorization());
    await lookAtUpdate();
    await tell(ddi);
    const base = await ddi.base(signal);
    sleepMs = base.sleepMs;
    if (base.configData) await ddi.configData(base.configData, await attributes());
    if (base.confirmation) await ddi.confirm(base.confirmation);
    if (base.cancel) await cancel(ddi, base.cancel, signal);
    else if (base.deployment) {
      const deployment = await ddi.deployment(base.deployment, signal);
      if (deployment) await follow(ddi, deployment);
    }
  };

  /** What the last update came to, also when it was begun before a restart. */
  const lookAtUpdate = async (): Promise<void> => {
    const { phase, updateId, action } = file.value;
    if (job || !deps.updater || (phase !== 'restarting' && phase !== 'installing')) return;
    const { last, phase: now, booted } = await deps.updater.status();
    const ours = last && (last.id === updateId || last.by === `hawkbit ${action}`);
    if (ours) {
      if (last.result === 'confirmed') end('success', `Version ${booted.version} runs. ${last.reason}`);
      else
        end(
          'failure',
          `${last.result === 'rolled-back' ? `Rolled back to ${booted.version}` : 'Not installed'}: ${last.reason}`,
          last.code ?? '',
        );
    } else if (phase === 'installing' && now === 'idle')
      // a power cut in the middle: the other slot is half written, this one runs; the server still offers the action
      put({ phase: 'none', updateId: '' });
  };

  const tell = async (ddi: Ddi): Promise<void> => {
    const { phase, told, action, result, details } = file.value;
    if (phase !== 'ended' || told) return;
    await ddi.feedback(
      'deploymentBase',
      action,
      { execution: 'closed', finished: result, details: details.filter((d) => d !== '') },
      clock.now(),
    );
    put({ told: true });
  };

  const follow = async (ddi: Ddi, deployment: Deployment): Promise<void> => {
    const { action, phase } = file.value;
    if (action === deployment.id) {
      if (phase === 'ended') {
        // the server has not got it, or asks again
        put({ told: false });
        await tell(ddi);
        return;
      }
      if (job || phase === 'restarting') return;
    } else if (job) {
      // another action has taken its place at the server
      job.abort.abort(new Error('the server has another action'));
      await job.done;
    }
    if (deployment.id !== file.value.action) put({ ...EMPTY, action: deployment.id, version: deployment.version });
    const { phase: now } = file.value;
    if (now !== 'downloaded' && deployment.download === 'skip') return;
    if (now === 'downloaded' && (deployment.update === 'skip' || !deployment.open)) return;
    const abort = new AbortController();
    const own = { action: deployment.id, abort, done: Promise.resolve() };
    job = own;
    own.done = carryOut(ddi, deployment, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        // the next poll begins again where it stopped
        if ((error as { retriable?: boolean }).retriable === true) {
          log.warn(
            { code: 'FLEET', part: 'hawkbit', action: deployment.id, reason: messageOf(error) },
            'An update was interrupted; trying again.',
          );
          put({ phase: file.value.phase === 'installing' ? 'downloaded' : 'none' });
        } else end('failure', messageOf(error));
      })
      .catch((error: unknown) =>
        log.error({ code: 'FLEET', part: 'hawkbit', reason: messageOf(error) }, 'The state of an update cannot be written.'),
      )
      .finally(() => {
        if (job === own) job = undefined;
      });
  };

  const carryOut = async (ddi: Ddi, { id, artifacts, update, open }: Deployment, signal: AbortSignal): Promise<void> => {
    const say = (feedback: Feedback) => ddi.feedback('deploymentBase', id, feedback, clock.now());
    const configuration = artifacts.find((a) => CONFIGURATION.test(a.filename));
    const bundle = artifacts.find((a) => /\.raucb$/.test(a.filename));
    if (!configuration && !bundle)
      return end('failure', 'The distribution holds neither a bundle (.raucb) nor a configuration (.kuiper.json).');
    if (bundle && !deps.updater) return end('failure', 'This installation has no updater: it is not the appliance.');
    const all = [configuration, bundle].filter((a): a is Artifact => a !== undefined);
    put({ phase: 'downloading' });
    await say({ execution: 'download', finished: 'none', details: all.map((a) => `Downloading ${a.filename}, ${a.size} bytes.`) });
    for (const artifact of all) {
      // a token is for the server of the fleet, not for wherever it keeps its files
      const own = new URL(artifact.url).origin === new URL(settings.url).origin;
      await http.download({ ...artifact, file: placeOf(artifact), headers: own ? ddi.headers : {}, signal });
    }
    put({ phase: 'downloaded' });
    await say({ execution: 'downloaded', finished: 'none', details: ['Downloaded and checked.'] });
    if (update === 'skip' || !open) return;
    if (configuration && !(await configure(placeOf(configuration), id))) return;
    if (!bundle) return end('success', 'The configuration is in effect.');
    put({ phase: 'installing' });
    await say({ execution: 'proceeding', finished: 'none', details: ['Installing.'], progress: { cnt: 1, of: 3 } });
    const installed = await deps.updater!.install({ file: placeOf(bundle) }, { sha256: bundle.sha256, by: `hawkbit ${id}` }, signal);
    put({ phase: 'restarting', updateId: installed.id, version: installed.version });
    rmSync(placeOf(bundle), { force: true });
    await say({
      execution: 'proceeding',
      finished: 'none',
      details: [`Version ${installed.version} is in slot ${installed.slot}, waits for the restart.`],
      progress: { cnt: 2, of: 3 },
    });
  };

  const placeOf = ({ filename }: Artifact): string => `${target}${CONFIGURATION.test(filename) ? '.json' : '.raucb'}`;

  const configure = async (path: string, id: string): Promise<boolean> => {
    const { files, prune = false } = JSON.parse(readFileSync(path, 'utf8')) as {
      files: Record<string, string | { base64: string }>;
      prune?: boolean;
    };
    const tree = new Map(
      Object.entries(files).map(([p, c]) => [p, typeof c === 'string' ? Buffer.from(c) : Buffer.from(c.base64, 'base64')]),
    );
    const report = await deps.apply.run(tree, { prune, source: `hawkbit ${id}` });
    if (report.applied) return true;
    end('failure', ...report.items.filter((i) => i.outcome === 'refused').map((i) => `${i.path}: ${i.reason ?? ''}`));
    return false;
  };

  const cancel = async (ddi: Ddi, url: string, signal: AbortSignal): Promise<void> => {
    const stop = await ddi.cancel(url, signal);
    if (stop === undefined) return;
    const { action, phase } = file.value;
    const busy = stop === action && (phase === 'installing' || phase === 'restarting');
    if (busy) {
      await ddi.feedback(
        'cancelAction',
        stop,
        { execution: 'rejected', finished: 'failure', details: [`It is too late: ${phase}.`] },
        clock.now(),
      );
      return;
    }
    if (job?.action === stop) {
      job.abort.abort(new Error('the server has cancelled it'));
      await job.done;
    }
    if (action === stop) file.set({ ...EMPTY });
    for (const ending of ['.raucb', '.json']) for (const part of ['', '.part']) rmSync(`${target}${ending}${part}`, { force: true });
    await ddi.feedback(
      'cancelAction',
      stop,
      { execution: 'closed', finished: 'success', details: ['Cancelled; nothing was changed.'] },
      clock.now(),
    );
    deps.changed();
  };

  const attributes = async (): Promise<Record<string, string>> => {
    const status = deps.updater ? await deps.updater.status() : undefined;
    return {
      gatewayId: who.id,
      name: who.name,
      groups: who.groups.join(','),
      version: who.version,
      arch: process.arch,
      ...(status ? { slot: status.booted.slot, image: status.booted.version } : {}),
    };
  };

  const factor = deps.sleepFactor ?? 1;
  const poller = createPoller({ name: 'hawkbit', clock, log, random: deps.random, intervalMs: () => sleepMs * factor, once });
  return {
    start: () => poller.start(),
    poke: () => poller.poke(),
    async stop() {
      job?.abort.abort(new Error('the gateway stops'));
      await poller.stop();
      await job?.done;
    },
    state: () => ({ ...file.value, problem: poller.problem, lookedAtMs: poller.lastAtMs }),
  };
}
