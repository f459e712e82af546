// Portable plugins, /plugins/portables: archives come in, rules that use them follow. Called by rest/routes/portables.ts and the importer.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Extensions, PortableFile } from '../../extensions/index.ts';
import { readArchive, writeArchive } from '../../plugin-host/index.ts';
import type { Downloader } from '../download.ts';
import { checkName } from '../names.ts';
import type { RuleService } from '../rules/rule-service.ts';
import { rulesTouchedBy } from './rules-touched-by.ts';
import { runInstallScript } from './run-install-script.ts';

export interface PortableRequest {
  name: string;
  /** Address of the archive. */
  file: string;
  shellParas?: readonly string[];
}

export interface PortableAdmin {
  list(): unknown[];
  /** @throws GatewayError SERVICE_NOT_FOUND */
  describe(name: string): unknown;
  /** @throws GatewayError SERVICE_NOT_FOUND */
  status(name: string): unknown;
  /** @throws GatewayError SERVICE_REFUSED and what the start of the plugin says */
  install(request: PortableRequest): Promise<void>;
  replace(request: PortableRequest): Promise<void>;
  remove(name: string): Promise<void>;
  /** name → JSON with the archive in it, as plugins of our own travel. */
  exportAll(): Record<string, string>;
  /** @param json of an export, ours or eKuiper's */
  importOne(name: string, json: string): Promise<void>;
}

export interface PortableAdminDeps {
  extensions: Extensions;
  download: Downloader;
  rules: Pick<RuleService, 'pluginChanged'>;
  isBuiltin(name: string): Promise<boolean>;
  allowsScripts(): boolean;
  rootPath: string;
  log: Log;
}

const DATA = 'data:application/zip;base64,';
/** An export is read and sent as one text. */
const MAX_BYTES = 4 * 1024 * 1024;

export function createPortableAdmin(deps: PortableAdminDeps): PortableAdmin {
  const { extensions, log } = deps;
  const notFound = () => new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  let chain: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = chain.then(work, work);
    chain = mine.catch(() => undefined);
    return mine;
  };
  const bytesOf = async (file: string): Promise<Buffer> => {
    if (file.startsWith(DATA)) return Buffer.from(file.slice(DATA.length), 'base64');
    if (!/^(https?|file):\/\/.+\.zip$/i.test(file)) throw refuse(`invalid uri ${file}`);
    return Buffer.from(await deps.download.read(file));
  };
  const put = async ({ name, file, shellParas = [] }: PortableRequest) => {
    const entries = readArchive(await bytesOf(file));
    const script = entries.some((e) => e.path === 'install.sh');
    if (script && !deps.allowsScripts())
      log.warn({ plugin: name }, 'The install script of a portable plugin was not run: basic.enableInstallScript is off.');
    const portables = await extensions.portables();
    for (const { path } of entries.filter((e) => e.path === `${name}.json`)) await checkFunctions(name, entries, path);
    if (script && deps.allowsScripts()) await runInstallScript({ plugin: name, entries, shellParas, rootPath: deps.rootPath }, log);
    const info = await portables.install(
      name,
      entries.map((e): PortableFile => ({ path: e.path, content: e.content })),
    );
    for (const kind of ['sources', 'sinks', 'functions'] as const)
      for (const symbol of info[kind])
        deps.rules.pluginChanged((all) => rulesTouchedBy({ kind, name: symbol, what: 'moved', functions: [symbol] }, all), false);
  };
  const checkFunctions = async (name: string, entries: readonly PortableFile[], path: string) => {
    const text = entries.find((e) => e.path === path)!.content.toString();
    const functions = /"functions"\s*:\s*\[([^\]]*)\]/.exec(text)?.[1]?.match(/[A-Za-z0-9_]+/g) ?? [];
    for (const f of functions) if (await deps.isBuiltin(f)) throw refuse(`function name ${f} of portable plugin ${name} already exists`);
  };
  const own: PortableAdmin = {
    list: () => extensions.loadedPortables?.list() ?? [],
    describe(name) {
      const info = extensions.loadedPortables?.get(name);
      if (!info) throw notFound();
      return info;
    },
    status(name) {
      const status = extensions.loadedPortables?.status(name);
      if (!status) throw notFound();
      return status;
    },
    install: (request) =>
      alone(async () => {
        if (request.name === '') throw refuse('invalid name : should not be empty');
        if (/[/\\]|^\.|\.\./.test(request.name)) checkName(request.name);
        if (extensions.loadedPortables?.get(request.name)) throw refuse(`invalid name ${request.name}: duplicate`);
        await put({ ...request, name: checkName(request.name) });
      }),
    replace: (request) => alone(() => put({ ...request, name: checkName(request.name) })),
    remove: (name) =>
      alone(async () => {
        const portables = extensions.loadedPortables;
        if (!portables?.get(name)) throw refuse(`portable plugin ${name} is not found`);
        await portables.remove(name);
      }),
    exportAll() {
      const out: Record<string, string> = {};
      const portables = extensions.loadedPortables;
      for (const { name } of portables?.list() ?? []) {
        try {
          const zip = writeArchive(portables!.filesOf(name));
          if (zip.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
          out[name] = JSON.stringify({ name, file: DATA + zip.toString('base64') });
        } catch (error) {
          log.warn({ plugin: `portable/${name}`, reason: messageOf(error) }, 'A plugin could not be exported; skipping it.');
        }
      }
      return out;
    },
    importOne(name, json) {
      let given: { file?: unknown; shellParas?: unknown };
      try {
        given = JSON.parse(json) as typeof given;
      } catch (error) {
        throw refuse(`portable plugin ${name}: ${messageOf(error)}`);
      }
      const { file, shellParas } = given;
      if (typeof file !== 'string') throw refuse(`portable plugin ${name}: file is missing`);
      return own.replace({ name, file, ...(Array.isArray(shellParas) && { shellParas: shellParas.map(String) }) });
    },
  };
  return own;
}
