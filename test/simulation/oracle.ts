// Knows what was sent and sees what came out. It says what is wrong: a message that the broker had for the gateway and that is in no result, one that
// is in two without a reason, a window that counts wrong, an order that is not kept, a counter that is off.
import type { Row } from '../../src/data/value.ts';
import type { BrokerEvents, Publication } from './broker.ts';
import type { Peers, Received } from './peers.ts';
import { type RuleShape, shapes } from './rules.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

export interface Message {
  id: number;
  v: number;
  qos: 0 | 1 | 2;
  atMs: number;
  /** The broker had it for the gateway. */
  routed: boolean;
  effectiveQos: number;
  confirmed: number;
  repeated: number;
}

export class Oracle implements BrokerEvents {
  readonly violations: string[] = [];
  private readonly kinds = new Set<string>();
  readonly messages = new Map<number, Message>();
  private readonly world: World;
  private readonly peers: Peers;
  private readonly scenario: Scenario;
  private readonly published_ = new Map<string, Received[]>();

  constructor(world: World, peers: Peers, scenario: Scenario) {
    this.world = world;
    this.peers = peers;
    this.scenario = scenario;
  }

  /** @param kind of the same kind only the first is kept */
  violation(text: string, kind = text): void {
    if (this.kinds.has(kind)) return;
    this.kinds.add(kind);
    this.violations.push(text);
    this.world.trace(`VIOLATION ${text}`);
  }

  // ---------------------------------------------------------------------------------------------------------- what happens

  routed(message: Publication, qos: number): void {
    const m = this.messages.get(message.tag)!;
    m.routed = true;
    m.effectiveQos = qos;
    this.world.trace(`message ${message.tag} qos ${qos}`);
  }

  repeated(message: Publication): void {
    this.messages.get(message.tag)!.repeated++;
    this.world.trace(`message ${message.tag} repeated`);
  }

  confirmed(message: Publication): void {
    this.messages.get(message.tag)!.confirmed++;
    this.world.trace(`message ${message.tag} confirmed`);
  }

  published(topic: string, payload: Buffer, qos: number): void {
    let list = this.published_.get(topic);
    if (!list) this.published_.set(topic, (list = []));
    const rows = [JSON.parse(payload.toString()) as Row];
    this.world.trace(`topic ${topic} got ${payload.toString()}`);
    // a publication may come twice whenever its confirmation is lost with the connection
    list.push({ atMs: this.world.nowMs, rows, indefinite: qos > 0, life: 0 });
  }

  commandsSince(atMs: number): boolean {
    return this.scenario.faults.some((f) => /^rule-|shutdown|kill|power|plugin/.test(f.kind) && f.atMs + 3000 >= atMs - 3000);
  }

  // ------------------------------------------------------------------------------------------------------------- the verdict

  private shapes(): RuleShape[] {
    return this.scenario.rules.map((kind) => shapes[kind]);
  }

  private receivedBy(shape: RuleShape): readonly Received[] {
    return shape.kind === 'mqtt' ? (this.published_.get(shape.to) ?? []) : this.peers.sink(shape.to).received;
  }

  private missing(shape: RuleShape): number[] {
    const got = new Set<number>();
    for (const r of this.receivedBy(shape)) for (const row of r.rows) for (const id of shape.idsOf(row)) got.add(id);
    const refused = new Set(this.peers.sinks.get(shape.to)?.refused ?? []);
    const out: number[] = [];
    for (const m of this.messages.values())
      if (m.routed && m.effectiveQos > 0 && shape.expects(m.v) && !got.has(m.id) && !refused.has(m.id)) out.push(m.id);
    return out;
  }

  complete(): boolean {
    return this.shapes().every((s) => this.missing(s).length <= s.mayKeep);
  }

  missingText(): string {
    return this.shapes()
      .map((s) => [s.kind, this.missing(s)] as const)
      .filter(([, ids]) => ids.length > 0)
      .map(([kind, ids]) => `${kind} misses ${ids.slice(0, 10).join(',')}${ids.length > 10 ? ` and ${ids.length - 10} more` : ''}`)
      .join('; ');
  }

