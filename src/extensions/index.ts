// What users add besides plugins: functions of JavaScript, external services and portable plugins. One object for the daemon, which makes it before the rules are loaded,
// and for the service, which changes it. What nobody uses is not loaded.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, createRealClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Folders } from '../config/index.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import { firstOf } from './catalogues.ts';
import type { PortablePlugins } from './portable/portable-plugins.ts';
import { createScripts, type Scripts } from './scripts/script-files.ts';
import type { Services } from './services/services.ts';

export { firstOf } from './catalogues.ts';
export type { PortableFile, PortablePlugins } from './portable/portable-plugins.ts';
export { parseScript, type Script, type Scripts } from './scripts/script-files.ts';
export type { ServiceFile, Services } from './services/services.ts';

export interface Extensions {
  readonly scripts: Scripts;
  /** Loads them. */
  portables(): Promise<PortablePlugins>;
  /** Undefined while there are none. */
  readonly loadedPortables: PortablePlugins | undefined;
  /** Loads them. */
  services(): Promise<Services>;
  /** Undefined while there are none. */
  readonly loadedServices: Services | undefined;
  /** What stands behind `${secret:name}` in headers of services. */
  useSecrets(resolve: <T>(value: T) => T): void;
  readonly functions: FunctionCatalogue;
  connector(name: string): ConnectorEntry | undefined;
  connectorNames(): string[];
  /** Reads what is stored; also after an import changed the files. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface ExtensionSettings {
  readonly portable: { readonly pythonBin: string };
  readonly plugins: { readonly socket: string };
  readonly enablePrivateNet: boolean;
}

export interface ExtensionsDeps {
  folders: Pick<Folders, 'data' | 'etc' | 'plugins'>;
  log: Log;
  clock?: Clock;
  settings?(): ExtensionSettings;
}

export function createExtensions({ folders, log, clock = createRealClock(), settings }: ExtensionsDeps): Extensions {
  const scripts = createScripts(join(folders.data, 'scripts'), log);
  const folder = join(folders.plugins, 'portable');
  let portable: PortablePlugins | undefined;
  let loading: Promise<PortablePlugins> | undefined;
  const portables = () =>
    (loading ??= import('./portable/portable-plugins.ts').then(({ createPortablePlugins }) => {
      portable = createPortablePlugins({
        folder,
        etc: folders.etc,
        notes: join(folders.data, 'portable'),
        clock,
        log,
        pythonBin: () => settings?.().portable.pythonBin ?? 'python3',
        // a program of its own would run as the gateway itself, which those plugins do not
        refusal: () =>
          settings?.().plugins.socket
            ? 'on this device plugins run under a user of their own (plugins.socket), and a portable plugin would run as the gateway; write it in TypeScript (docs/plugins)'
            : undefined,
      });
      return portable;
    }));
  const serviceFolder = join(folders.data, 'services');
  let services: Services | undefined;
  let resolve = <T>(value: T): T => value;
  const loadServices = async () =>
    (services ??= (await import('./services/services.ts')).createServices({
      folder: serviceFolder,
      clock,
      log,
      privateNet: () => settings?.().enablePrivateNet === true,
      secrets: (value) => resolve(value),
    }));
  return {
    scripts,
    services: loadServices,
    useSecrets(given) {
      resolve = given;
    },
    get loadedServices() {
      return services;
    },
    portables,
    get loadedPortables() {
      return portable;
    },
    functions: firstOf(
      () => portable?.functions,
      () => scripts.functions,
      () => services?.functions,
    ),
    connector: (name) => portable?.connector(name),
    connectorNames: () => portable?.connectorNames() ?? [],
    async reload() {
      await scripts.reload();
      if (services || hasEntries(serviceFolder)) (await loadServices()).reload();
      if (portable || hasEntries(folder)) await (await portables()).reload();
    },
    async close() {
      services?.close();
      await portable?.close();
    },
  };
}

const hasEntries = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0;
