// External services, /services: archives come in, rules that call their functions follow. Secrets of headers are shown to nobody. Called by
// rest/routes/services.ts and the importer.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { MASK, maskValue, restoreSecrets } from '../base/secrets.ts';
import type { Extensions, ServiceFile } from '../extensions/index.ts';
import { readArchive, writeArchive } from '../plugin-host/index.ts';
import type { Downloader } from './download.ts';
import { checkName } from './names.ts';
import { rulesTouchedBy } from './plugins/index.ts';
import type { RuleService } from './rules/rule-service.ts';

export interface ExternalServices {
  list(): string[];
  /** @throws GatewayError SERVICE_NOT_FOUND */
  describe(name: string): unknown;
  listFunctions(): unknown[];
  /** @throws GatewayError SERVICE_NOT_FOUND */
  describeFunction(name: string): unknown;
  /** @param file address of the archive  @throws GatewayError SERVICE_REFUSED: nothing was changed */
  create(name: string, file: string): Promise<void>;
  replace(name: string, file: string): Promise<void>;
  remove(name: string): void;
  /** name → JSON with the archive in it, as plugins travel. */
  exportAll(): Record<string, string>;
  /** @param json of an export, ours or eKuiper's */
  importOne(name: string, json: string): Promise<void>;
}

export interface ExternalServicesDeps {
  extensions: Extensions;
  download: Downloader;
  rules: Pick<RuleService, 'pluginChanged'>;
  isBuiltin(name: string): Promise<boolean>;
  log: Log;
}

const DATA = 'data:application/zip;base64,';

export function createExternalServices(deps: ExternalServicesDeps): ExternalServices {
  const { extensions, log } = deps;
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  const notFound = (text: string) => new GatewayError('SERVICE_NOT_FOUND', { text });
  const changed = (functions: string[]) => {
    if (functions.length > 0)
      deps.rules.pluginChanged(
        (all) => rulesTouchedBy({ kind: 'functions', name: functions[0] ?? '', what: 'moved', functions }, all),
        true,
      );
  };
  const filesOf = async (file: string): Promise<ServiceFile[]> => {
    const inline = file.startsWith(DATA);
    if (!inline && !/^(https?:\/\/[^/]|file:\/\/\/)/.test(file)) throw refuse(`invalid file path ${file}`);
    const bytes = inline ? Buffer.from(file.slice(DATA.length), 'base64') : Buffer.from(await deps.download.read(file));
    return readArchive(bytes).map(({ path, content }) => ({ path, content }));
  };
  const put = async (name: string, file: string) => {
    const services = await extensions.services();
    const old = services.filesOf(name).find((f) => f.path === `${name}.json`);
    const before: unknown = old ? JSON.parse(old.content.toString()) : undefined;
    const files = (await filesOf(file)).map((f) =>
      f.path.toLowerCase() === `${name}.json`.toLowerCase() ? changedText(f, (v) => restoreSecrets(v, before)) : f,
    );
    const functions = services.install(name, files);
    for (const f of functions)
      if (await deps.isBuiltin(f))
        log.warn(
          { code: 'SERVICE_HIDDEN', service: name, function: f },
          'A function of a service has the name of a built-in one, which is called instead.',
        );
    changed(functions);
  };
  const own: ExternalServices = {
    list: () => extensions.loadedServices?.list() ?? [],
    describe(name) {
      const found = extensions.loadedServices?.describe(name);
      if (found === undefined) throw notFound('not found');
      return maskValue(found);
    },
    listFunctions: () => maskValue(extensions.loadedServices?.listFunctions() ?? []) as unknown[],
    describeFunction(name) {
      const found = extensions.loadedServices?.describeFunction(name);
      if (!found) throw notFound('not found');
      return maskValue(found);
    },
    async create(name, file) {
      checkName(name);
      if (own.list().includes(name)) throw refuse(`service ${name} exist`);
      await put(name, file);
    },
    async replace(name, file) {
      checkName(name);
      if (!own.list().includes(name)) throw notFound(`${name} is not found`);
      await put(name, file);
    },
    remove(name) {
      const services = extensions.loadedServices;
      if (!services?.list().includes(name)) throw notFound(`${name} is not found`);
      changed(services.remove(name));
    },
    exportAll() {
      const out: Record<string, string> = {};
      for (const name of own.list()) {
        try {
          // secrets do not leave: an import keeps those that are there
          const files = (extensions.loadedServices?.filesOf(name) ?? []).map((f) =>
            f.path === `${name}.json` ? changedText(f, maskValue) : f,
          );
          const zip = writeArchive(files);
          out[name] = JSON.stringify({ name, file: DATA + zip.toString('base64') });
        } catch (error) {
          log.warn({ service: name, reason: messageOf(error) }, 'A service could not be exported; skipping it.');
        }
      }
      return out;
    },
    async importOne(name, json) {
      let file: unknown;
      try {
        file = (JSON.parse(json) as { file?: unknown } | null)?.file;
      } catch (error) {
        throw refuse(`service ${name}: ${messageOf(error)}`);
      }
      if (typeof file !== 'string') throw refuse(`service ${name}: file is missing`);
      await put(checkName(name), file);
    },
  };
  return own;
}

/** The same file with its JSON changed; what is no JSON is refused by whoever reads it. */
function changedText(file: ServiceFile, change: (value: unknown) => unknown): ServiceFile {
  const text = file.content.toString();
  if (change === maskValue || text.includes(MASK)) {
    try {
      return { path: file.path, content: Buffer.from(JSON.stringify(change(JSON.parse(text)), undefined, 2)) };
    } catch {
      return file;
    }
  }
  return file;
}
