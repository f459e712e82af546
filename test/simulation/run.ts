// One simulated run: the world is made from the seed, the gateway lives in it through load and faults, and the oracle looks at what came out.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Ledger } from '../../src/runtime/delivery/ledger.ts';
import { Broker } from './broker.ts';
import { Disk } from './disk.ts';
import { type SimulatedGateway, startGateway } from './gateway.ts';
import { enterWorld } from './globals.ts';
import { ModbusServer, PROFILE, UNITS } from './modbus.ts';
import { Network } from './net.ts';
import { type Message, Oracle } from './oracle.ts';
import { Peers } from './peers.ts';
import { Process } from './process.ts';
import { MEMORY, MODBUS, ruleTexts, STREAM, shapes, TABLE } from './rules.ts';
import { createScenario, type Fault, type FaultKind, type Scenario } from './scenario.ts';
import { World } from './world.ts';

export const breaks = ['ack-early', 'skip-sync', 'lose-drain', 'drop-dedup'] as const;
export type Break = (typeof breaks)[number];

export interface RunOptions {
  /** Breaks the gateway on purpose. */
  broken?: Break | undefined;
  scenario?: Scenario;
  keepLines?: number;
}

export interface RunResult {
  seed: number;
  violations: string[];
  fingerprint: string;
  virtualMs: number;
  events: number;
  messages: number;
  lives: number;
  faults: Partial<Record<FaultKind, number>>;
  lines: readonly string[];
}

const BROKER = 'tcp://10.0.0.1:1883';
/** After the last fault everything must be out within this time. */
const DRAIN_LIMIT_MS = 90_000;
const dataDir = `/tmp/kuiper-simulation-${process.pid}`;

export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const run = new Run(options.scenario ?? createScenario(seed), options);
  return breaking(options.broken, run.disk, () => run.go());
}

/** Breaks what is shipped for the time of a run. */
async function breaking<T>(broken: Break | undefined, disk: Disk, work: () => Promise<T>): Promise<T> {
  const { take, knows } = Ledger.prototype;
  if (broken === 'ack-early') Ledger.prototype.take = () => false;
  if (broken === 'drop-dedup') Ledger.prototype.knows = () => false;
  if (broken === 'skip-sync') disk.skipSync = true;
  if (broken === 'lose-drain') disk.losesPages = true;
  try {
    return await work();
  } finally {
    Ledger.prototype.take = take;
    Ledger.prototype.knows = knows;
  }
}

/** One message through a quiet gateway: MQTT in, a filter, MQTT out (QoS 1).
 *  @param before called when all is quiet  @param after called when the message is out and confirmed */
export async function walkOneMessage<T>(before: () => void, after: () => T): Promise<T> {
  const scenario: Scenario = {
    seed: 1,
    runMs: 0,
    paceMs: 100,
    qos: 1,
    qos0: 0,
    oldBroker: false,
    checkpointMs: 1000,
    bufferLength: 1024,
    rules: ['mqtt'],
    faults: [],
  };
  return new Run(scenario, {}).walk(before, after);
}

