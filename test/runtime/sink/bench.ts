// A sink node alone, without a runtime: virtual clock, a store in memory whose writes the test slows down or fails, a sink that does what the
// test says, and rows with acks that are counted. Used by the model test and by the tests of single cases.
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { answeredError, ioError } from '../../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { SinkData, SinkDefinition } from '../../../src/contract/sink.ts';
import { createBootTime } from '../../../src/runtime/boot-time.ts';
import { MessageAck } from '../../../src/runtime/delivery/ack.ts';
import { defaultSettings, type Environment } from '../../../src/runtime/environment.ts';
import { defaultRuleOptions, type RuleOptions } from '../../../src/runtime/options.ts';
import { unpackState } from '../../../src/runtime/plain-state.ts';
import type { DeadLetter } from '../../../src/runtime/sink/dead-letter.ts';
import { createQueueNames } from '../../../src/runtime/sink/queue-names.ts';
import { SinkNode } from '../../../src/runtime/sink/sink-node.ts';
import type { SinkOwner } from '../../../src/runtime/sink/sink-owner.ts';
import type { QueuePage, SinkQueueStore } from '../../../src/store/index.ts';

/** A disk that the test plays with. */
export class TestDisk implements SinkQueueStore {
  state: 'ok' | 'slow' | 'failing' = 'ok';
  slowMs = 1500;
  readFails = false;
  writes = 0;
  /** Writes that did not end yet. */
  busy = 0;
  readonly queuesByName = new Map<string, Map<number, { page: QueuePage; payload: Uint8Array }>>();
  private readonly clock: VirtualClock;
  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  private async write(change: () => void): Promise<void> {
    this.writes++;
    this.busy++;
    try {
      if (this.state === 'slow') await this.clock.sleep(this.slowMs);
      if (this.state === 'failing') throw new Error('disk is full');
      change();
    } finally {
      this.busy--;
    }
  }

  private of(queue: string) {
    let q = this.queuesByName.get(queue);
    if (!q) this.queuesByName.set(queue, (q = new Map()));
    return q;
  }

  async pages(queue: string) {
    return [...this.of(queue).values()].map((v) => ({ ...v.page })).sort((a, b) => a.seq - b.seq);
  }
  async queues() {
    return [...this.queuesByName].filter(([, q]) => q.size > 0).map(([name]) => name);
  }
  async sizes() {
    const sum = (pages: Map<number, { page: QueuePage }>) => [...pages.values()].reduce((n, { page }) => n + page.bytes, 0);
    return new Map([...this.queuesByName].filter(([, q]) => q.size > 0).map(([name, q]) => [name, sum(q)]));
  }
  append(queue: string, page: QueuePage, payload: Uint8Array) {
    return this.write(() => void this.of(queue).set(page.seq, { page: { ...page }, payload }));
  }
  replace(queue: string, page: QueuePage, payload: Uint8Array) {
    return this.append(queue, page, payload);
  }
  async read(queue: string, seq: number) {
    if (this.readFails) throw new Error('disk cannot be read');
    return this.of(queue).get(seq)?.payload;
  }
  remove(queue: string, seqs: readonly number[]) {
    return this.write(() => {
      for (const seq of seqs) this.of(queue).delete(seq);
    });
  }
  restamp() {
    return Promise.resolve();
  }
  clear(queue: string) {
    return this.write(() => this.of(queue).clear());
  }

  /** Rows of the sink's queue, in order. */
  get stored(): number[] {
    return this.rowsOf('r/fake_0', (p) => (p as unknown[][]).map((i) => Number(i[0])));
  }
  get parked(): number[] {
    return this.rowsOf('r/fake_0#parked', (p) => [Number((p as unknown[])[0])]);
  }
  private rowsOf(queue: string, read: (payload: unknown) => number[]): number[] {
    const pages = [...(this.queuesByName.get(queue)?.values() ?? [])].sort((a, b) => a.page.seq - b.page.seq);
    return pages.flatMap((v) => read(unpackState(v.payload)));
  }
}

export interface Held {
  row: number;
  call: number;
  resolve(): void;
  reject(error: Error): void;
}

/** A peer that the test plays with. Rows are numbers as texts. */
export class TestPeer {
  /** `ok` and `away` answer at once, `later` and `goneLater` in a microtask, `hold` when the test says so, `broken`: answers every row with a fault. */
  mode: 'ok' | 'later' | 'hold' | 'away' | 'goneLater' | 'broken' = 'ok';
  /** Rows on which the peer fails, and rows that it refuses for good. */
  readonly bad = new Set<number>();
  readonly refused = new Set<number>();
  opens = 0;
  closes = 0;
  openError: Error | undefined;
  openHangs = false;
  fail: ((error: Error) => void) | undefined;
  /** Rows in the order of the calls that delivered them. */
  readonly got: { row: number; call: number }[] = [];
  readonly calls: number[] = [];
  readonly faults = new Map<number, number>();
  held: Held[] = [];

