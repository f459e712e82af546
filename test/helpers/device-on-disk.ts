// A device's data partition as an ext4 of its own, with the real MQTT listener and the real gateway on it as processes, and a cut of the power. Used by
// scripts/device-cuts.ts and scripts/device-writes.ts. As root (loop mounts).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { client, end, OWNER_PASSWORD } from '../ingress/kit.ts';
import { freePort } from './free-port.ts';

export const PATIENCE_MS = 180_000;
const repo = resolve(import.meta.dirname, '../..');
export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** A sink over HTTP that is slow, away or refuses, and remembers what it took. */
export class Peer {
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
export class Device {
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
    // as image/lib/disk.sh; the kernel has nothing to fill later, which would be counted as writes of the programs
    const lazy = 'lazy_itable_init=0,lazy_journal_init=0';
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-m', '1', '-b', '4096', '-i', '16384', '-J', 'size=16', '-E', lazy, this.disk]);
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
    // the same address in every start, as on a device: the gateway's session is of an address
    this.mqttPort ||= await freePort();
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
  /** A stream of everything that sensors send, and a rule on it that has subscribed. */
  async rule(actions: readonly object[]): Promise<void> {
    await this.call('POST', '/streams', { sql: 'CREATE STREAM sensors () WITH (TYPE="mqtt", DATASOURCE="sensors/#", FORMAT="JSON")' });
    await this.call('POST', '/rules', { id: 'all', sql: 'SELECT * FROM sensors', actions });
    // what nobody has subscribed to yet is nobody's
    const subscribed = /"source_sensors_0_connection_status": ?1/;
    await this.until('the rule has subscribed', async () => subscribed.test((await this.call('GET', '/rules/all/status')) ?? ''));
  }
  /** Written to the disk since it was mounted, as the block layer counts it. */
  writtenBytes(): number {
    const source = execFileSync('findmnt', ['-no', 'SOURCE', this.mnt], { encoding: 'utf8' }).trim();
    return (
      Number(
        readFileSync(`/sys/block/${basename(source)}/stat`, 'utf8')
          .trim()
          .split(/\s+/)[6],
      ) * 512
    );
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
