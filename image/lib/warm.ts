// Makes the compile cache of the package: V8's code of what a start with rules loads, the command line, provisioning and the MQTT listener, equal in every build.
// A root with rules is made over REST first (this also shows that the packaged gateway works on its architecture); its code is not kept, since what
// compiles while requests come and go is never the same twice. Then that root is started and stopped, twice, and what is equal is kept.
// Arguments: scratch folder, cache folder, then the command that starts Node with its flags for equal code. Called by program.sh in a
// namespace where /opt/kuiper/lib is the package.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const [scratch, out, ...node] = process.argv.slice(2) as [string, string, ...string[]];
const LIMIT_MS = 180_000;
const DIST = '/opt/kuiper/lib/dist';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const port = await freePort();
/** Port 1 refuses at once: the rules start, the MQTT client is loaded, nothing is sent. */
const environment = (cache: string) => ({
  ...process.env,
  KUIPER__BASIC__RESTPORT: String(port),
  KUIPER__SOURCE__HTTPSERVERPORT: '0',
  MQTT_SOURCE__DEFAULT__SERVER: 'tcp://127.0.0.1:1',
  NODE_COMPILE_CACHE: cache,
  NODE_ENV: 'production',
});

/** Starts the gateway, does something with it, stops it. */
async function withGateway(root: string, cache: string, work: () => Promise<void>): Promise<void> {
  const child = spawn(node[0]!, [...node.slice(1), `${DIST}/daemon.mjs`, '--root', root], {
    env: environment(cache),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      if (chunk.includes('restful api on')) resolve();
    });
    void ended.then((code) => reject(new Error(`the gateway ended with ${code}`)));
  });
  await work();
  child.kill('SIGTERM');
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the gateway ended with ${code}`);
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

/** Runs a program of the package that ends by itself. */
async function run(cache: string, ...args: string[]): Promise<void> {
  const other = spawn(node[0]!, [...node.slice(1), ...args], { env: environment(cache), stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = await new Promise<number | null>((resolve) => other.once('exit', resolve));
  if (exit !== 0) throw new Error(`${args.join(' ')}: exit ${exit}`);
}

/** One cache, made from a fresh copy of the root. */
async function makeCache(name: string): Promise<string> {
  const cache = join(scratch, name);
  const root = join(scratch, 'root');
  rmSync(root, { recursive: true, force: true });
  cpSync(join(scratch, 'template'), root, { recursive: true });
  await withGateway(root, cache, () => Promise.resolve());
  await run(cache, `${DIST}/cli.mjs`, '--version');
  // Loaded only: its own main would look for a boot partition.
  for (const name of ['provision', 'mqtt', 'update']) await run(cache, '--input-type=module', '-e', `await import('${DIST}/${name}.mjs')`);
  return cache;
}

const template = join(scratch, 'template');
mkdirSync(template, { recursive: true });
const trial = join(scratch, 'trial-cache');
await withGateway(template, trial, async () => {
  await post('/streams', { sql: 'CREATE STREAM warm () WITH (DATASOURCE="warm/+", FORMAT="JSON")' });
  const actions = [{ mqtt: { server: 'tcp://127.0.0.1:1', topic: 'out' } }, { log: {} }];
  await post('/rules', { id: 'warm1', sql: 'SELECT lower(name) AS n, temperature + 1 AS t FROM warm WHERE temperature > 30', actions });
  await post('/rules', {
    id: 'warm2',
    sql: 'SELECT device, avg(temperature) AS a FROM warm GROUP BY device, TUMBLINGWINDOW(ss, 10)',
    actions: [{ nop: {} }],
  });
  for (const path of ['/rules', '/rules/warm1/status', '/streams', '/'])
    await fetch(`http://127.0.0.1:${port}${path}`).then((r) => r.text());
  await run(trial, `${DIST}/cli.mjs`, '--url', `http://127.0.0.1:${port}`, 'show', 'streams');
});
const one = await makeCache('one');
const two = await makeCache('two');
const [tag] = readdirSync(one);
if (!tag) throw new Error('Node made no compile cache');
mkdirSync(join(out, tag), { recursive: true });
for (const name of readdirSync(join(one, tag))) {
  const code = readFileSync(join(one, tag, name));
  let other: Buffer;
  try {
    other = readFileSync(join(two, tag, name));
  } catch {
    other = Buffer.alloc(0); // not made the second time: as good as different
  }
  if (code.equals(other)) cpSync(join(one, tag, name), join(out, tag, name));
  else process.stdout.write(`left out: ${name} differs between two runs\n`);
}
