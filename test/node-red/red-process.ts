// A real Node-RED, headless, in a folder of its own with the palette installed from its .tgz by npm. What must be there: scripts/test-deps.sh.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../helpers/free-port.ts';

const REPO = resolve(import.meta.dirname, '../..');
const NODE = join(REPO, 'node_modules/node/bin/node');
const RED = join(REPO, '.cache/node-red/node_modules/node-red/red.js');

export const haveNodeRed = existsSync(RED);
if (!haveNodeRed) {
  const text = 'Node-RED is missing (scripts/test-deps.sh installs it into .cache/node-red): its tests are left out';
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
}

export interface RunningRed {
  readonly url: string;
  readonly child: ChildProcess;
  log(): string;
  call<T = any>(method: string, path: string, body?: unknown): Promise<T>;
  /** Replaces all flows. */
  deploy(flows: readonly unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder user folder, made here  @param palette .tgz */
export async function startNodeRed(folder: string, palette: string): Promise<RunningRed> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"node-red-project","private":true}');
  execFileSync('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', palette], {
    cwd: folder,
    stdio: 'pipe',
  });
  const port = await freePort();
  writeFileSync(
    join(folder, 'settings.js'),
    `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: 'test', logging: { console: { level: 'info' } }, editorTheme: { tours: false, projects: { enabled: false } }, telemetry: { enabled: false } };`,
  );
  const child = spawn(NODE, [RED, '--userDir', folder, '--settings', join(folder, 'settings.js')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (d: Buffer) => (log += d.toString()));
  child.stderr.on('data', (d: Buffer) => (log += d.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null || performance.now() > deadlineMs) throw new Error(`Node-RED did not start:\n${log}`);
    if (
      log.includes('Started flows') &&
      (await fetch(`${url}/settings`).then(
        (r) => r.ok,
        () => false,
      ))
    )
      break;
    await new Promise((r) => setTimeout(r, 100));
  }
  const red: RunningRed = {
    url,
    child,
    log: () => log,
    async call(method, path, body) {
      const answer = await fetch(url + path, {
        method,
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'Node-RED-API-Version': 'v1' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as never;
    },
    deploy: (flows) => red.call('POST', '/flows', flows),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
  return red;
}
