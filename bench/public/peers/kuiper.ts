// Programs that speak eKuiper's REST and SQL: we, eKuiper and rekuiper get the same statements.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../../test/helpers/free-port.ts';
import type { Job } from '../job.ts';
import { lastWords, OUT_FILE, type Peer, type Place, run, type Started } from './peer.ts';

const START_LIMIT_MS = 60_000;
const LOOK_MS = 50;

/** This gateway, from source.  @param folder a checkout with its node_modules */
export const checkout = (name: string, folder: string): Peer => ({
  name,
  lacks: () => undefined,
  async start(job, place) {
    const port = await freePort();
    const started = run(
      process.execPath,
      ['--max-semi-space-size=8', 'src/daemon/main.ts', '--root', place.folder],
      place.folder,
      { NODE_COMPILE_CACHE: path.resolve(folder, '.cache/compile'), MALLOC_ARENA_MAX: '2', KUIPER__BASIC__RESTPORT: String(port) },
      folder,
    );
    return define(started, port, job, place, OUT_FILE);
  },
});

/** @param program path of kuiperd; its folder `etc` is beside it or one folder above */
export function kuiperd(name: string, program: string): Peer {
  return {
    name,
    lacks: () => undefined,
    async start(job, place) {
      const port = await freePort();
      // eKuiper does not start without the folders of its plugins
      const folders = ['data', 'log', 'plugins/sources', 'plugins/sinks', 'plugins/functions', 'plugins/portable', 'plugins/wasm'];
      for (const folder of folders) mkdirSync(path.join(place.folder, folder), { recursive: true });
      const bin = path.dirname(path.resolve(program));
      const etc = [path.join(bin, 'etc'), path.join(bin, '../etc')].find((p) => existsSync(p));
      if (etc) cpSync(etc, path.join(place.folder, 'etc'), { recursive: true });
      const started = run(path.resolve(program), [], place.folder, {
        KuiperBaseKey: place.folder,
        KUIPER__BASIC__RESTPORT: String(port),
        KUIPER__BASIC__IGNORECASE: 'false',
      });
      return define(started, port, job, place, path.join(place.folder, OUT_FILE));
    },
  };
}

async function define(started: Started, port: number, job: Job, place: Place, file: string): Promise<Started> {
  try {
    await answering(`http://127.0.0.1:${port}/ping`, place);
    const server = `tcp://127.0.0.1:${place.brokerPort}`;
    await must(port, 'PUT', '/metadata/sources/mqtt/confKeys/bench', { server, qos: 0 });
    for (const s of job.streams)
      await must(port, 'POST', '/streams', {
        sql: `CREATE STREAM ${s.name} (${s.columns ?? ''}) WITH (DATASOURCE="${place.prefix}/${s.topic}", FORMAT="${s.format ?? 'json'}", TYPE="mqtt", CONF_KEY="bench", SHARED="TRUE")`,
      });
    const sink =
      job.sink === 'mqtt'
        ? { mqtt: { server, topic: place.out, qos: 0, sendSingle: true } }
        : { file: { path: file, fileType: 'lines', format: 'json', sendSingle: true, rollingCount: 0, rollingInterval: 86_400_000 } };
    for (const r of job.rules) await must(port, 'POST', '/rules', { id: r.id, sql: r.sql, actions: [sink] });
    return started;
  } catch (error) {
    const words = lastWords(place.folder);
    await started.stop();
    throw new Error(`${String(error)}\n${words}`);
  }
}

async function answering(url: string, place: Place): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const ok = await fetch(url).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) return;
    if (Date.now() > deadline) throw new Error(`no answer of ${url} (${place.folder})`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function must(port: number, method: string, url: string, body: unknown): Promise<void> {
  const r = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  const text = await r.text();
  if (!r.ok) throw new Error(`${method} ${url}: ${r.status} ${text.slice(0, 500)}`);
}
