// One physical subscription: opens the connector and keeps it open, counts each message and hands it to its groups of subscribers.
// Called by connectors through `emit`; next on the path: decode-group.ts, then RunInput in rule/run-input.ts.
// Hot path: no closure, no promise and no lookup by name per message, besides one closure when the peer wants a confirmation.
import { createBackoff } from '../../base/backoff.ts';
import type { TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectionState } from '../../contract/context.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { CloseReason, Emit, Source, SourceDefinition } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Meta } from '../../data/tuple.ts';
import { type ContextOwner, OwnedContext } from '../component-context.ts';
import { ConnectionLosses } from '../connection-losses.ts';
import type { SourceSpec } from '../definition.ts';
import { MessageAck } from '../delivery/ack.ts';
import type { Environment } from '../environment.ts';
import { type ConnectionStats, createConnectionStats, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { HandoverKind, SourcePort, Subscriber } from '../ports.ts';
import { DecodeGroup, type DecodePlan } from './decode-group.ts';
import { createDownsampler, type Downsampler } from './downsample.ts';
import { createHandovers } from './handover.ts';
import { createFieldMerger } from './merge-field.ts';
import { identify } from './message-identity.ts';
import { createPuller, type Puller } from './puller.ts';

/** What the pool worked out for a node before it is opened. */
export interface SourcePlan {
  spec: SourceSpec;
  definition: SourceDefinition;
  /** Keep only the last message of each interval; 0 = all. */
  downsampleMs: number;
  /** … of each value of this field; '' = of all. */
  mergeField: string;
  pullIntervalMs: number;
}

const MAX_DROP_REASONS = 20;
/** Messages kept while no rule reads (a rule is being restarted), their confirmation waits too; from here on the source is asked to wait … */
const MAX_PARKED = 1000;
/** … and one that does not wait loses its oldest. */
const MAX_PARKED_IMPATIENT = 10_000;
/** Latency is measured for the first of so many messages (a power of two less one). */
const SAMPLE_MASK = 15;

type Data = Parameters<Emit>[0];

export class SourceNode implements ContextOwner, SourcePort {
  readonly name: string;
  readonly contextRuleId: string;
  readonly plan: SourcePlan;
  readonly stats: NodeStats;
  readonly connection: ConnectionStats = createConnectionStats();
  readonly losses = new ConnectionLosses();
  /** Messages that the source was not told to be done. */
  unconfirmed = 0;
  dropped = 0;
  /** What the peer said that it dropped itself. */
  peerDropped = 0;
  /** Monotonic ms since when the source is asked to wait; undefined = it is not. */
  private waitingSinceMs: number | undefined;
  readonly dropReasons: Record<string, number> = {};
  lastMessageAtMs = 0;
  /** Rules that ask the source to wait. */
  private behind = 0;
  private resume: (() => void) | undefined;
  private resumed: Promise<void> | undefined;
  private groups: readonly DecodeGroup[] = [];
  private readers = 0;
  /** Rules with state, which must see repetitions. */
  private stateful = 0;
  private readonly env: Environment;
  private readonly source: Source;
  private readonly context: OwnedContext;
  private readonly backoff;
  private readonly downsampler: Downsampler | undefined;
  private puller: Puller | undefined;
  private retry: TimerHandle | undefined;
  private phase: 'new' | 'opening' | 'open' | 'waiting' | 'ended' | 'closed' = 'new';
  private generation = 0;
  /** The gate was asked to open this source. */
  private asked = false;
  private statusReported = false;
  private connectWaiters: (() => void)[] = [];
  private parked: { data: Data; meta: Meta | undefined; ack: (() => void) | undefined }[] = [];
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
    this.backoff = createBackoff({ random: () => env.random() });
    this.context = new OwnedContext(env, this);
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
    return this.source.configure?.(this.plan.spec.datasource, this.plan.spec.props);
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
    if (this.parked.length) {
      const parked = this.parked;
      this.parked = [];
      if (parked.length >= MAX_PARKED) this.pressure(-1);
      let given = 0;
      let failed = false;
      for (const m of parked) {
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
    if (this.phase !== 'new' || this.asked) return replayed;
    this.asked = true;
    this.env.bootGate.whenOpen(() => {
      this.asked = false;
      if (this.phase === 'new' && this.readers > 0) this.open();
    });
    return replayed;
  }

  /** From now on messages are kept for this rule as well, until its next run has joined and `endHandover` is called. */
  handOver(ruleId: string, kind: HandoverKind): void {
    if (this.phase !== 'closed') this.handovers.begin(ruleId, kind);
  }

  endHandover(ruleId: string): void {
    this.handovers.end(ruleId);
  }

  remove(group: DecodeGroup, subscriber: Subscriber): void {
    if (group.remove(subscriber)) this.readers--;
  }

  /** A rule fell behind (+1) or caught up (-1). */
  pressure(change: 1 | -1): void {
    this.behind += change;
    if (this.behind > 0 || !this.resume) return;
    const go = this.resume;
    this.resume = undefined;
    this.resumed = undefined;
    this.waitingSinceMs = undefined;
    go();
  }

  devices(): readonly DeviceReport[] {
    return this.source.devices?.() ?? [];
  }

  /** Losses of the connection in the last minute. */
  get recentLosses(): number {
    return this.losses.recent(this.env.clock.monotonic());
  }

  /** For how long the source waits for the rules, ms; 0 = it does not. */
  get waitingMs(): number {
    return this.waitingSinceMs === undefined ? 0 : Math.round(this.env.clock.monotonic() - this.waitingSinceMs);
  }

  offset(): unknown {
    return this.source.offset?.();
  }

  get hasOffset(): boolean {
    return this.source.offset !== undefined;
  }

  /** Before the node is opened; later calls do nothing, since other rules read on. */
  rewind(offset: unknown): void {
    if (this.phase === 'new' && offset !== undefined) this.source.rewind?.(offset);
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
    if (this.connection.state === 'connected' || this.phase === 'closed') return Promise.resolve();
    return new Promise((resolve) => this.connectWaiters.push(resolve));
  }

  saveState(): unknown {
    return this.context.saveState();
  }

  loadState(state: unknown): void {
    if (this.phase === 'new') this.context.loadState(state);
  }

  async close(reason: CloseReason): Promise<void> {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.generation++;
    this.env.clock.clear(this.retry);
    this.puller?.stop();
    this.downsampler?.stop(reason === 'stopped');
    this.context.abort();
    this.resume?.();
    this.handovers.close(reason === 'stopped');
    for (const go of this.connectWaiters) go();
    await this.closeSource(reason);
    // a source without rules ends with its messages unread: the peer gives unconfirmed ones out again
    for (const m of this.parked) if (reason === 'stopped') m.ack?.();
    this.parked = [];
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
    const groups = this.groups;
    for (let i = 0; i < groups.length; i++) groups[i]!.receive(data, nowMs, meta, ack);
    if (ack !== undefined) ack.release();
    if (sampled) stats.latencyUs = Math.round((this.env.clock.monotonic() - startMs) * 1000);
    if (this.behind > 0) return this.wait();
  }

  private failed(error: unknown): void {
    const nowMs = this.env.clock.now();
    for (const g of this.groups) g.failed(error, nowMs);
  }

  private wait(): Promise<void> {
    this.waitingSinceMs ??= this.env.clock.monotonic();
    this.resumed ??= new Promise((resolve) => {
      this.resume = resolve;
    });
    return this.resumed;
  }

  private park(data: Data, meta: Meta | undefined, ack: (() => void) | undefined): void | Promise<void> {
    if (this.parked.length >= MAX_PARKED_IMPATIENT) {
      const oldest = this.parked.shift()!;
      // with a confirmation nothing is lost: the peer gives it out again
      if (oldest.ack === undefined) this.onDropped(1, 'no rule reads yet');
    }
    if (this.parked.push({ data, meta, ack }) === MAX_PARKED) this.pressure(1);
    if (this.behind > 0) return this.wait();
  }

  // ------------------------------------------------------------------------------------------------------------ connection

  private open(): void {
    const generation = ++this.generation;
    this.phase = 'opening';
    this.statusReported = false;
    this.connection.lastTryAtMs = this.env.clock.now();
    this.connection.state = 'connecting';
    const emit: Emit = (data, meta, ack) => {
      if (generation !== this.generation) return;
      if (this.downsampler) return this.downsampler.put(data, meta, ack);
      return this.receive(data, meta, ack);
    };
    const fail = (error: Error) => {
      if (generation === this.generation) this.fail(error);
    };
    let opened: void | Promise<void>;
    try {
      opened = this.source.open(this.context, emit, fail);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    const done = () => {
      if (generation !== this.generation || this.phase !== 'opening') return;
      this.phase = 'open';
      if (!this.statusReported) this.onStatus('connected', '');
      if (this.source.pull) {
        this.puller = createPuller(this.env.clock, this.plan.pullIntervalMs, () => this.source.pull!(this.context, emit), {
          skipped: () => this.onDropped(1, 'pull skipped: the one before still runs'),
          failed: (error) => {
            if (isEnd(error)) this.fail(error as Error);
            else this.failed(error);
          },
        });
        this.puller.start();
      }
    };
    if (opened === undefined) done();
    else opened.then(done, fail);
  }

  private fail(error: Error): void {
    if (this.phase === 'closed' || this.phase === 'waiting' || this.phase === 'ended') return;
    this.puller?.stop();
    if (isEnd(error)) {
      this.phase = 'ended';
      this.ended = error.message;
      for (const s of this.groups.flatMap((g) => [...g.members])) s.end(error.message);
      return;
    }
    this.phase = 'waiting';
    this.generation++;
    const pauseMs = this.backoff.next();
    this.onStatus('disconnected', messageOf(error));
    this.losses.reopening();
    this.env.log.warn(
      { code: 'IO_FAILED', stream: this.plan.spec.name, cause: messageOf(error), retryInMs: Math.round(pauseMs) },
      'Source lost; it is opened again.',
    );
    void this.closeSource('reopen').then(() => {
      if (this.phase !== 'waiting') return;
      this.retry = this.env.clock.setTimer(pauseMs, () => {
        if (this.phase === 'waiting') this.open();
      });
    });
  }

  private async closeSource(reason: CloseReason): Promise<void> {
    try {
      await this.source.close(this.context, reason);
    } catch (error) {
      this.env.log.warn({ stream: this.plan.spec.name, cause: messageOf(error) }, 'Closing a source failed.');
    }
  }

  onStatus(state: ConnectionState, message: string): void {
    this.statusReported = true;
    const c = this.connection;
    const nowMs = this.env.clock.now();
    if (state === 'connected') {
      if (c.state !== 'connected') c.lastConnectedAtMs = nowMs;
      this.losses.connected();
      this.backoff.reset();
      const waiters = this.connectWaiters;
      this.connectWaiters = [];
      for (const go of waiters) queueMicrotask(go);
    } else if (state === 'disconnected') {
      this.losses.lost(this.env.clock.monotonic());
      c.lastDisconnectedAtMs = nowMs;
      c.lastDisconnectedMessage = message;
    } else c.lastTryAtMs = nowMs;
    c.state = state;
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
    // a connector may put the text of an error into its reason: the list in the status stays short
    const key =
      Object.hasOwn(this.dropReasons, reason) || Object.keys(this.dropReasons).length < MAX_DROP_REASONS ? reason : 'other reasons';
    this.dropReasons[key] = (this.dropReasons[key] ?? 0) + count;
  }
}

/** By code, since plugins bring their own classes. */
const isEnd = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'END_OF_INPUT';