  get rows(): number[] {
    return [...this.got].sort((a, b) => a.call - b.call).map((g) => g.row);
  }

  collect(data: SinkData): void | Promise<void> {
    const row = Number(data);
    const call = this.calls.push(row);
    const take = () => void this.got.push({ row, call });
    if (this.mode === 'away') throw ioError('the peer is away');
    if (this.mode === 'goneLater') return Promise.reject(ioError('the peer is away'));
    if (this.refused.has(row)) throw new Error(`row ${row} is refused`);
    if (this.mode === 'broken' || this.bad.has(row)) {
      this.faults.set(row, (this.faults.get(row) ?? 0) + 1);
      const error = answeredError(`row ${row} fails`);
      return Promise.reject(error);
    }
    if (this.mode === 'later') return Promise.resolve().then(take);
    if (this.mode === 'ok') return take();
    return new Promise((resolve, reject) => {
      this.held.push({
        row,
        call,
        resolve: () => {
          take();
          resolve();
        },
        reject,
      });
    });
  }

  /** Answers the oldest `n` held rows. */
  answer(n = Number.POSITIVE_INFINITY): void {
    for (const h of this.held.splice(0, n)) h.resolve();
  }
  rejectAll(error: Error = ioError('the peer went away')): void {
    for (const h of this.held.splice(0)) h.reject(error);
  }
}

export interface BenchOptions {
  props?: Props;
  rule?: Partial<RuleOptions>;
  maxInFlight?: number;
  patient?: boolean;
  patience?: number;
  replaces?: SinkDefinition['replaces'];
  deadLetters?: boolean;
  disk?: TestDisk;
  clock?: VirtualClock;
  spillAfterMs?: number;
}

export function sinkBench(options: BenchOptions = {}) {
  const clock = options.clock ?? createVirtualClock();
  const disk = options.disk ?? new TestDisk(clock);
  const peer = new TestPeer();
  const { log, lines } = createMemoryLog('debug');
  const confirmed: number[] = [];
  const letters: { letter: DeadLetter; release(): unknown }[] = [];
  const crashes: unknown[] = [];
  const env = {
    deps: { store: { sinkQueues: disk }, rootPath: '/', dataDir: '/' },
    clock,
    log,
    settings: { ...defaultSettings, spillAfterMs: options.spillAfterMs ?? 1000 },
    gatewayId: 'test',
    random: () => 0.5,
    queueNames: createQueueNames(disk, log),
    bootTime: createBootTime(clock, { id: 'boot', upMs: 0 }),
  } as unknown as Environment;
  let behind = false;
  const owner: SinkOwner = {
    ruleId: 'r',
    options: { ...defaultRuleOptions(), ...options.rule },
    behind: (_sink, yes) => {
      behind = yes;
    },
    crash: (error) => void crashes.push(error),
    touch: () => undefined,
    stateChanged: () => undefined,
    resultAcks: [],
    takesDeadLetters: options.deadLetters === true,
    deadLetter(letter, acks) {
      for (const a of acks) a.retain();
      letters.push({ letter, release: () => acks.map((a) => a.release()) });
    },
  };
  const definition: SinkDefinition = {
    kind: 'sink',
    name: 'fake',
    payload: 'bytes',
    maxInFlight: options.maxInFlight ?? 4,
    ...(options.patient ? { patient: true } : {}),
    ...(options.patience ? { patience: options.patience } : {}),
    ...(options.replaces ? { replaces: options.replaces } : {}),
    options: [],
    doc: '',
    create: () => ({
      open(_ctx, fail) {
        peer.opens++;
        peer.fail = fail;
        if (peer.openError) throw peer.openError;
        if (peer.openHangs) return new Promise(() => undefined);
      },
      collect: (_ctx, data) => peer.collect(data),
      close: () => void peer.closes++,
    }),
  };
  const make = () => new SinkNode(env, owner, { type: 'fake', props: options.props ?? {}, index: 0 }, definition);
  const b = {
    clock,
    disk,
    peer,
    lines,
    confirmed,
    letters,
    crashes,
    node: make(),
    get line() {
      return b.node.line;
    },
    get behind() {
      return behind;
    },
    /** Another run on the same disk. */
    again: () => {
      behind = false;
      b.node = make();
    },
    put(...rows: number[]) {
      for (const row of rows) {
        const ack = new MessageAck(() => void confirmed.push(row));
        b.line.item(String(row), undefined, 1, [ack]);
        ack.release();
      }
    },
    /** Until something is so, at most for `limitMs` of virtual time. */
    async until(so: () => boolean, limitMs = 10_000) {
      for (let ms = 0; ms <= limitMs && !so(); ms += 50) await clock.advance(50);
      if (!so()) throw new Error(`not so within ${limitMs} ms: ${JSON.stringify(b.node.health())}`);
    },
  };
  return b;
}

export type SinkBench = ReturnType<typeof sinkBench>;
export const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
