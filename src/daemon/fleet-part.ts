// The fleet as a part of the gateway: nothing is loaded while nothing of it is set up; a change of its settings begins it again. Used by gateway.ts.
import { existsSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { FleetSettings, Folders } from '../config/index.ts';
import type { Fleet, FleetStatus } from '../fleet/index.ts';
import { readGatewayId } from '../runtime/index.ts';
import type { Service } from '../service/index.ts';
import type { UpdateInstaller } from '../system/update/installer.ts';
import type { Part } from './lifecycle.ts';

export interface FleetPartDeps {
  settings(): FleetSettings;
  service(): Service;
  /** Absent: the updater of the appliance, where there is one. */
  updater?(): Promise<UpdateInstaller | undefined>;
  folders: Folders;
  version: string;
  clock: Clock;
  log: Log;
}

export interface FleetPart {
  readonly part: Part;
  /** The settings were read again. */
  reload(): void;
  /** Undefined: this gateway is not part of a fleet. */
  status(): FleetStatus | undefined;
  poke(): Promise<void>;
  problems(): string[];
}

/** Undefined: this is not the appliance. */
async function ofDevice(): Promise<UpdateInstaller | undefined> {
  const { createUpdateClient, SOCKET } = await import('../system/update/client.ts');
  return existsSync(SOCKET) ? createUpdateClient() : undefined;
}

const isOn = ({ pull, hawkbit, mqtt }: FleetSettings) => pull.url !== '' || hawkbit.url !== '' || mqtt.server !== '';

export function createFleetPart({ settings, service, updater = ofDevice, folders, version, clock, log }: FleetPartDeps): FleetPart {
  let fleet: Fleet | undefined;
  let running = '';
  let live = false;
  let chain: Promise<void> = Promise.resolve();
  const follow = async (): Promise<void> => {
    const wanted = live && isOn(settings()) ? JSON.stringify(settings()) : '';
    if (wanted === running) return;
    await fleet?.stop();
    fleet = undefined;
    running = wanted;
    if (wanted === '') return;
    const { createFleet } = await import('../fleet/index.ts');
    fleet = createFleet({
      settings: settings(),
      gatewayId: readGatewayId(folders.data, log),
      version,
      folders,
      apply: audited(service()),
      secret: (name) => service().secrets.resolve(`\${secret:${name}}`),
      updater: await updater(),
      clock,
      log,
    });
    fleet.start();
  };
  const soon = () => {
    chain = chain
      .then(follow)
      .catch((error: unknown) => log.error({ code: 'FLEET', reason: messageOf(error) }, 'The fleet cannot be followed.'));
  };
  return {
    part: {
      name: 'fleet',
      start() {
        live = true;
        soon();
      },
      async stop() {
        live = false;
        soon();
        await chain;
      },
      stopTimeoutMs: 1_000,
    },
    // an apply of the fleet changes settings while the fleet waits for it: the change must not wait for the apply
    reload: soon,
    status: () => fleet?.status(),
    poke: async () => fleet?.poke(),
    problems: () => fleet?.problems() ?? [],
  };
}

/** What a fleet changes is nobody's call of REST. */
function audited({ apply, audit }: Service): Service['apply'] {
  return {
    ...apply,
    async run(tree, options) {
      const report = await apply.run(tree, options);
      const changed = report.items.filter((i) => i.outcome !== 'unchanged');
      if (changed.length > 0) {
        const detail = `revision ${report.revision}, ${changed.length} objects`;
        const outcome = report.applied ? 'done' : 'refused';
        audit.record({ who: 'fleet', from: '', what: 'apply', target: options?.source ?? '', outcome, detail });
      }
      return report;
    },
  };
}
