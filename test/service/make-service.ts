// The service over a memory store and a runtime without data, in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import { createComponentFiles, createFolders, foldersOf } from '../../src/config/index.ts';
import { connectors } from '../../src/connectors/index.ts';
import { createExtensions } from '../../src/extensions/index.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { type Call, dispatch } from '../../src/rest/dispatch.ts';
import { createRestRouter } from '../../src/rest/routes/index.ts';
import { createTrialServer } from '../../src/rest/trial-server.ts';
import { defaultRuleOptions } from '../../src/runtime/index.ts';
import { createServerControl, createService, createTrialHub, type ServiceDeps, trialConnector } from '../../src/service/index.ts';
import { testDataServer } from '../helpers/data-server.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { createMemoryStore } from './memory-store.ts';

export async function makeService(store = createMemoryStore(), safe = false, extra: Partial<ServiceDeps> & { root?: string } = {}) {
  const root = extra.root ?? mkdtempSync(join(tmpdir(), 'kuiper-service-'));
  const folders = foldersOf(root);
  createFolders(folders);
  const clock = createVirtualClock();
  const { log, lines } = createMemoryLog();
  const runtime = createFakeRuntime();
  const hub = createTrialHub();
  const extensions = createExtensions({ folders, log });
  await extensions.reload();
  const catalogue = createFunctionCatalogue(extensions.functions);
  const functions = async () => catalogue;
  const all = [...connectors, trialConnector(hub)];
  const service = await createService({
    clock,
    log,
    store,
    runtime,
    functions,
    folders,
    componentFiles: createComponentFiles(folders, {}),
    connectors: (name) => all.find((c) => c.name === name),
    connectorNames: () => connectors.map((c) => c.name),
    formats: () => codecs.map((c) => c.name),
    trialHub: hub,
    extensions,
    settings: () => ({
      timeZone: 'UTC',
      ignoreCase: false,
      sqlCompatibility: 'standard',
      ruleDefaults: defaultRuleOptions(),
      enablePrivateNet: false,
      allowExternalFileAccess: true,
      enableInstallScript: false,
      dataServerPort: 0,
    }),
    ...extra,
  });
  await service.rules.load(safe);
  const stops: number[] = [];
  const server = createServerControl({
    version: '0.0.0',
    clock,
    log,
    safeMode: () => (safe ? 'three crashes' : undefined),
    problems: () => [],
    setTimeZone: () => undefined,
    stop: (code) => void stops.push(code),
  });
  const trialServer = createTrialServer(hub, testDataServer(), log);
  const router = createRestRouter({ service, server, log, trialServer, functions, connectors: () => connectors, metrics: undefined });
  /** One REST call in process. */
  const call = async (method: string, url: string, body?: unknown, headers: Call['headers'] = {}) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await dispatch(router, { method, url, headers, body: new TextEncoder().encode(text) }, log);
    const answer = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body);
    return { status: reply.status, text: answer.replace(/\n$/, ''), reply };
  };
  return {
    service,
    runtime,
    store,
    clock,
    lines,
    root,
    router,
    stops,
    call,
    sql: (sql: string, path = '/streams') => call('POST', path, { sql }),
    async close() {
      await service.close();
      trialServer.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
