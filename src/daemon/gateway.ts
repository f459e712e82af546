// The gateway as a list of parts: settings, store, runtime, service, REST. Built from folders and environment, without signals and
// process exits, so that the demo and tests run it in process. run.ts adds those; lifecycle.ts starts and stops the parts.
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type Clock, createRealClock } from '../base/clock.ts';
import { createDataServer } from '../base/data-server.ts';
import type { Log } from '../base/log.ts';
import { codecs } from '../codecs/index.ts';
import { createComponentFiles, type Environment, type Folders } from '../config/index.ts';
import { connectors } from '../connectors/index.ts';
import type { Historian } from '../contract/history.ts';
import { createExtensions, type Extensions } from '../extensions/index.ts';
import { createHistorian } from '../history/index.ts';
import { createPluginRegistry, type PluginRegistry } from '../plugin-host/index.ts';
import { createAuditHook } from '../rest/audit-hook.ts';
import { createRestRouter } from '../rest/routes/index.ts';
import { openRestServer, READING_POSTS, type RestServer } from '../rest/server.ts';
import { createTokenBackoff } from '../rest/token-backoff.ts';
import { createTrialServer } from '../rest/trial-server.ts';
import { createLetterBox, createRuntime, createSuspects, type Runtime, type Suspects } from '../runtime/index.ts';
import {
  createOwner,
  createServerControl,
  createService,
  createTrialHub,
  type Service,
  trialConnector,
  type Vault,
} from '../service/index.ts';
import { type DatabaseReport, openStore, type Store } from '../store/index.ts';
import { updateProblems } from '../system/update/status-file.ts';
import { dataServerCallers } from './callers.ts';
import { changedSince, isOldRoot } from './changed-defaults.ts';
import { createClockWatch } from './clock-watch.ts';
import { createConfiguration } from './configuration.ts';
import { createCrashGuard } from './crash-guard.ts';
import { createFleetPart } from './fleet-part.ts';
import { foreignData } from './foreign-data.ts';
import { createFunctions } from './function-catalogue.ts';
import { clearLeftOvers } from './left-overs.ts';
import type { Part } from './lifecycle.ts';
import { createMetricsPart, ownMetricsPort } from './metrics-part.ts';
import { runtimeSettings, serviceSettings } from './part-settings.ts';
import { makeFolders, prepareEtc } from './prepare-folders.ts';
import { lockRoot, type RootLock } from './root-lock.ts';
import { openVault, putImportRight } from './secrets.ts';
import { memoryFolders, propertyOf } from './surroundings.ts';
import { healthyAfterMs, importStep } from './test-hooks.ts';

export interface GatewayOptions {
  folders: Folders;
  env: Environment;
  configFile?: string | undefined;
  log: Log;
  clock?: Clock;
  /** Asked for by /stop. */
  onStopRequest(exitCode: number): void;
}

export interface Gateway {
  readonly parts: readonly Part[];
  /** Known once the parts are started. */
  readonly url: string;
  readonly service: Service;
  readonly safeModeReason: string | undefined;
  /** How the rules are, in one sentence. */
  condition(): string;
  /** SIGHUP: reads configuration and credentials again. @throws when they are wrong; the old ones stay in effect */
  reload(): void;
  /** Prometheus text. */
  metricsText(): string;
  /** For the last handler of a fatal error; synchronous. */
  crashed(reason: string): void;
  /** READY is about to be said: crash protection must know. */
  ready(): void;
  /** READY was said. */
  announced(): void;
  /** True when an uncaught error is a plugin's; it was counted and logged, and the gateway goes on. */
  blame(error: unknown): boolean;
  /** Cuts what still hangs on REST. */
  destroy(): void;
}

/** A run that lives so long was healthy; so many crashes in a row lead to safe mode. */
const HEALTHY_AFTER_MS = 60_000;
const MAX_CRASHES = 3;

