// Starts the packaged gateway once, has it load what a first rule loads, and stops it, so that V8's compile cache is written.
// Arguments: scratch root, cache folder, then the command that starts Node. Called by program.sh in a namespace where /opt/kuiper/lib is the package.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const [scratch, cache, ...node] = process.argv.slice(2) as [string, string, ...string[]];
const LIMIT_MS = 180_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const port = await freePort();
// Port 1 refuses at once: the rules start, the MQTT client is loaded, nothing is sent.
const env = {
  ...process.env,
  KUIPER__BASIC__RESTPORT: String(port),
  MQTT_SOURCE__DEFAULT__SERVER: 'tcp://127.0.0.1:1',
  NODE_COMPILE_CACHE: cache,
  NODE_ENV: 'production',
};
const child = spawn(node[0]!, [...node.slice(1), '/opt/kuiper/lib/src/daemon/main.ts', '--root', scratch], {
  env,
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

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
await post('/streams', { sql: 'CREATE STREAM warm () WITH (DATASOURCE="warm/+", FORMAT="JSON")' });
const actions = [{ mqtt: { server: 'tcp://127.0.0.1:1', topic: 'out' } }, { log: {} }];
await post('/rules', { id: 'warm1', sql: 'SELECT lower(name) AS n, temperature + 1 AS t FROM warm WHERE temperature > 30', actions });
await post('/rules', {
  id: 'warm2',
  sql: 'SELECT device, avg(temperature) AS a FROM warm GROUP BY device, TUMBLINGWINDOW(ss, 10)',
  actions: [{ nop: {} }],
});
for (const path of ['/rules', '/rules/warm1/status', '/streams', '/']) await fetch(`http://127.0.0.1:${port}${path}`).then((r) => r.text());
/** Runs another program of the package, whose modules shall be in the cache too. */
async function run(...args: string[]): Promise<void> {
  const other = spawn(node[0]!, [...node.slice(1), ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = await new Promise<number | null>((resolve) => other.once('exit', resolve));
  if (exit !== 0) throw new Error(`${args.join(' ')}: exit ${exit}`);
}
await run('/opt/kuiper/lib/src/cli/main.ts', '--url', `http://127.0.0.1:${port}`, 'show', 'streams');
// Loaded only: its own main would look for a boot partition.
await run(
  '--input-type=module',
  '-e',
  "await import('/opt/kuiper/lib/image/provision/main.ts'); await import('/opt/kuiper/lib/image/provision/rest-sender.ts')",
);
child.kill('SIGTERM');
const code = await ended;
clearTimeout(timer);
if (code !== 0) throw new Error(`the gateway ended with ${code}`);
