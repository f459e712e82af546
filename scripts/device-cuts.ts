// Power cuts of the data partition of a device with everything on it: the real MQTT listener and the real gateway as processes on an ext4 of their own,
// sensors at 50 messages a second, rules into a file, a slow, an absent and a refusing sink (dead letters). A cut freezes both processes and takes the disk as it is
// below the file system at that moment: what no sync has brought there is lost. Then e2fsck, both start again on it, and every message that a sensor had an answer
// for must be in the result. As root (loop mounts). `make campaign` runs it; the record is committed.
//   node scripts/device-cuts.ts [--cuts 100] [--states running,stopped,slow,away,refused] [--break] (--break: without the sync of the file sink; must find losses)
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { arch, cpus, loadavg, release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../test/helpers/free-port.ts';
import { client, end, OWNER_PASSWORD } from '../test/ingress/kit.ts';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string' },
    states: { type: 'string' },
    break: { type: 'boolean' },
    out: { type: 'string' },
    'phase-ms': { type: 'string' },
  },
});
const STATES = ['running', 'stopped', 'slow', 'away', 'refused'] as const;
type State = (typeof STATES)[number];
const cuts = Number(values.cuts ?? 100);
const phaseMs = Number(values['phase-ms'] ?? 2000);
const EVERY_MS = 20;
const PATIENCE_MS = 180_000;
const repo = resolve(import.meta.dirname, '..');
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

interface Totals {
  sent: number;
  answered: number;
  lost: string[];
  repeated: number;
  toReadyMs: number[];
}

/** A sink over HTTP that is slow, away or refuses, and remembers what it took. */
class Peer {
  readonly taken: string[] = [];
  delayMs = 0;
  refuse = false;
  #server: Server | undefined;
  readonly port: number;
  constructor(port: number) {
    this.port = port;
  }
  async open(): Promise<void> {
    if (this.#server) return;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () =>
        setTimeout(() => {
          if (!this.refuse) for (const row of [JSON.parse(body)].flat() as { id: string }[]) this.taken.push(row.id);
          response.writeHead(this.refuse ? 400 : 200).end(this.refuse ? 'never' : '{}');
        }, this.delayMs),
      );
    });
    await new Promise<void>((done) => this.#server!.listen(this.port, '127.0.0.1', done));
  }
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server) await new Promise((done) => server.close(done));
  }
}

/** The data partition with both programs on it. */
class Device {
  readonly dir = mkdtempSync(join(tmpdir(), 'device-cuts-'));
  readonly disk = join(this.dir, 'disk.img');
  readonly mnt = join(this.dir, 'mnt');
  mqttPort = 0;
  restPort = 0;
  #gateway: ChildProcess | undefined;
  #listener: ChildProcess | undefined;