export const VERSION = (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version;

export function createGateway({ folders, env, configFile, log, clock = createRealClock(), onStopRequest }: GatewayOptions): Gateway {
  const config = createConfiguration({ folders, env, configFile, log, clock, sealer: () => vault });
  let vault: Vault | undefined;
  let keyProblems: readonly string[] = [];
  const backoff = createTokenBackoff(clock);
  let store: Store | undefined;
  let historian: Historian | undefined;
  let runtime: Runtime | undefined;
  let service: Service | undefined;
  let rest: RestServer | undefined;
  let lock: RootLock | undefined;
  let plugins: PluginRegistry | undefined;
  let extensions: Extensions | undefined;
  let suspects: Suspects | undefined;
  let safeModeReason: string | undefined;
  let timeZone: string | undefined;
  /** What lies in the data folder and is not read. */
  let foreign: string[] = [];
  /** Files that were put back at the start. */
  const told: DatabaseReport[] = [];
  const componentFiles = createComponentFiles(folders, env);
  const clockWatch = createClockWatch({ clock, upMs: () => uptime() * 1000, root: '/' });
  const guard = createCrashGuard({
    dataDir: folders.data,
    clock,
    healthyAfterMs: healthyAfterMs(env, HEALTHY_AFTER_MS),
    maxCrashes: MAX_CRASHES,
    supervised: Boolean(env['NOTIFY_SOCKET']),
    explain: (counted) => suspects!.died(counted, Boolean(env['NOTIFY_SOCKET'])) !== undefined,
    log,
  });
  const holdsForReady = () => Boolean(env['NOTIFY_SOCKET']) && suspects?.engaged === true;
  const gate = Promise.withResolvers<void>();
  const functions = createFunctions(env, () => ({ plugins, extensions }));
  const trialHub = createTrialHub();
  const dataServer = createDataServer({
    address: () => config.settings.dataServer,
    ...dataServerCallers(config, backoff),
  });
  const trialServer = createTrialServer(trialHub, dataServer, log);
  const ends = trialConnector(trialHub);
  const connectorNamed = (name: string) => {
    const builtin = name === ends.name ? ends : connectors.find((c) => c.name === name);
    const known = builtin ?? extensions?.connector(name);
    return plugins ? plugins.connector(name, known) : known;
  };

  const connectorNames = () => [
    ...new Set([...connectors.map((c) => c.name), ...(plugins?.connectorNames() ?? []), ...(extensions?.connectorNames() ?? [])]),
  ];

  const fleet = createFleetPart({ settings: () => config.settings.fleet, service: () => service!, folders, version: VERSION, clock, log });

  /** Defaults that changed since the version that made this root. */
  let changes: string[] = [];
  const parts: Part[] = [
    {
      name: 'configuration',
      start() {
        const wasThere = isOldRoot(folders.data);
        makeFolders(folders, log);
        ({ vault, problems: keyProblems } = openVault(folders, env, log));
        told.push(...prepareEtc(folders, vault, clock, log));
        const files = config.load();
        log.info({ version: VERSION, root: folders.root, files, node: process.version }, 'Kuiper Gateway starts.');
        changes = changedSince(folders.data, wasThere, log).map(({ what, keep }) => `${what} As before: ${keep}.`);
      },
    },
    {
      name: 'root lock',
      start() {
        lock = lockRoot(folders.data, log);
        clearLeftOvers(folders, log);
      },
      stop: () => lock?.release(),
    },
    {
      name: 'crash guard',
      async start() {
        const memory = [config.settings.runtimeFolder, ...memoryFolders(env)].filter((folder) => folder !== '');
        suspects = createSuspects({ dataDir: folders.data, folders: memory, clock, log });
        const decision = await guard.begin();
        safeModeReason = decision.reason;
        suspects.begin(decision.unclean);
      },
      async stop() {
        suspects?.end();
        await guard.end();
      },
    },
    {
      name: 'store',
      start() {
        foreign = foreignData(folders, log);
        store = openStore({ dataDir: folders.data, clock, log, reports: told, reserveBytes: config.settings.store.reserveBytes });
        historian = createHistorian({ store, clock, log, settings: config.settings.history });
        suspects!.attach(createLetterBox({ heads: store.kv('deadLetters'), bodies: store.kv('deadLetterPayloads'), clock, log }));
      },
      async stop() {
        await historian?.close();
        await store?.close();
      },
      stopTimeoutMs: 1_000,
    },
    {
      name: 'REST port',
      async start() {
        const { ip, port, tls } = config.settings.rest;
        // The port is taken before rules start: a second instance must not read brokers first and fail then. Calls wait at the gate.
        rest = await openRestServer({
          ip,
          port,
          tls,
          router: gate.promise.then(() =>
            createRestRouter({
              service: service!,
              server: control,
              log,
              trialServer,
              functions,
              revocations: config.revocations,
              owner: createOwner(folders, env, () => reload()),
              fleet,
              connectors: () => connectorNames().flatMap((name) => connectorNamed(name) ?? []),
              strict: () => config.settings.strictOptions,
              cpuUsage: () => runtime?.cpuUsage?.() ?? 'not enabled',
              metrics:
                config.settings.prometheus.enabled && ownMetricsPort(config.settings) === undefined
                  ? () => runtime!.metricsText()
                  : undefined,
            }),
          ),
          clock,
          log,
          credentials: () => (config.settings.rest.authentication ? config.credentials : undefined),
          allowedHosts: () => config.settings.rest.allowedHosts,
          auditLog: () => config.settings.rest.auditLog,
          audit: createAuditHook((event) => service?.audit.record(event), clock, READING_POSTS),
          backoff,
        });
      },
      stop: () => rest?.destroy(),
    },
    {
      name: 'plugins',
      async start() {
        plugins = createPluginRegistry({
          rootPath: folders.root,
          folder: folders.plugins,
          etc: folders.etc,
          dataDir: folders.data,
          clock,
          log,
          store: store!,
          settings: () => config.settings.plugins,
          async isBuiltin(name) {
            const found = (await functions()).get(name);
            return found !== undefined && found.group !== 'plugin';
          },
        });
        await putImportRight(folders, store!, plugins, log, () => void config.load(true));
        // before rules: the first start of a rule already uses the latest version that works
        await plugins.start(safeModeReason !== undefined);
        extensions = createExtensions({ folders, clock, log, settings: () => config.settings });
        await extensions.reload();
      },
      // after the runtime, which closes sources and sinks of plugins
      stop: () => Promise.all([plugins?.stop(), extensions?.close()]).then(() => undefined),
    },
    {
      name: 'runtime',
      start() {
        runtime = createRuntime({
          clock,
          log,
          store: store!,
          suspects: suspects!,
          outside: clockWatch.causes,
          connectors: connectorNamed,
          connectorNames,
          ...(config.settings.cpuProfile.enabled ? { cpuIntervalMs: config.settings.cpuProfile.intervalMs } : {}),
          codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
          rootPath: folders.root,
          dataDir: folders.data,
          property: (name) => propertyOf(env, name),
          schemas: { read: (type, id) => service!.schemas.read(type, id) },
          ...(config.settings.aesKey ? { aesKey: Buffer.from(config.settings.aesKey, 'base64') } : {}),
          dataServer,
          historian: historian!,
          logFiles: () => ({ folder: folders.log, ...config.settings.logFiles }),
          network: () => ({ enablePrivateNet: config.settings.enablePrivateNet, dataServer: config.settings.dataServer }),
          settings: runtimeSettings(config.settings),
        });
        runtime.start();
      },
      async stop() {
        await runtime?.close();
        dataServer.close();
      },
      stopTimeoutMs: 1_600,
    },
    {
      name: 'service',
      async start() {
        service = await createService({
          clock,
          log,
          store: store!,
          runtime: runtime!,
          functions,
          trialHub,
          vault,
          version: VERSION,
          importStep: importStep(env),
          reloadSettings: () => reload(),
          deadLetters: () => suspects?.letters,
          historian: historian!,
          plugins: plugins!,
          extensions: extensions!,
          folders,
          componentFiles,
          connectors: connectorNamed,
          connectorNames,
          formats: () => codecs.map((c) => c.name),
          settings: () => serviceSettings(config.settings, timeZone),
        });
      },
      async stop() {
        trialServer.close();
        await service?.close();
      },
    },
    {
      name: 'rules',
      async start() {
        await service!.begin(safeModeReason !== undefined);
        // a message that freezes us before READY would be noticed by the time limit of the start only
        if (!holdsForReady()) runtime!.rulesLoaded();
      },
    },
    createMetricsPart({ config, backoff, log, text: () => runtime!.metricsText() }),
    {
      name: 'REST calls',
      start() {
        gate.resolve();
        config.keepGood();
      },
      async stop() {
        config.keepGood();
        // answers under way get a moment; commands that come later are refused by the closed port
        await Promise.race([rest?.close(), clock.sleep(200)]);
      },
    },
    fleet.part,
  ];

  const reload = () => {
    const files = config.load(true);
    componentFiles.reload();
    fleet.reload();
    rest?.renewCertificate();
    config.keepGood();
    log.info({ files }, 'Configuration read again. Addresses and ports take effect at the next start.');
  };
  const control = createServerControl({
    version: VERSION,
    clock,
    log,
    safeMode: () => safeModeReason,
    changes: () => changes,
    problems: () => [
      ...keyProblems,
      ...(store?.reports().map((r) => `${r.file}: ${r.text}`) ?? []),
      ...(suspects?.problem ? [suspects.problem] : []),
      ...fleet.problems(),
      ...(service?.scheduledBackups.problems() ?? []),
      ...(service?.audit.problem ? [`Changes cannot be written to the audit log: ${service.audit.problem}`] : []),
      ...updateProblems(),
    ],
    setTimeZone: (name) => {
      timeZone = name;
    },
    dumpMetrics: (on) => service?.metricsDump.enable(on),
    notes: () => [...config.notes, ...foreign],
    stop: onStopRequest,
  });

  return {
    parts,
    get url() {
      return rest!.url;
    },
    get service() {
      return service!;
    },
    get safeModeReason() {
      return safeModeReason;
    },
    reload,
    condition: () => runtime?.condition() ?? 'starting',
    metricsText: () => runtime!.metricsText(),
    crashed: (reason) => guard.crashed(reason),
    ready: () => guard.ready(),
    announced() {
      if (holdsForReady()) runtime?.rulesLoaded();
    },
    blame: (error) => plugins?.blame(error) !== undefined,
    destroy: () => rest?.destroy(),
  };
}
