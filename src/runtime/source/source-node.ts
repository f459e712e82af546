// One physical subscription: opens the connector and keeps it open, counts each message and hands it to its groups of subscribers.
// Called by connectors through `emit`; next on the path: decode-group.ts, then RunInput in rule/run-input.ts.
// Hot path: no closure, no promise and no lookup by name per message, besides one closure when the peer wants a confirmation.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { CONFIGURE_LIMIT_MS, withinLimit } from '../../base/limit.ts';
import type { ConnectionState } from '../../contract/context.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { CloseReason, Emit, Source } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Meta } from '../../data/tuple.ts';
import { type ContextOwner, OwnedContext } from '../component-context.ts';
import { MessageAck } from '../delivery/ack.ts';
import type { Environment } from '../environment.ts';
import { Link, type LinkOwner } from '../link/link.ts';
import { type ConnectionStats, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { HandoverKind, SourcePort, Subscriber } from '../ports.ts';
import { Histogram } from '../status/histogram.ts';
import { type RuleTrace, tracedMessage } from '../trace/rule-trace.ts';
import { DecodeGroup, type DecodePlan } from './decode-group.ts';
import { createDownsampler, type Downsampler } from './downsample.ts';
import { countReason } from './drop-reasons.ts';
import { createHandovers } from './handover.ts';
import { createFieldMerger } from './merge-field.ts';
import { identify } from './message-identity.ts';
import { Parking } from './parking.ts';
import { Patience } from './patience.ts';
import { PeerView } from './peer-view.ts';
import { createPuller, type Puller } from './puller.ts';
import type { SourcePlan } from './source-plan.ts';

/** Latency is measured for the first of so many messages (a power of two less one). */
const SAMPLE_MASK = 15;

type Data = Parameters<Emit>[0];

export class SourceNode implements ContextOwner, SourcePort, LinkOwner {
  readonly name: string;
  readonly contextRuleId: string;
  readonly plan: SourcePlan;
  readonly stats: NodeStats;
  /** Messages not yet confirmed to the source. */
  unconfirmed = 0;
  dropped = 0;
  /** What the peer said that it dropped itself. */
  peerDropped = 0;
  readonly dropReasons: Record<string, number> = {};
  lastMessageAtMs = 0;
  readonly peer: PeerView;
  /** Time from a message's arrival until all rules have evaluated it, of one in 16. */
  readonly latency = new Histogram();
  /** Rules that read it and are traced. */
  readonly traces = new Set<RuleTrace>();
  private groups: readonly DecodeGroup[] = [];
  private readers = 0;
  /** Rules with state, which must see repetitions. */
  private stateful = 0;
  private readonly env: Environment;
  private readonly source: Source;
  private readonly context: OwnedContext;
  private readonly link: Link;
  private readonly patience: Patience;
  private readonly parking: Parking;
  private readonly downsampler: Downsampler | undefined;
  private puller: Puller | undefined;
  /** The gate was asked to open this source. */
  private asked = false;
  private connectWaiters: (() => void)[] = [];
  /** Gives to rules; made for each connection. */
  private emit: Emit = () => undefined;
  /** What arrives for rules that are between two runs while others read on. */
  private readonly handovers = createHandovers({
    full: (yes) => this.pressure(yes ? 1 : -1),
    dropped: (n, reason) => this.onDropped(n, reason),
  });
  private ended: string | undefined;

  constructor(env: Environment, plan: SourcePlan, ruleId: string) {
    this.env = env;
    this.plan = plan;
    this.name = plan.spec.name;
    this.contextRuleId = ruleId;
    this.stats = createNodeStats(plan.spec.name);
    this.source = plan.definition.create();
    this.link = new Link(this, { clock: env.clock, random: () => env.random() });
    this.patience = new Patience(env.clock);
    this.parking = new Parking({
      full: (yes) => this.patience.change(yes ? 1 : -1),
      dropped: (n, reason) => this.onDropped(n, reason),
    });
    this.context = new OwnedContext(env, this);
    this.peer = new PeerView(this.source, plan.spec, this.context, this.link);
    const forward = (data: Data, meta: Meta | undefined, ack: (() => void) | undefined) => void this.receive(data, meta, ack);
    if (plan.downsampleMs > 0)
      this.downsampler = plan.mergeField
        ? createFieldMerger(env.clock, plan.downsampleMs, plan.mergeField, forward)
        : createDownsampler(env.clock, plan.downsampleMs, forward);
    const { suspects } = env.deps;
    if (suspects?.engaged)
      this.receive = suspects.around({
        place: `${plan.spec.type} ${plan.spec.datasource}`,
        receive: this.receive.bind(this),
        setAside: () => this.onDropped(1, 'set aside, since its evaluation ended the gateway before'),
      });
  }

  /** @throws when datasource or properties are wrong */
  configure(): void | Promise<void> {
    const { spec } = this.plan;
    return withinLimit(this.env.clock, CONFIGURE_LIMIT_MS, `source ${spec.type}`, this.source.configure?.(spec.datasource, spec.props));
  }

  /** The group of a plan, made when there is none; give it back with `leave`. */
  join(plan: DecodePlan): DecodeGroup {
    let group = this.groups.find((g) => g.plan.key === plan.key);
    if (!group) {
      group = new DecodeGroup(plan);
      this.groups = [...this.groups, group];
    }
    group.users++;
    return group;
  }

  leave(group: DecodeGroup): void {
    if (--group.users === 0) this.groups = this.groups.filter((g) => g !== group);
  }

  /** @param alive false from when the subscriber left, by an error in one of the kept messages
   *  @returns number of messages that came between the rule's runs and were pushed before all later ones */
  add(group: DecodeGroup, subscriber: Subscriber, alive: () => boolean): number {
    let replayed = 0;
    for (const m of this.handovers.of(subscriber.ruleId).slice()) {
      group.replay(subscriber, m.data, m.atMs, m.meta, m.ack);
      replayed++;
      if (alive()) continue;
      // it does not fail on them again
      this.handovers.consume(subscriber.ruleId, replayed);
      return replayed;
    }
    group.add(subscriber);
    this.readers++;
    if (this.parking.size > 0) {
      let given = 0;
      let failed = false;
      for (const m of this.parking.take()) {
        void this.receive(m.data, m.meta, m.ack);
        given++;
        if (failed || alive()) continue;
        failed = true;
        this.handovers.consume(subscriber.ruleId, replayed + given);
      }
    }
    if (this.ended !== undefined) {
      const text = this.ended;
      queueMicrotask(() => subscriber.end(text));
    }
    if (this.link.state !== 'closed' || this.asked) return replayed;
    this.asked = true;
    this.env.bootGate.whenOpen(() => {
      this.asked = false;
      if (this.readers > 0) this.link.start();
    });
    return replayed;
  }

  /** From now on messages are kept for this rule as well, until its next run has joined and `endHandover` is called. */
  handOver(ruleId: string, kind: HandoverKind): void {
    if (this.link.state !== 'ended') this.handovers.begin(ruleId, kind);
  }

  endHandover(ruleId: string): void {
    this.handovers.end(ruleId);
  }

  remove(group: DecodeGroup, subscriber: Subscriber): void {
    if (group.remove(subscriber)) this.readers--;
  }

  /** A rule fell behind (+1) or caught up (-1). */
  pressure(change: 1 | -1): void {
    this.patience.change(change);
  }

  get connection(): ConnectionStats {
    return this.link.connection;
  }

  get losses(): Link['losses'] {
    return this.link.losses;
  }

  get limited(): boolean {
    return this.downsampler !== undefined;
  }

  devices(): readonly DeviceReport[] {
    return this.source.devices?.() ?? [];
  }

  /** Losses of the connection in the last minute. */
  get recentLosses(): number {
    return this.link.losses.recent(this.env.clock.monotonic());
  }

  /** For how long the source waits for the rules, ms; 0 = it does not. */
  get waitingMs(): number {
    return this.patience.waitingMs;
  }

  offset(): unknown {
    return this.source.offset?.();
  }

  get hasOffset(): boolean {
    return this.source.offset !== undefined;
  }

  /** Before the node is opened; later calls do nothing, since other rules read on. */
  rewind(offset: unknown): void {
    if (this.link.state === 'closed' && offset !== undefined) this.source.rewind?.(offset);
  }

  /** @throws when the source has no position that can be set, or refuses this one */
  resetOffset(values: Readonly<Record<string, unknown>>): void {
    if (!this.source.resetOffset) throw new Error(`a source of type ${this.plan.spec.type} has no position that can be set`);
    this.source.resetOffset(values);
  }

  /** A rule with state joined (+1) or left (-1). */
  keepState(change: 1 | -1): void {
    this.stateful += change;
  }

  /** Resolves when the source is connected, or closed. */
  whenConnected(): Promise<void> {
    if (this.connection.state === 'connected' || this.link.state === 'ended') return Promise.resolve();
    return new Promise((resolve) => this.connectWaiters.push(resolve));
  }

  saveState(): unknown {
    return this.context.saveState();
  }

  loadState(state: unknown): void {
    if (this.link.state === 'closed') this.context.loadState(state);
  }

  async close(reason: CloseReason): Promise<void> {
    if (this.link.state === 'ended') return;
    const closing = this.link.end(reason);
    this.puller?.stop();
    this.downsampler?.stop(reason === 'stopped');
    this.context.abort();
    this.patience.goOn();
    this.handovers.close(reason === 'stopped');
    for (const go of this.connectWaiters) go();
    await closing;
    // a source without rules ends with its messages unread: the peer gives unconfirmed ones out again
    this.parking.close(reason === 'stopped');
  }

  // ------------------------------------------------------------------------------------------------------------- messages

  private receive(data: Data, meta: Meta | undefined, confirm: (() => void) | undefined): void | Promise<void> {
    if (this.readers === 0) return this.park(data, meta, confirm);
    const stats = this.stats;
    const nowMs = this.env.clock.now();
    stats.recordsIn++;
    stats.lastInvocationAtMs = nowMs;
    this.lastMessageAtMs = nowMs;
    const sampled = (stats.recordsIn & SAMPLE_MASK) === 1;
    const startMs = sampled ? this.env.clock.monotonic() : 0;
    let ack: Ack | undefined;
    if (confirm !== undefined) {
      this.unconfirmed++;
      ack = new MessageAck(() => {
        this.unconfirmed--;
        confirm();
      });
      if (this.stateful > 0 || this.handovers.size > 0) identify(ack, meta, data);
    }
    if (this.handovers.size > 0) this.handovers.put(data, nowMs, meta, ack);
    if (this.traces.size === 0) this.give(data, nowMs, meta, ack);
    else tracedMessage(this, data, meta, () => this.give(data, nowMs, meta, ack));
    if (ack !== undefined) ack.release();
    if (sampled) {
      stats.latencyUs = Math.round((this.env.clock.monotonic() - startMs) * 1000);
      this.latency.observe(stats.latencyUs);
    }
    if (this.patience.asked) return this.patience.wait();
  }

  private give(data: Data, nowMs: number, meta: Meta | undefined, ack: Ack | undefined): void {
    const groups = this.groups;
    for (let i = 0; i < groups.length; i++) groups[i]!.receive(data, nowMs, meta, ack);
  }

  private failed(error: unknown): void {
    const nowMs = this.env.clock.now();
    for (const g of this.groups) g.failed(error, nowMs);
  }

  private park(data: Data, meta: Meta | undefined, ack: (() => void) | undefined): void | Promise<void> {
    this.parking.put({ data, meta, ack });
    if (this.patience.asked) return this.patience.wait();
  }

  // ------------------------------------------------------------------------------------------------------------ connection

  linkOpening(): void {
    this.connection.lastTryAtMs = this.env.clock.now();
    this.connection.state = 'connecting';
  }

  openPeer(fail: (error: Error) => void, generation: number): void | Promise<void> {
    const { link } = this;
    let fresh = true;
    this.emit = (data, meta, ack) => {
      if (generation !== link.generation) return;
      if (fresh) {
        fresh = false;
        link.heard();
        link.proven();
      }
      if (this.downsampler) {
        for (const trace of this.traces) trace.arrived(this.name, data, meta);
        return this.downsampler.put(data, meta, ack);
      }
      return this.receive(data, meta, ack);
    };
    return this.source.open(this.context, this.emit, fail);
  }

  closePeer(reason: CloseReason): void | Promise<void> {
    return this.source.close(this.context, reason);
  }

  isEnd(error: unknown): boolean {
    return isEnd(error);
  }

  linkFinished(error: unknown): void {
    this.puller?.stop();
    const text = messageOf(error);
    this.ended = text;
    for (const s of this.groups.flatMap((g) => [...g.members])) s.end(text);
  }

  linkUp(): void {
    if (!this.source.pull) return;
    this.puller = createPuller(this.env.clock, this.plan.pullIntervalMs, () => this.source.pull!(this.context, this.emit), {
      skipped: () => this.onDropped(1, 'pull skipped: the one before still runs'),
      failed: (error) => {
        if (isEnd(error)) this.link.failed(error);
        else this.failed(error);
      },
    });
    this.puller.start();
  }

  linkDown(error: unknown, pauseMs: number): void {
    this.puller?.stop();
    this.env.log.warn(
      { code: 'IO_FAILED', stream: this.plan.spec.name, cause: messageOf(error), retryInMs: Math.round(pauseMs) },
      'Source lost; it is opened again.',
    );
  }

  closeFailed(error: unknown): void {
    this.env.log.warn({ stream: this.plan.spec.name, cause: messageOf(error) }, 'Closing a source failed.');
  }

  onStatus(state: ConnectionState, message: string): void {
    // a source that says so is there, also one that works inside of `open`
    if (state === 'connected') this.link.heard();
    this.link.onStatus(state, message);
  }

  stateChanged(state: ConnectionState): void {
    if (state !== 'connected') return;
    const waiters = this.connectWaiters;
    this.connectWaiters = [];
    for (const go of waiters) queueMicrotask(go);
  }

  /** Rules that read it save its state with their checkpoints. */
  onState(): void {
    for (const group of this.groups) for (const s of group.members) s.stateChanged?.();
  }

  onPeerDropped(count: number): void {
    this.peerDropped += count;
  }

  onDropped(count: number, reason: string): void {
    this.dropped += count;
    countReason(this.dropReasons, count, reason);
  }
}

const isEnd = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'END_OF_INPUT'; // plugins bring their own classes