  make(): void {
    mkdirSync(this.mnt);
    execFileSync('truncate', ['-s', '256M', this.disk]);
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-m', '1', '-b', '4096', '-J', 'size=16', this.disk]);
    this.mount();
    for (const folder of ['kuiper/etc', 'kuiper/data', 'mqtt']) mkdirSync(join(this.mnt, folder), { recursive: true });
    writeFileSync(join(this.dir, 'password'), `${OWNER_PASSWORD}\n`);
    writeFileSync(join(this.dir, 'users.json'), '{"users":[]}');
  }
  mount(): void {
    execFileSync('mount', ['-o', 'loop,noatime', this.disk, this.mnt]);
  }
  #run(name: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const log = join(this.dir, `${name}.log`);
    return spawn('sh', ['-c', `exec "$@" >>"${log}" 2>&1`, 'sh', process.execPath, ...args], {
      cwd: repo,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
  }
  async startListener(): Promise<void> {
    this.mqttPort = await freePort();
    this.#listener = this.#run('listener', [
      'src/ingress/main.ts',
      ...['--data', join(this.mnt, 'mqtt'), '--plain', `127.0.0.1:${this.mqttPort}`],
      ...['--owner-password', join(this.dir, 'password')],
    ]);
    await this.until('the listener answers', async () => {
      const one = await client(this.mqttPort).catch(() => undefined);
      if (one) await end(one);
      return one !== undefined;
    });
  }
  async startGateway(): Promise<number> {
    const startMs = performance.now();
    this.restPort = await freePort();
    this.#gateway = this.#run('gateway', ['src/daemon/main.ts', '--root', join(this.mnt, 'kuiper')], {
      KUIPER__BASIC__RESTPORT: String(this.restPort),
      KUIPER__BASIC__ENABLEPRIVATENET: 'true',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
      MQTT_SOURCE__DEFAULT__SERVER: `tcp://127.0.0.1:${this.mqttPort}`,
      MQTT_SOURCE__DEFAULT__USERNAME: 'kuiper',
      MQTT_SOURCE__DEFAULT__PASSWORD: OWNER_PASSWORD,
    });
    await this.until('the gateway answers', async () => (await this.call('GET', '/rules')) !== undefined);
    return performance.now() - startMs;
  }
  async call(method: string, path: string, body?: unknown): Promise<string | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.restPort}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
      return text;
    } catch (error) {
      if ((error as Error).message === 'fetch failed') return undefined; // it does not listen yet
      throw error;
    }
  }
  async until(what: string, test: () => Promise<boolean>): Promise<void> {
    for (const untilMs = performance.now() + PATIENCE_MS; !(await test()); await sleep(100))
      if (performance.now() > untilMs) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s; logs in ${this.dir}`);
  }
  async stopGateway(): Promise<void> {
    await this.#end(this.#gateway, 'SIGTERM');
    this.#gateway = undefined;
  }
  async #end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }
  /** The power goes. What is below the file system now is what the next start finds. */
  async cut(atOnce: () => void): Promise<void> {
    for (const child of [this.#gateway, this.#listener]) child?.kill('SIGSTOP');
    atOnce();
    const image = `${this.disk}.cut`;
    execFileSync('cp', ['--sparse=always', this.disk, image]);
    for (const child of [this.#gateway, this.#listener]) await this.#end(child, 'SIGKILL');
    this.#gateway = undefined;
    execFileSync('umount', [this.mnt]);
    renameSync(image, this.disk);
    try {
      execFileSync('e2fsck', ['-p', this.disk], { stdio: 'ignore' });
    } catch (error) {
      if ((error as { status: number }).status >= 4) throw error;
    }
    this.mount();
  }
  result(name: string): string[] {
    const file = join(this.mnt, 'kuiper/data/results', name);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => /m\d+-\d+/.exec(line)?.[0] ?? []);
  }
  async remove(): Promise<void> {
    for (const child of [this.#gateway, this.#listener]) await this.#end(child, 'SIGKILL');
    try {
      execFileSync('umount', [this.mnt], { stdio: 'ignore' });
    } catch {
      // it was not mounted: the start of it failed, which is told
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const FILE = { fileType: 'lines', append: true, sendSingle: true, ...(values.break ? { sync: 'system' } : {}) };
const actionsOf = (state: State, port: number): object[] => {
  if (state === 'running' || state === 'stopped') return [{ file: { path: 'data/results/out.jsonl', ...FILE } }];
  const rest = { rest: { url: `http://127.0.0.1:${port}/`, method: 'post', bodyType: 'json', sendSingle: true, timeout: '5s' } };
  return state === 'refused' ? [rest, { file: { path: 'data/results/dead.jsonl', ...FILE, deadLetter: true } }] : [rest];
};

