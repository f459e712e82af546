// A runtime on a virtual clock and a scratch data folder, with a source and a sink that the test plays with, and programs made by hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createVirtualClock } from '../../src/base/clock.ts';
import { ioError } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog, type LogLevel } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import type { ConnectorContext } from '../../src/contract/context.ts';
import type { OptionSpec, Props } from '../../src/contract/props.ts';
import type { SinkData } from '../../src/contract/sink.ts';
import type { CloseReason, Emit, Fail, SourceFound, SourceReads } from '../../src/contract/source.ts';
import type { Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import type { IndexConjunct, ProgramHost, RuleProgram, RunningProgram } from '../../src/exec/operator.ts';
import {
  type Cause,
  createRuntime,
  defaultRuleOptions,
  type RuleDefinition,
  type RuleOptions,
  type RuntimeSettings,
  type SourceSpec,
} from '../../src/runtime/index.ts';
import { openStore } from '../../src/store/index.ts';

/** What the test holds of an opened source. */
export interface FakeSource {
  datasource: string;
  ctx: ConnectorContext;
  emit: Emit;
  fail: Fail;
  closedBy: CloseReason | undefined;
}

/** What the test holds of sinks of one name (property `as`). */
export class FakeSink {
  readonly got: SinkData[] = [];
  readonly dynamics: unknown[] = [];
  opens = 0;
  ctx: ConnectorContext | undefined;
  fail: ((error: Error) => void) | undefined;
  /** `ok`: at once; `hold`: answers when the test says so; `away`: retriable error; `refuse`: an error that stays. */
  behaviour: 'ok' | 'hold' | 'away' | 'refuse' = 'ok';
  readonly holding: { data: SinkData; resolve: () => void; reject: (e: Error) => void }[] = [];
  openError: Error | undefined;
  awayText = 'the peer is away';
  /** What its peer does not take. */
  notes: string[] = [];

  collect(data: SinkData, dynamic: unknown): void | Promise<void> {
    switch (this.behaviour) {
      case 'away':
        throw ioError(this.awayText);
      case 'refuse':
        throw new Error('bad request');
      case 'hold':
        return new Promise((resolve, reject) => {
          const done = () => {
            this.got.push(data);
            this.dynamics.push(dynamic);
            resolve();
          };
          this.holding.push({ data, resolve: done, reject });
        });
      default:
        this.got.push(data);
        this.dynamics.push(dynamic);
    }
  }

  rows(): Row[] {
    return this.got.flatMap((d) => JSON.parse(typeof d === 'string' ? d : Buffer.from(d as Uint8Array).toString()) as Row[]);
  }
}

export function harness(
  options: {
    settings?: Partial<RuntimeSettings>;
    dataDir?: string;
    maxInFlight?: number;
    logLevel?: LogLevel;
    logFolder?: boolean;
    sourceOptions?: OptionSpec[];
    patient?: boolean;
    /** Sources have a position (always 7); gets what they are set to. */
    rewinds?: unknown[];
    /** What the peer of each source does not give. */
    sourceNotes?: string[];
    /** Further connectors. */
    connectors?: readonly ConnectorEntry[];
    /** What is wrong with the device. */
    outside?: () => readonly Cause[];
    /** What sources say of where they read, and what a look at their peer finds. */
    reads?: () => SourceReads;
    search?: () => Promise<SourceFound>;
  } = {},
) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'kuiper-runtime-'));
  const clock = createVirtualClock();
  const { log, lines } = createMemoryLog(options.logLevel ?? 'debug');
  const store = openStore({ dataDir, clock, log });
  const sources: FakeSource[] = [];
  const sinks = new Map<string, FakeSink>();
  const sinkNamed = (name: string) => {
    let s = sinks.get(name);
    if (!s) {
      s = new FakeSink();
      sinks.set(name, s);
    }
    return s;
  };
  const connectors: Record<string, ConnectorEntry> = {
    fake: {
      name: 'fake',
      offers: ['source', 'sink'],
      load: async () => ({
        name: 'fake',
        source: {
          kind: 'source',
          name: 'fake',
          payload: 'bytes',
          shareable: true,
          options: options.sourceOptions ?? [],
          doc: '',
          create() {
            let datasource = '';
            let own: FakeSource | undefined;
            const position = { offset: () => 7, rewind: (to: unknown) => void options.rewinds?.push(to) };
            return {
              ...(options.rewinds ? position : {}),
              ...(options.reads ? { reads: options.reads } : {}),
              ...(options.search ? { search: options.search } : {}),
              ...(options.sourceNotes ? { notes: () => options.sourceNotes! } : {}),
              configure(d: string) {
                if (d === 'bad') throw new Error('bad datasource');
                datasource = d;
              },
              open(ctx: ConnectorContext, emit: Emit, fail: Fail) {
                own = { datasource, ctx, emit, fail, closedBy: undefined };
                sources.push(own);
                ctx.status('connected');
              },
              close(_ctx: ConnectorContext, reason?: CloseReason) {
                if (own) own.closedBy = reason ?? 'stopped';
              },
            };
          },
        },
        sink: {
          kind: 'sink',
          name: 'fake',
          payload: 'bytes',
          maxInFlight: options.maxInFlight ?? 4,
          ...(options.patient ? { patient: true } : {}),
          options: [],
          doc: '',
          create() {
            let sink = sinkNamed('default');
            return {
              configure(props: Props) {
                if (typeof props['as'] === 'string') sink = sinkNamed(props['as']);
              },
              open(ctx: ConnectorContext, fail: (error: Error) => void) {
                sink.opens++;
                sink.ctx = ctx;
                sink.fail = fail;
                if (sink.openError) throw sink.openError;
              },
              collect: (_ctx: ConnectorContext, data: SinkData, dynamic?: unknown) => sink.collect(data, dynamic),
              notes: () => sink.notes,
              close: () => undefined,
            };
          },
        },
      }),
    },
  };
  const runtime = createRuntime({
    clock,
    log,
    store,
    connectors: (name) => connectors[name] ?? options.connectors?.find((c) => c.name === name),
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    rootPath: dataDir,
    dataDir,
    random: () => 0.5,
    ...(options.outside ? { outside: options.outside } : {}),
    ...(options.logFolder ? { logFiles: () => ({ folder: join(dataDir, 'log'), maxBytes: 1_000_000, keep: 2 }) } : {}),
    settings: { stopTimeoutMs: 100, ...options.settings },
  });
  runtime.start();
  const spec = (name: string): SourceSpec => ({ name, kind: 'stream', type: 'fake', datasource: name, props: {}, format: 'json' });
  const define = (
    id: string,
    program: RuleDefinition['program'],
    more: { options?: Partial<RuleOptions>; actions?: Props[]; triggered?: boolean } = {},
  ): RuleDefinition => ({
    id,
    program,
    actions: (more.actions ?? [{}]).map((props, index) => ({ type: 'fake', props, index })),
    options: { ...defaultRuleOptions(), ...more.options },
    triggered: more.triggered ?? true,
    sources: spec,
  });
  /** Moves time until something is so; SQLite works in threads, so that some real time passes as well. */
  const settle = async (until: () => boolean = () => true, ms = 0) => {
    await clock.advance(ms);
    for (let i = 0; i < 2000 && !until(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(20);
    }
    if (!until()) throw new Error('did not come to pass in time');
  };
  return {
    clock,
    lines,
    store,
    runtime,
    sources,
    sinkNamed,
    sink: sinkNamed('default'),
    define,
    spec,
    settle,
    dataDir,
    async close() {
      let closed = false;
      const closing = runtime.close().then(() => {
        closed = true;
      });
      for (let i = 0; i < 200 && !closed; i++) {
        await clock.advance(50);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await closing;
      await store.close();
    },
    async end() {
      await this.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type Harness = ReturnType<typeof harness>;

/** SELECT column FROM stream WHERE test(value). */
export function filterProgram(
  column: string,
  test: (v: Value) => boolean = () => true,
  index: IndexConjunct[] = [],
  stream = 's',
): RuleProgram {
  return {
    inputs: [{ source: stream, emitter: stream, kind: 'stream', columns: [column], all: false }],
    lookups: [],
    stateful: false,
    eventTime: false,
    index,
    operators: ['2_filter', '3_project'],
    fingerprints: {},
    start(host, slotOf) {
      const slot = slotOf(0, column);
      const stats = host.stats('2_filter');
      return running({
        push(_input, t) {
          stats.recordsIn++;
          const v = t.cols[slot];
          try {
            if (!test(v)) return;
          } catch (error) {
            return host.exception(stats, error);
          }
          host.emit({ rows: [{ [column]: v }], acks: t.ack ? [t.ack] : [], meta: t.meta, tsMs: t.tsMs });
        },
      });
    },
  };
}

/** Collects values of a column and gives them out as one row after each `count` of them. */
export function countWindowProgram(column: string, count: number, print = 'w', stream = 's'): RuleProgram {
  return {
    inputs: [{ source: stream, emitter: stream, kind: 'stream', columns: [column], all: false }],
    lookups: [],
    stateful: true,
    eventTime: false,
    index: [],
    operators: ['2_window', '3_project'],
    fingerprints: { '2_window': print },
    start(host: ProgramHost, slotOf) {
      const slot = slotOf(0, column);
      let kept: Value[] = [];
      return running({
        push(_input: number, t: Tuple) {
          host.touch();
          kept.push(t.cols[slot]);
          if (kept.length < count) return;
          const values = kept;
          kept = [];
          host.emit({ rows: [{ values }], acks: [], meta: undefined, tsMs: t.tsMs });
        },
        save: () => ({ '2_window': { kept: [...kept] } }),
        load(state) {
          kept = (state['2_window'] as { kept: Value[] } | undefined)?.kept ?? [];
        },
      });
    },
  };
}

const nothing = () => undefined;
function running(part: Partial<RunningProgram> & Pick<RunningProgram, 'push'>): RunningProgram {
  return { save: () => ({}), load: nothing, begin: nothing, end: nothing, close: nothing, ...part };
}
