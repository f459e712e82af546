// All routes of REST. A new resource is one file here and one line below.
import type { Log } from '../../base/log.ts';
import type { ServerControl, Service, Tokens } from '../../service/index.ts';
import type { Revocations } from '../revocations.ts';
import { createRouter, type Router } from '../router.ts';
import type { TrialServer } from '../trial-server.ts';
import { applyRoutes } from './apply.ts';
import { auditRoutes } from './audit.ts';
import { authRoutes } from './auth.ts';
import { backupRoutes } from './backup.ts';
import { connectionRoutes } from './connections.ts';
import { dataRoutes } from './data.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { deviceRoutes } from './devices.ts';
import { type FleetAccess, fleetRoutes } from './fleet.ts';
import { guardedRoutes } from './guarded.ts';
import { historyRoutes } from './history.ts';
import { liveRoutes } from './live.ts';
import { logRoutes } from './logs.ts';
import { type MetadataDeps, metadataRoutes } from './metadata.ts';
import { networkRoutes } from './network.ts';
import { observeRoutes } from './observe.ts';
import { openApiRoutes } from './openapi.ts';
import { type OwnerParts, ownerRoutes } from './owner.ts';
import { parkedRoutes } from './parked.ts';
import { pluginRoutes } from './plugins.ts';
import { portableRoutes } from './portables.ts';
import { ruleTagRoutes } from './rule-tags.ts';
import { ruleVersionRoutes } from './rule-versions.ts';
import { ruleRoutes } from './rules.ts';
import { schemaRoutes } from './schemas.ts';
import { scriptRoutes } from './scripts.ts';
import { secretRoutes } from './secrets.ts';
import { serverRoutes } from './server.ts';
import { serviceRoutes } from './services.ts';
import { sqlRoutes } from './sql.ts';
import { streamRoutes } from './streams.ts';
import { deviceUpdate, systemUpdateRoutes } from './system-update.ts';
import { tokenRoutes } from './tokens.ts';
import { translateRoutes } from './translate.ts';
import { trialRoutes } from './trial.ts';

export interface RestDeps extends Omit<MetadataDeps, 'confKeys' | 'connections' | 'resolve'> {
  service: Service;
  server: ServerControl;
  log: Log;
  trialServer: TrialServer;
  metrics: (() => string) | undefined;
  revocations?: Revocations | undefined;
  /** What the owner sets. Absent: nothing is kept. */
  /** Absent: this gateway is no part of a fleet. */
  fleet?: FleetAccess | undefined;
  owner?: (OwnerParts & { tokens?: Tokens }) | undefined;
  /** CPU time of rules; not given: it is not measured. */
  cpuUsage?: () => Record<string, number> | 'not ready' | 'not enabled';
  /** basic.strictOptions */
  strict?: () => boolean;
}

export function createRestRouter({
  service,
  server,
  log,
  trialServer,
  metrics,
  functions,
  connectors,
  revocations,
  owner,
  fleet,
  strict,
  cpuUsage = () => 'not enabled',
}: RestDeps): Router {
  const stop = (exitCode: number) => server.stop(exitCode);
  const router = createRouter(
    [
      ...serverRoutes(server, () => router, log),
      ...openApiRoutes({ version: () => server.info().version, connectors, router: () => router }),
      ...sqlRoutes({ editor: service.editor, ruleText: (id) => service.rules.describe(id) }),
      ...streamRoutes(service.streams),
      ...ruleRoutes(service.rules),
      ...ruleVersionRoutes(service),
      ...parkedRoutes(service.rules),
      ...ruleTagRoutes(service.rules),
      ...observeRoutes({
        rules: service.rules,
        traces: () => service.traces,
        otlp: () => service.otlp,
        metrics,
        cpuUsage,
        dump: service.metricsDump,
      }),
      ...liveRoutes(service),
      ...guardedRoutes(service),
      ...trialRoutes(service.trials, trialServer),
      ...connectionRoutes(service.connections),
      ...metadataRoutes({
        confKeys: service.confKeys,
        connections: service.connections,
        resolve: (value) => service.secrets.resolve(value),
        functions,
        connectors,
      }),
      ...secretRoutes(service),
      ...deviceRoutes(service),
      ...deadLetterRoutes(service.deadLetters),
      ...historyRoutes(service),
      ...authRoutes(revocations),
      ...ownerRoutes(owner),
      ...systemUpdateRoutes(deviceUpdate, owner?.upload),
      ...tokenRoutes(owner?.tokens),
      ...logRoutes(log ?? {}),
      ...dataRoutes(service, stop),
      ...translateRoutes(service),
      ...applyRoutes(service.apply),
      ...auditRoutes(service.audit),
      ...fleetRoutes(fleet),
      ...networkRoutes(service.network),
      ...backupRoutes(service),
      ...schemaRoutes(service.schemas),
      ...serviceRoutes(service.externalServices),
      ...scriptRoutes(service.scripts),
      ...pluginRoutes(service.plugins, stop),
      ...portableRoutes(service.portables),
    ],
    strict,
  );
  return router;
}