class Run {
  readonly disk: Disk;
  private readonly scenario: Scenario;
  private readonly world: World;
  private readonly network: Network;
  private readonly broker: Broker;
  private readonly peers: Peers;
  private readonly modbus: ModbusServer;
  private readonly oracle: Oracle;
  private gateway: SimulatedGateway | undefined;
  private process = new Process(0);
  private lives = 0;
  private boot = 0;
  private bootedAtMs = 0;
  private edition = 1;
  private readonly counts: Partial<Record<FaultKind, number>> = {};
  private nextId = 1;
  private overloads = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.world = new World(scenario.seed, options.keepLines);
    this.network = new Network(this.world);
    this.disk = new Disk(this.world);
    this.peers = new Peers(this.world);
    this.oracle = new Oracle(this.world, this.peers, scenario);
    this.broker = new Broker(this.network, 1883, this.oracle);
    this.broker.old = scenario.oldBroker;
    this.modbus = new ModbusServer(this.network);
  }

  /** The gateway runs, with its catalog. */
  private async start(): Promise<void> {
    mkdirSync(`${dataDir}/etc/sources/modbus`, { recursive: true });
    writeFileSync(`${dataDir}/etc/sources/modbus/plc.yaml`, PROFILE);
    writeFileSync(`${dataDir}/gateway-id`, '00000000-0000-4000-8000-000000000000\n');
    const { world } = this;
    enterWorld(world, (o) => this.network.dial(this.process, Number(o.port)));
    this.begin();
    await this.until(() => this.gateway !== undefined, 5000, 'the first start');
    await this.setUp();
    await this.until(() => this.broker.waiting === 0 && this.running(), 5000, 'the rules');
  }

  async walk<T>(before: () => void, after: () => T): Promise<T> {
    await this.start();
    const one = async () => {
      const v = 50;
      const id = this.nextId++;
      this.oracle.messages.set(id, { id, v, qos: 1, atMs: this.world.nowMs, routed: false, effectiveQos: 0, confirmed: 0, repeated: 0 });
      this.broker.publish({ topic: 'plant/1', payload: Buffer.from(JSON.stringify({ id, k: 1, v })), qos: 1, tag: id });
      await this.pass(10, () => false);
    };
    // all but the first: latency is measured for one in sixteen
    for (let i = 0; i < 5; i++) await one();
    before();
    await one();
    const result = after();
    await this.end();
    return result;
  }

  async go(): Promise<RunResult> {
    const { world, scenario, oracle } = this;
    await this.start();
    this.load();
    for (const f of scenario.faults) world.at(f.atMs, () => this.fault(f));
    await this.pass(scenario.runMs, () => false);
    world.trace('--- all faults are over');
    const out = await this.pass(DRAIN_LIMIT_MS, () => this.out());
    if (!out)
      oracle.violation(
        `not everything is out ${DRAIN_LIMIT_MS / 1000} s after the last fault: ${oracle.missingText()}, ${this.broker.waiting} unconfirmed`,
      );
    // what clears by itself: losses of the last minute, windows that are still open
    await this.pass(70_000, () => false);
    oracle.final(this.lives);
    if (scenario.rules.includes('modbus')) oracle.modbus(this.modbus.given);
    this.statusIsClear();
    await this.end();
    return {
      seed: scenario.seed,
      violations: oracle.violations,
      fingerprint: world.fingerprint,
      virtualMs: world.nowMs,
      events: world.events,
      messages: this.nextId - 1,
      lives: this.lives,
      faults: this.counts,
      lines: world.lines,
    };
  }

  // ------------------------------------------------------------------------------------------------------------------ time

  /** Time passes; a kill that was struck is carried out between two events. */
  private pass(ms: number, until: () => boolean): Promise<boolean> {
    return this.world.run(ms, until, () => {
      if (this.process.alive && this.process.struck) this.kill(false);
    });
  }

  private async until(so: () => boolean, ms: number, what: string): Promise<void> {
    if (await this.pass(ms, so)) return;
    const rules = this.gateway?.rules
      .list()
      .map((r) => `${r.id} ${r.status} ${JSON.stringify(this.gateway!.runtime.rule(r.id)?.health().problems)}`);
    throw new Error(
      `seed ${this.scenario.seed}: ${what} did not come in time: ${this.oracle.violations.join(' ')} ${rules?.join('; ')}\n${this.gateway?.lines.map((l) => JSON.stringify(l)).join('\n')}`,
    );
  }

  private lookedAtMs = 0;

  /** Everything is out. Looked at now and then only: it takes long. */
  private out(): boolean {
    if (!this.gateway || this.broker.waiting > 0 || this.world.nowMs < this.lookedAtMs + 250) return false;
    this.lookedAtMs = this.world.nowMs;
    return this.oracle.complete();
  }

  // ------------------------------------------------------------------------------------------------------------- the gateway

  private begin(): void {
    const own = new Process(++this.lives);
    this.process = own;
    this.gateway = undefined;
    this.world.trace(`gateway starts, life ${this.lives}`);
    this.world.as(own, () => {
      void startGateway({
        world: this.world,
        process: own,
        disk: this.disk,
        peers: this.peers,
        dataDir,
        boot: { id: `boot-${this.boot}`, upMs: this.world.nowMs - this.bootedAtMs },
      }).then(
        (gateway) => {
          if (own.alive) this.gateway = gateway;
        },
        (error: unknown) => this.oracle.violation(`the gateway did not start: ${(error as Error).stack}`),
      );
    });
  }

  private async setUp(): Promise<void> {
    const { streams, rules, confKeys } = this.gateway!;
    const { scenario } = this;
    let done = false;
    this.world.as(this.process, () => {
      void (async () => {
        await confKeys.put('sources', 'mqtt', 'sim', JSON.stringify({ server: BROKER, qos: scenario.qos }));
        await streams.command(STREAM);
        if (scenario.rules.includes('modbus')) {
          const devices = UNITS.map((unit) => ({ name: `unit${unit}`, unit }));
          const props = { protocol: 'tcp', host: '10.0.0.2', tcpPort: 502, profile: 'plc', interval: 1000, timeout: 300, devices };
          await confKeys.put('sources', 'modbus', 'sim', JSON.stringify(props));
          await streams.command(MODBUS);
        }
        if (scenario.rules.includes('chain')) await streams.command(MEMORY);
        if (scenario.rules.some((r) => r.startsWith('lookup'))) await streams.command(TABLE);
        for (const kind of scenario.rules) for (const text of ruleTexts(kind, scenario, BROKER, 1)) await rules.create(text);
        done = true;
      })().catch((error: unknown) => this.oracle.violation(`the rules were refused: ${(error as Error).stack}`));
    });
    await this.until(() => done, 5000, 'the catalog');
  }

  private running(): boolean {
    const reads = this.scenario.rules.some((r) => r !== 'modbus');
    return this.gateway!.rules.list().every((r) => r.status === 'running') && (!reads || this.broker.subscribed('plant/+'));
  }

  private kill(powerCut: boolean): void {
    if (!this.process.alive) return;
    this.world.trace(powerCut ? 'power cut' : 'gateway killed');
    this.process.alive = false;
    this.gateway = undefined;
    this.network.drop(this.process, powerCut);
    for (const s of this.peers.sinks.values()) s.forget(this.process);
    if (powerCut) {
      this.disk.afterPowerCut();
      this.boot++;
    } else this.disk.afterKill();
    this.world.at(this.world.between(100, 3000), () => {
      if (powerCut) this.bootedAtMs = this.world.nowMs;
      this.begin();
    });
  }

  private shutdown(): void {
    const { gateway, process } = this;
    if (!gateway) return;
    this.world.trace('gateway ends');
    this.gateway = undefined;
    this.world.as(process, () => {
      void gateway.close().then(() => {
        if (!process.alive) return;
        process.alive = false;
        this.network.drop(process, false);
        for (const s of this.peers.sinks.values()) s.forget(process);
        this.disk.afterKill();
        this.world.at(this.world.between(100, 2000), () => this.begin());
      });
    });
  }

  private async end(): Promise<void> {
    const { gateway } = this;
    if (!gateway) return;
    let done = false;
    this.world.as(this.process, () => void gateway.close().then(() => (done = true)));
    if (!(await this.pass(10_000, () => done))) this.oracle.violation('the gateway did not end within 10 s');
    this.process.alive = false;
  }

  // ------------------------------------------------------------------------------------------------------------ load, faults

  private load(): void {
    const { world, scenario } = this;
    const endMs = world.nowMs + scenario.runMs;
    const next = () => {
      if (world.nowMs >= endMs) return;
      for (let i = this.overloads > 0 ? 6 : 1; i > 0; i--) this.publish();
      world.at(Math.max(1, scenario.paceMs * (0.5 + world.random())), next);
    };
    next();
  }

  private publish(): void {
    const { world, scenario } = this;
    const id = this.nextId++;
    const v = world.between(0, 99);
    const qos = world.chance(scenario.qos0) ? 0 : (world.between(1, 2) as 1 | 2);
    const message: Message = { id, v, qos, atMs: world.nowMs, routed: false, effectiveQos: 0, confirmed: 0, repeated: 0 };
    this.oracle.messages.set(id, message);
    const payload = Buffer.from(JSON.stringify({ id, k: id % 7, v }));
    this.broker.publish({ topic: `plant/${id % 3}`, payload, qos, tag: id });
  }

  private fault(f: Fault): void {
    const { world, broker, disk, peers, scenario } = this;
    this.counts[f.kind] = (this.counts[f.kind] ?? 0) + 1;
    world.trace(`fault ${f.kind} for ${f.forMs} ms (${f.n})`);
    const lasting = (begin: () => void, end: () => void) => {
      begin();
      world.at(f.forMs, () => {
        world.trace(`fault ${f.kind} ends`);
        end();
      });
    };
    const sinks = scenario.rules.filter((r) => r !== 'mqtt').map((r) => peers.sink(shapes[r].to));
    const sink = sinks[f.n % Math.max(1, sinks.length)];
    switch (f.kind) {
      case 'kill':
        return this.kill(false);
      case 'kill-between-outputs':
        this.process.cutAt = this.process.outputs + (f.n % 40);
        return;
      case 'power-cut':
        return this.kill(true);
      case 'shutdown':
        return this.shutdown();
      case 'broker-away':
        return lasting(
          () => {
            broker.listener.down = true;
            broker.cut();
            this.expectTrouble(f, 'source', () => broker.listener.down);
          },
          () => (broker.listener.down = false),
        );
      case 'broker-mute':
        return lasting(
          () => (broker.listener.mute = true),
          () => {
            broker.listener.mute = false;
            broker.cut();
          },
        );
      case 'broker-cut':
        return broker.cut();
      case 'broker-cut-before-ack':
        broker.cutBeforeAck = 1 + (f.n % 3);
        return;
      case 'sink-away':
        if (!sink) return;
        return lasting(
          () => {
            sink.faults.away = true;
            sink.cut();
            this.expectTrouble(f, sink.name, () => sink.faults.away);
          },
          () => (sink.faults.away = false),
        );
      case 'sink-hangs':
        if (!sink) return;
        return lasting(
          () => (sink.faults.hangs = true),
          () => (sink.faults.hangs = false),
        );
      case 'sink-lossy':
        if (!sink) return;
        return lasting(
          () => (sink.faults.lossy = true),
          () => (sink.faults.lossy = false),
        );
      case 'sink-slow':
        if (!sink) return;
        return lasting(
          () => (sink.faults.slowMs = 50 + (f.n % 400)),
          () => (sink.faults.slowMs = 0),
        );
      case 'sink-cut':
        return sink?.cut();
      case 'sink-refuses':
        for (let i = 0; i < 3; i++) sink?.refuses.add(this.nextId + ((f.n * (i + 1)) % 20));
        return;
      case 'disk-full':
      case 'disk-readonly':
        return lasting(
          () =>
            (disk.faults.failing =
              f.kind === 'disk-full' ? 'SQLITE_FULL: database or disk is full' : 'SQLITE_READONLY: attempt to write a readonly database'),
          () => (disk.faults.failing = ''),
        );
      case 'disk-errors':
        return lasting(
          () => (disk.faults.errorRate = 0.3),
          () => (disk.faults.errorRate = 0),
        );
      case 'disk-slow':
        return lasting(
          () => (disk.faults.slowMs = 300 + (f.n % 1500)),
          () => (disk.faults.slowMs = 0),
        );
      case 'lookup-slow':
        return lasting(
          () => (peers.lookup.slowMs = 500 + (f.n % 3000)),
          () => (peers.lookup.slowMs = 0),
        );
      case 'clock-jump':
        world.wallOffsetMs += [3_600_000, -3_600_000, 5000, -5000, 86_400_000 * 300][f.n % 5]!;
        return;
      case 'rule-update':
      case 'rule-restart':
        return this.command(f);
      case 'modbus-away':
        return lasting(
          () => {
            this.modbus.listener.down = true;
            this.modbus.cut();
            if (scenario.rules.includes('modbus')) this.expectTrouble(f, 'modbus', () => this.modbus.listener.down);
          },
          () => (this.modbus.listener.down = false),
        );
      case 'modbus-unit-dead':
        return lasting(
          () => {
            this.modbus.dead.add(1 + (f.n % 2));
            if (scenario.rules.includes('modbus')) this.expectTrouble(f, 'modbus', () => this.modbus.dead.size > 0);
          },
          () => this.modbus.dead.clear(),
        );
      case 'modbus-late':
        return lasting(
          () => (this.modbus.lateMs = 100 + (f.n % 900)),
          () => (this.modbus.lateMs = 0),
        );
      case 'plugin-change':
        peers.version++;
        return this.pluginChanged();
      case 'overload':
        return lasting(
          () => this.overloads++,
          () => this.overloads--,
        );
    }
  }

  private command(f: Fault): void {
    const { gateway, scenario } = this;
    if (!gateway) return;
    const kind = scenario.rules[f.n % scenario.rules.length]!;
    const refused = (error: unknown) => this.world.trace(`${f.kind} ${kind} was refused: ${(error as Error).message}`);
    this.world.as(this.process, () => {
      if (f.kind === 'rule-restart') void gateway.runtime.rule(kind)?.restart({ keepState: true }).catch(refused);
      else void gateway.rules.replace(kind, ruleTexts(kind, scenario, BROKER, ++this.edition)[0]!).catch(refused);
    });
  }

  /** The connector `sim` came in another version: rules that use it go on with it, and with their state. */
  private pluginChanged(): void {
    const { gateway } = this;
    if (!gateway) return;
    this.world.as(this.process, () =>
      gateway.rules.pluginChanged((rules) => [...rules].filter((r) => r.text.includes('"sim"')).map((r) => r.id), false),
    );
  }

  // ----------------------------------------------------------------------------------------------------------------- status

  /** 5 s after a fault began its status must say so, if it lasts and the gateway lived all the while. */
  private expectTrouble(f: Fault, who: string, lasts: () => boolean): void {
    if (f.forMs < 5500) return;
    const { process, scenario } = this;
    const begun = this.world.nowMs;
    this.world.at(5000, () => {
      if (this.process !== process || !process.alive || !this.gateway || !lasts() || this.oracle.commandsSince(begun)) return;
      const kind =
        who === 'source' ? scenario.rules.find((r) => r !== 'chain' && r !== 'modbus') : scenario.rules.find((r) => shapes[r].to === who);
      const health = kind && this.gateway.runtime.rule(kind)?.health();
      if (health?.ok) this.oracle.violation(`5 s after ${f.kind} the health of rule ${kind} says that all is well`);
    });
  }

  private statusIsClear(): void {
    if (!this.gateway) return this.oracle.violation('the gateway does not run at the end');
    for (const rule of this.gateway.runtime.rules()) {
      const { state, problems } = rule.health();
      // what was refused, dropped or put aside stays counted
      const now = problems.filter((p) => !/refused|parked|dropped|gave|discarded|cannot be decoded/.test(p));
      if (state !== 'running' || now.length > 0) this.oracle.violation(`at the end rule ${rule.id} is ${state} and says: ${now.join(' ')}`);
    }
  }
}
