// One sink of one running rule: puts its transform, its line and its link together and answers for them. Called by rule/rule-run.ts with each
// result; next file on the path: transform/index.ts, then sink-line.ts. README.md of this folder draws the parts.
import { isBudgetError } from '../../base/budget.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectionState } from '../../contract/context.ts';
import type { Sink, SinkDefinition } from '../../contract/sink.ts';
import { brief } from '../../data/go-format.ts';
import type { Result } from '../../data/tuple.ts';
import type { SinkHealth } from '../api.ts';
import { type ContextOwner, OwnedContext } from '../component-context.ts';
import type { ActionSpec } from '../definition.ts';
import { Failing } from '../diagnosis/failing.ts';
import { sampleOf } from '../diagnosis/sample.ts';
import type { Environment } from '../environment.ts';
import { Link, type LinkOwner } from '../link/link.ts';
import { createNodeStats, type NodeStats } from '../node-stats.ts';
import { Histogram } from '../status/histogram.ts';
import type { RuleTrace } from '../trace/rule-trace.ts';
import { tracedOutput, tracedPush } from '../trace/sink-spans.ts';
import { transformDeps } from '../transform/deps.ts';
import type { Transform } from '../transform/index.ts';
import { type CacheProps, parseCacheProps } from './cache-props.ts';
import { isDeadLetter, isLateRows } from './dead-letter.ts';
import { clearLine, endLine } from './end-line.ts';
import { lineParts } from './line-parts.ts';
import { queueName, sinkName } from './names.ts';
import { sinkHealth } from './sink-health.ts';
import { countRows } from './sink-item.ts';
import { SinkLine } from './sink-line.ts';
import type { SinkOwner } from './sink-owner.ts';

/** A disk that takes nothing is asked again after this. */
const RETRY_STORE_MS = 500;
const SAMPLE_MASK = 15;

export class SinkNode implements ContextOwner, LinkOwner {
  readonly name: string;
  readonly stats: NodeStats;
  readonly link: Link;
  readonly line: SinkLine;
  /** The action takes what other sinks refuse, not results. */
  readonly deadLetter: boolean;
  /** It takes late rows instead of results. */
  readonly lateRows: boolean;
  readonly owner: SinkOwner;
  readonly action: ActionSpec;
  readonly definition: SinkDefinition;
  readonly cache: CacheProps;
  readonly sink: Sink;
  readonly context: OwnedContext;
  private readonly env: Environment;
  private readonly trace: RuleTrace | undefined;
  /** Time to make a result ready and hand it over, of one result in 16. */
  readonly latency = new Histogram();
  readonly shaped = { seen: 0, failing: new Failing() };
  private transform!: Transform;

  constructor(env: Environment, owner: SinkOwner, action: ActionSpec, definition: SinkDefinition, trace?: RuleTrace) {
    this.env = env;
    this.trace = trace;
    this.owner = owner;
    this.action = action;
    this.definition = definition;
    this.name = sinkName(action);
    this.stats = createNodeStats(this.name);
    this.cache = parseCacheProps(action.props, env.settings.sink);
    this.sink = definition.create();
    this.deadLetter = isDeadLetter(action);
    this.lateRows = isLateRows(action);
    this.context = new OwnedContext(env, this);
    this.link = new Link(this, { clock: env.clock, random: () => env.random() });
    this.line = new SinkLine(lineParts(env, this));
  }

  /** @throws when properties are wrong */
  async configure(): Promise<void> {
    // templates and printers come with the first rule
    const { createTransform } = await import('../transform/index.ts');
    this.transform = await createTransform(this.action.props, this.definition, {
      ...transformDeps(this.env, this.owner.ruleId, this.name),
      nonFinite: this.owner.options.sqlCompatibility === 'standard' ? 'null' : 'error',
      output: this.trace ? tracedOutput(this.line, this.name, this.definition.payload === 'bytes', this.trace) : this.line,
      touch: () => this.owner.touch(),
      batchAcks: () => this.owner.resultAcks,
      exception: (error) => this.line.exception(error),
    });
    await this.sink.configure?.(this.action.props);
  }

  /** Opens; does not wait for the peer. What a run before left on disk is sent first. */
  async open(): Promise<void> {
    const { lot } = this.line.parts;
    if (await this.env.queueNames.has(lot.name)) await this.guarded(() => lot.open());
    if (await this.env.queueNames.has(queueName(this.owner.ruleId, this.name))) {
      if (this.cache.cleanAtStop) await this.guarded(() => this.line.spool.disk.clear());
      else await this.guarded(() => this.line.spool.disk.open());
      if (this.line.spool.pages > 0 && !this.cache.alterQueue) this.line.startWithBacklog();
    }
    this.link.start();
  }

  /** Hands a result over. Never throws. */
  push(result: Result): void {
    const sampled = (++this.shaped.seen & SAMPLE_MASK) === 1;
    const startMs = sampled ? this.env.clock.monotonic() : 0;
    try {
      if (this.trace) tracedPush(this.transform, this.name, this.trace, result);
      else this.transform.push(result);
    } catch (error) {
      this.resultFailed(result, error);
    }
    if (sampled) this.latency.observe(Math.round((this.env.clock.monotonic() - startMs) * 1000));
  }

