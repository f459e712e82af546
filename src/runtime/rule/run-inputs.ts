// What one run reads: its subscriptions with what status sees of them, and its tables. Made by rule-run.ts; data goes to run-input.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { CloseReason } from '../../contract/source.ts';
import type { SpreadMember } from '../../contract/spread.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import type { RuleDefinition } from '../definition.ts';
import type { HandoverKind, SourcePool, SourcePort, Subscription, TableAccess } from '../ports.ts';
import type { Suspects } from '../suspect/index.ts';
import type { RuleTrace } from '../trace/rule-trace.ts';
import type { RunHost } from './run-host.ts';
import { MeasuredInput, RunInput } from './run-input.ts';
import { SourceView } from './source-view.ts';

export interface RunInputsDeps {
  clock: Clock;
  pool: SourcePool;
  tables: TableAccess | undefined;
  specOf: RuleDefinition['sources'];
  suspects: Suspects | undefined;
  trace: RuleTrace | undefined;
}

export class RunInputs {
  readonly views: SourceView[] = [];
  /** Inputs that are not at their end. */
  open = 0;
  private readonly deps: RunInputsDeps;
  private readonly host: RunHost;
  private readonly subscriptions: (Subscription | undefined)[] = [];

  constructor(host: RunHost, deps: RunInputsDeps) {
    this.host = host;
    this.deps = deps;
  }

  /** Subscribes without letting data in. @param member set: the input is shared with other gateways  @throws what refuses the rule */
  async prepare(plan: RuleProgram, member?: SpreadMember): Promise<void> {
    const { host, deps } = this;
    for (const name of plan.lookups) host.lookups.set(name, await this.tables().openLookup(deps.specOf(name)));
    for (let i = 0; i < plan.inputs.length; i++) {
      if (plan.inputs[i]!.kind === 'scan-table') await this.openTable(plan, i);
      else await this.openStream(plan, i, member);
    }
  }

  private async openTable(plan: RuleProgram, i: number): Promise<void> {
    const { source } = plan.inputs[i]!;
    // a table that is joined twice is opened once, with the columns of both
    if (this.host.scans.has(source)) return;
    const uses = plan.inputs.filter((other) => other.source === source);
    const columns = [...new Set(uses.flatMap((use) => (use.all ? [...use.columns, '*'] : use.columns)))];
    this.host.scans.set(source, await this.tables().openScan(this.deps.specOf(source), columns, this.deps.pool));
  }

  private async openStream(plan: RuleProgram, i: number, member: SpreadMember | undefined): Promise<void> {
    const input = plan.inputs[i]!;
    const spec = this.deps.specOf(input.source);
    // a trace shows the filter too for rows that the index would keep away
    const index = this.deps.trace ? [] : plan.index.filter((c) => c.input === i);
    const columns = input.all ? undefined : input.columns;
    const { cpu } = this.host;
    const reader = cpu
      ? new MeasuredInput(cpu, this.host, i, index, plan.eventTime, columns)
      : new RunInput(this.host, i, index, plan.eventTime, columns);
    const { suspects } = this.deps;
    const noted = suspects?.engaged ? suspects.input(reader, (error) => this.host.crash(error)) : reader;
    const subscription = await this.deps.pool.subscribe(spec, noted, member);
    this.subscriptions[i] = subscription;
    this.views.push(new SourceView(subscription.node, subscription.group, spec, `${i * 2 + 2}_decoder`));
    this.open++;
  }

  private tables(): TableAccess {
    const { tables } = this.deps;
    if (!tables) throw new GatewayError('INTERNAL', { text: 'this gateway was started without tables' });
    return tables;
  }

  slotOf(plan: RuleProgram, input: number, column: string): number {
    const i = plan.inputs[input]!;
    if (i.kind === 'scan-table') return this.host.scans.get(i.source)!.slotOf(column);
    const slot = this.subscriptions[input]!.slotOf(column);
    this.host.reads(input, column, slot);
    return slot;
  }

  /** Messages of the sources are traced for the rule from now on, if it is traced. */
  trace(): void {
    const { trace } = this.deps;
    if (!trace) return;
    for (const n of this.nodes()) {
      n.traces.add(trace);
      if (n.limited) trace.shift = 1;
    }
  }

  /** Lets data in. What came between the rule's runs comes first. */
  begin(): void {
    for (const v of this.views) v.reset();
    let view = 0;
    for (const s of this.subscriptions) if (s) this.views[view++]!.replayed(s.begin());
  }

  close(reason: CloseReason, handOver: HandoverKind | undefined): void {
    if (this.deps.trace) for (const n of this.nodes()) n.traces.delete(this.deps.trace);
    for (const s of this.subscriptions) s?.close(reason, handOver);
  }

  /** Of a stream; undefined for a table. */
  node(input: number): SourcePort | undefined {
    return this.subscriptions[input]?.node;
  }

  nodes(): SourcePort[] {
    return this.subscriptions.filter((s) => s !== undefined).map((s) => s.node);
  }

  press(change: 1 | -1): void {
    for (const s of this.subscriptions) s?.node.pressure(change);
  }

  /** Messages of all sources so far. Hot path of stateful rules. */
  received(): number {
    let n = 0;
    const list = this.subscriptions;
    for (let i = 0; i < list.length; i++) n += list[i]?.node.stats.recordsIn ?? 0;
    return n;
  }

  /** Undefined when all sources are connected, else a promise for it, at most `timeoutMs`. */
  connected(timeoutMs: number): Promise<void> | undefined {
    const { clock } = this.deps;
    const away = this.nodes().filter((n) => n.connection.state !== 'connected');
    if (!away.length) return undefined;
    return new Promise((resolve) => {
      const timer = clock.setTimer(timeoutMs, resolve);
      void Promise.all(away.map((n) => n.whenConnected())).then(() => {
        clock.clear(timer);
        resolve();
      });
    });
  }
}