  /** @param lives of the gateway */
  final(lives: number): void {
    for (const shape of this.shapes()) {
      const missing = this.missing(shape);
      if (missing.length > shape.mayKeep) {
        const confirmed = missing.filter((id) => this.messages.get(id)!.confirmed > 0);
        this.violation(
          `rule ${shape.kind} lost ${missing.length} messages, ${confirmed.length} of them confirmed: ${missing.slice(0, 10).join(',')}`,
        );
      }
      this.doubles(shape, lives);
      this.exact(shape);
      if (shape.ordered && lives === 1) this.order(shape);
    }
  }

  private doubles(shape: RuleShape, lives: number): void {
    const first = new Map<number, Received>();
    for (const r of this.receivedBy(shape))
      for (const row of r.rows)
        for (const id of shape.idsOf(row)) {
          const m = this.messages.get(id);
          if (!m?.routed) {
            this.violation(`rule ${shape.kind} gave message ${id}, which was never sent to it`);
            continue;
          }
          const before = first.get(id);
          if (!before) {
            first.set(id, r);
            if (r.indefinite) continue;
          } else if (!before.indefinite && lives === 1 && !(m.repeated > 0 && !shape.dedups))
            this.violation(
              `rule ${shape.kind} gave message ${id} at ${Math.round(before.atMs)} and again at ${Math.round(r.atMs)} ms, without a kill and with every answer definite`,
              `double ${shape.kind}`,
            );
          if (before?.indefinite) first.set(id, r);
        }
  }

  private exact(shape: RuleShape): void {
    for (const r of this.receivedBy(shape))
      for (const row of r.rows)
        if (row['c'] !== undefined && Number(row['c']) !== shape.idsOf(row).length)
          this.violation(`a window of rule ${shape.kind} counts ${String(row['c'])} rows and has ${shape.idsOf(row).length}`);
    if (shape.kind !== 'counter') return;
    const sent = [...this.messages.values()].filter((m) => m.routed && m.effectiveQos > 0).length;
    const some = [...this.messages.values()].filter((m) => m.routed).length;
    // what the sink refused was counted too
    const refused = this.peers.sinks.get(shape.to)?.refusedCounts ?? [];
    const last = Math.max(0, ...refused, ...this.receivedBy(shape).flatMap((r) => r.rows.map((row) => Number(row['n']))));
    if (last < sent || last > some)
      this.violation(`the counter says ${last}, and ${sent === some ? sent : `${sent} to ${some}`} messages were sent`);
  }

  /** @param given values that each unit sent */
  modbus(given: ReadonlyMap<number, ReadonlySet<number>>): void {
    const last = new Map<string, number>();
    for (const r of this.peers.sink(shapes.modbus.to).received)
      for (const row of r.rows) {
        const device = String(row['device']);
        if (row['n'] === null || row['n'] === undefined) continue;
        const n = Number(row['n']);
        if (!given.get(Number(device.slice(4)))?.has(n)) this.violation(`modbus: ${device} never gave ${n}`, 'modbus value');
        last.set(device, Math.max(last.get(device) ?? 0, n));
      }
    for (const unit of given.keys()) {
      const at = last.get(`unit${unit}`) ?? 0;
      if (this.world.nowMs / 1000 - at > 40) this.violation(`modbus: the last row of unit ${unit} is of second ${at}`, 'modbus silent');
    }
  }

  private order(shape: RuleShape): void {
    const seen = new Set<number>();
    const late = new Set([...this.messages.values()].filter((m) => m.effectiveQos === 0).map((m) => m.id));
    let highest = 0;
    for (const r of this.receivedBy(shape))
      for (const row of r.rows)
        for (const id of shape.idsOf(row)) {
          if (seen.has(id) || late.has(id)) continue;
          seen.add(id);
          if (id < highest)
            this.violation(`rule ${shape.kind} gave message ${id} for the first time after ${highest}`, `order ${shape.kind}`);
          highest = Math.max(highest, id);
        }
  }
}