async function run(state: State): Promise<Totals> {
  const totals: Totals = { sent: 0, answered: 0, lost: [], repeated: 0, toReadyMs: [] };
  const device = new Device();
  const peer = new Peer(await freePort());
  peer.delayMs = state === 'slow' ? 100 : 0;
  peer.refuse = state === 'refused';
  const seen = (): string[] => {
    if (state === 'running' || state === 'stopped') return device.result('out.jsonl');
    return state === 'refused' ? device.result('dead.jsonl') : peer.taken;
  };
  try {
    device.make();
    await device.startListener();
    await device.startGateway();
    await device.call('POST', '/streams', { sql: 'CREATE STREAM sensors () WITH (TYPE="mqtt", DATASOURCE="sensors/#", FORMAT="JSON")' });
    await device.call('POST', '/rules', { id: 'all', sql: 'SELECT * FROM sensors', actions: actionsOf(state, peer.port) });
    // what nobody has subscribed to yet is nobody's
    const subscribed = /"source_sensors_0_connection_status": ?1/;
    await device.until('the rule has subscribed', async () => subscribed.test((await device.call('GET', '/rules/all/status')) ?? ''));
    for (let n = 0; n < cuts; n++) {
      if (state !== 'away') await peer.open();
      if (state === 'stopped') await device.stopGateway();
      const answered = new Set<string>();
      const sensor = await client(device.mqttPort);
      sensor.on('error', () => undefined);
      const untilMs = performance.now() + phaseMs * (0.3 + Math.random() * 0.7);
      for (let nextMs = performance.now(), i = 0; performance.now() < untilMs; nextMs += EVERY_MS, i++) {
        await sleep(Math.max(0, nextMs - performance.now()));
        const id = `m${n}-${i}`;
        totals.sent++;
        sensor.publish('sensors/press', JSON.stringify({ id, temperature: 71.5, device: 'press-7' }), { qos: 1 }, (error) => {
          if (!error) answered.add(id);
        });
      }
      let before = new Set<string>();
      await device.cut(() => (before = new Set(answered)));
      await end(sensor);
      totals.answered += before.size;
      await peer.open();
      await device.startListener();
      totals.toReadyMs.push(await device.startGateway());
      let there = new Set(seen());
      for (const limitMs = performance.now() + PATIENCE_MS; performance.now() < limitMs; await sleep(250)) {
        there = new Set(seen());
        if ([...before].every((id) => there.has(id))) break;
      }
      const lost = [...before].filter((id) => !there.has(id));
      totals.lost.push(...lost);
      if (lost.length > 0)
        process.stdout.write(`${state}, cut ${n}: ${lost.length} of ${before.size} lost, e.g. ${lost.slice(0, 3).join()}\n`);
      if (state === 'away') await peer.close();
    }
    const all = seen();
    totals.repeated = all.length - new Set(all).size;
    return totals;
  } finally {
    await peer.close();
    if (totals.lost.length === 0 || values.break) await device.remove();
  }
}

const file = values.out ?? join(repo, 'bench/results/device-cuts.json');
const record: Record<string, unknown> = {
  what: 'power cuts of the data partition with the real listener and the real gateway on it, sensors at 50 messages a second',
  at: new Date().toISOString().slice(0, 10),
  cuts,
  node: process.version,
  machine: `${arch()}, ${cpus().length} cores, ${release()}`,
};
let allLost = 0;
for (const state of STATES.filter((s) => values.states === undefined || values.states.split(',').includes(s))) {
  const { sent, answered, lost, repeated, toReadyMs } = await run(state);
  allLost += lost.length;
  const middle = toReadyMs.toSorted((a, b) => a - b)[Math.floor(toReadyMs.length / 2)] ?? 0;
  record[state] = { cuts, sent, answered, lost: lost.length, repeated, readyAgainMs: Math.round(middle), load: Math.round(loadavg()[0]!) };
  process.stdout.write(`${state}: ${JSON.stringify(record[state])}\n`);
}
if (values.break) {
  process.stdout.write(
    allLost > 0 ? `without the sync ${allLost} messages are lost, as it must be\n` : 'the campaign does not see a missing sync\n',
  );
  process.exit(allLost > 0 ? 0 : 1);
}
writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
process.exit(allLost === 0 ? 0 : 1);