  /** Rows of a result that cannot be sent; the others of it go on. */
  resultFailed(result: Result, error: unknown): void {
    // what costs too much to be written costs too much for the dead letter as well: that gets its beginning
    this.shaped.failing.happened(error, this.shaped.seen, this.env.clock.now(), () => sampleOf(result.rows[0]));
    const data = isBudgetError(error) ? brief(result.rows) : result.rows;
    this.line.aside.refuse({ data, dynamic: undefined, rows: result.rows.length }, result.acks, error);
    if (this.owner.options.sendError && result.error === undefined) this.push({ ...result, rows: [], error: messageOf(error) });
  }

  /** Lets the sink deliver for at most `timeoutMs`; the rest goes to disk. After it nothing is delivered any more.
   *  @param keep false: what is left is discarded (rule deleted)
   *  @param batchKept a batch that is not full goes on in the next run: it is in the state that the rule keeps, and would be sent twice
   *  @param again the peers of the sources give unconfirmed messages out again: what the disk does not take stays unconfirmed
   *  @param patienceMs a disk that takes nothing is asked again for so long: the rule is replaced, and its peers would not give the rows again
   *  @returns false when rows were lost to a disk that takes nothing */
  async close(timeoutMs: number, keep: boolean, again = false, batchKept = false, patienceMs = 0): Promise<boolean> {
    const { line, env } = this;
    const { spread } = this.owner.options;
    // a batch that is kept must not be sent by its timer while the line ends: it would be in the next run as well
    if (batchKept) this.transform?.close?.();
    else await this.guarded(async () => this.transform?.flush?.());
    const rest = await endLine(line, env.clock.monotonic() + timeoutMs, keep);
    const { clock } = env;
    let { lost, error } = keep && !this.cache.cleanAtStop && !spread ? await line.spool.storeRest(rest) : { lost: [], error: undefined };
    for (const endMs = clock.monotonic() + patienceMs; lost.length > 0 && clock.monotonic() < endMs; ) {
      await clock.sleep(RETRY_STORE_MS);
      ({ lost, error } = await line.spool.storeRest(lost));
    }
    if (lost.length > 0) {
      line.dropped += countRows(lost);
      env.log.error(
        { code: 'STORE_FAILED', rule: this.owner.ruleId, op: this.name, rows: countRows(lost), cause: messageOf(error) },
        'Rows of a stopped sink could not be stored and are lost, unless their source gives them out again.',
      );
    }
    // of a spread rule it stays unconfirmed: whoever reads next sends it
    if (!spread) line.release(again ? rest.filter((i) => !lost.includes(i)) : rest);
    if (!keep) await this.guarded(() => clearLine(line));
    this.transform?.close?.();
    this.context.abort();
    await this.link.end('stopped');
    return lost.length === 0;
  }

  /** True when rows may be kept in a batch, which then belongs to the rule's state. */
  get keepsState(): boolean {
    return this.transform.save !== undefined;
  }

  saveState(): unknown {
    const transform = this.transform.save?.();
    const context = this.context.saveState();
    return transform === undefined && context === undefined ? undefined : { transform, context };
  }

  loadState(state: unknown): void {
    if (typeof state !== 'object' || state === null) return;
    const s = state as { transform?: unknown; context?: unknown };
    try {
      if (s.transform !== undefined) this.transform.load?.(s.transform);
    } catch (error) {
      this.line.exception(error);
    }
    this.context.loadState(s.context);
  }

  get encodes(): boolean {
    return this.definition.payload === 'bytes';
  }

  get connection() {
    return this.link.connection;
  }

  /** Items that wait in memory or for an answer. */
  get pending(): number {
    return this.line.pending;
  }

  notes(): readonly string[] {
    return this.sink.notes?.() ?? [];
  }

  health(): SinkHealth {
    return sinkHealth(this, this.env.clock.monotonic());
  }

  // ------------------------------------------------------------------------------------------------------ link and context

  openPeer(fail: (error: Error) => void): void | Promise<void> {
    return this.sink.open(this.context, fail);
  }

  closePeer(): void | Promise<void> {
    return this.sink.close(this.context);
  }

  linkOpening(): void {
    // a sink without a connection (nop) never tries one
    if (this.connection.lastDisconnectedAtMs > 0) this.connection.lastTryAtMs = this.env.clock.now();
  }

  linkUp(): void {
    this.line.linkUp();
  }

  linkDown(error: unknown): void {
    this.line.linkDown(error);
  }

  closeFailed(error: unknown): void {
    this.env.log.warn({ rule: this.owner.ruleId, op: this.name, cause: messageOf(error) }, 'Closing a sink failed.');
  }

  stateChanged(state: ConnectionState, before: ConnectionState): void {
    if (state === 'connected' && before !== 'connected') this.line.woken();
  }

  onStatus(state: ConnectionState, message: string): void {
    this.link.onStatus(state, message);
  }

  get contextRuleId(): string {
    return this.owner.ruleId;
  }

  onState(): void {
    this.owner.stateChanged();
  }

  onDropped(count: number): void {
    this.line.dropped += count;
  }

  /** What fails here must not keep the sink from starting or ending; it shows in its exceptions. */
  private async guarded(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.line.exception(error);
    }
  }
}
