// A graph rule as a chain of nodes: each node is a small program of its own, and its results are the input of the next ones. What a node gives out is
// seen by the next as it is: a field that was made is there, one that was not picked is gone. Made by service/rules/graph/graph-chain.ts; the runtime
// sees an ordinary program. Counters carry the names of the nodes.
import type { Result, WindowRange } from '../data/tuple.ts';
import { Tuple } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import { innerHost } from './inner-host.ts';
import {
  newOperatorStats,
  type OperatorStats,
  type ProgramHost,
  type ProgramInput,
  type RuleProgram,
  type RunningProgram,
} from './operator.ts';
import { WindowLinks } from './traced.ts';

/** How a node takes what comes: rows one by one (a collection row by row, and its results together again), the rows of a collection at once, or as
 *  a source of time for a window. */
export type NodeKind = 'row' | 'collection' | 'window';

export interface ChainNode {
  /** Names of the nodes of the graph that it stands for: their counters. */
  readonly names: readonly string[];
  readonly kind: NodeKind;
  /** One for each way out; a switch has one for each case, others have one. */
  readonly programs: readonly RuleProgram[];
  /** A switch that goes one way only. */
  readonly firstOnly: boolean;
  /** By way out: indexes of nodes that come next. */
  readonly next: readonly (readonly number[])[];
  /** By way out: indexes of the actions that get the results. */
  readonly sinks: readonly (readonly number[])[];
}

export interface ChainSource {
  readonly source: string;
  readonly kind: ProgramInput['kind'];
  readonly next: readonly number[];
  readonly sinks: readonly number[];
}

/** @param nodes in the order of flow: `next` points forward only */
export function chainNodes(sources: readonly ChainSource[], nodes: readonly ChainNode[], eventTime: boolean): RuleProgram {
  const keyOf = (node: ChainNode, way: number) => (node.programs.length > 1 ? `${node.names[0]}/${way}` : node.names[0]!);
  const programs = nodes.flatMap((n) => n.programs.map((program, way) => ({ program, key: keyOf(n, way) })));
  return {
    inputs: sources.map(({ source, kind }) => ({ source, emitter: source, kind, columns: [], all: true })),
    lookups: [],
    stateful: programs.some((p) => p.program.stateful),
    outside: programs.some((p) => p.program.outside === true),
    eventTime,
    index: [],
    operators: nodes.flatMap((n) => n.names),
    fingerprints: Object.fromEntries(
      programs.flatMap(({ program, key }) => Object.entries(program.fingerprints).map(([o, f]) => [`${key}/${o}`, f])),
    ),
    start(host, slotOf) {
      const stars = sources.map((_, i) => slotOf(i, '*'));
      const running: RunningNode[] = [];
      const forward = (next: readonly number[], sinks: readonly number[], result: Result, single: boolean) => {
        for (const i of next) running[i]!.take(result, single);
        // the sinks of a rule may change what they get: the nodes come first
        if (sinks.length > 0) host.emit({ ...result, sinks });
      };
      for (const node of nodes) running.push(startNode(node, host, (way) => keyOf(node, way), forward));
      return {
        push(input, t) {
          const row = t.cols[stars[input]!];
          if (typeof row !== 'object' || row === null) return;
          const result: Result = { rows: [row as Row], acks: t.ack ? [t.ack] : [], meta: t.meta, tsMs: t.tsMs };
          forward(sources[input]!.next, sources[input]!.sinks, result, true);
        },
        save: () => Object.assign({}, ...running.map((r) => r.save())) as Record<string, unknown>,
        load(state) {
          for (const r of running) r.load(state);
        },
        begin() {
          for (const r of running.toReversed()) for (const p of r.programs) p.begin();
        },
        end() {
          for (const r of running) for (const p of r.programs) p.end();
        },
        close(again) {
          for (const r of running) for (const p of r.programs) p.close(again);
        },
      };
    },
  };
}

interface RunningNode {
  readonly programs: readonly RunningProgram[];
  /** @param single a streaming row, not a collection */
  take(result: Result, single: boolean): void;
  save(): Record<string, unknown>;
  load(state: Record<string, unknown>): void;
}

type Forward = (next: readonly number[], sinks: readonly number[], result: Result, single: boolean) => void;

function startNode(node: ChainNode, host: ProgramHost, keyOf: (way: number) => string, forward: Forward): RunningNode {
  const stats = node.names.map((name) => host.stats(name));
  const { trace } = host;
  const spanName = node.names.join('+');
  // a window gives out what it took before, at a time of its own
  const links = trace && node.kind === 'window' ? new WindowLinks(spanName, trace) : undefined;
  /** Set while a collection goes through row by row: its results come together here. */
  let gathered: Result[] | undefined;
  /** True while the row or collection that is under way came as a streaming row. */
  let single = true;
  const ways = node.programs.map((program, way) => {
    const slots = new Map<string, number>();
    const emit = (result: Result) => {
      for (const s of stats) s.recordsOut += gathered ? 0 : 1;
      if (gathered) gathered.push(result);
      else if (links)
        links.fired(
          () => result.rows,
          () => forward(node.next[way]!, node.sinks[way]!, result, false),
        );
      else forward(node.next[way]!, node.sinks[way]!, result, single && node.kind === 'row');
    };
    const running = program.start(hostOf(host, stats, emit), (_input, column) => {
      let slot = slots.get(column);
      if (slot === undefined) slots.set(column, (slot = slots.size));
      return slot;
    });
    return { running, names: () => [...slots.keys()], key: keyOf(way) };
  });
  const tupleOf = (names: readonly string[], row: Row, of: Result, win?: WindowRange): Tuple => {
    const cols: Value[] = names.map((name) => (name === '*' ? (row as Value) : (row as Record<string, Value>)[name]));
    return new Tuple(cols, of.tsMs, of.meta, of.acks[0], win);
  };
  /** @returns true when something came out */
  const goThrough = (way: number, result: Result, wasSingle: boolean): boolean => {
    const { running, names } = ways[way]!;
    const columns = names();
    single = wasSingle;
    if (node.kind === 'collection') {
      running.collect!(result.rows.map((row) => tupleOf(columns, row, result)));
      return true;
    }
    if (wasSingle || node.kind === 'window') {
      const before = stats[0]!.recordsOut;
      for (const row of result.rows) running.push(0, tupleOf(columns, row, result));
      return stats[0]!.recordsOut > before;
    }
    gathered = [];
    for (const row of result.rows) running.push(0, tupleOf(columns, row, result));
    const rows = gathered.flatMap((r) => r.rows);
    gathered = undefined;
    if (rows.length === 0) return false;
    for (const s of stats) s.recordsOut++;
    forward(node.next[way]!, node.sinks[way]!, { ...result, rows }, false);
    return true;
  };
  return {
    programs: ways.map((w) => w.running),
    take(result, wasSingle) {
      for (const s of stats) {
        s.recordsIn++;
        s.lastInvocationAtMs = host.clock.now();
      }
      const span = trace?.begin(spanName, () => result.rows);
      links?.note();
      try {
        for (let way = 0; way < ways.length; way++) if (goThrough(way, result, wasSingle) && node.firstOnly) return;
      } finally {
        trace?.finish(span);
      }
    },
    save: () => Object.fromEntries(ways.flatMap((w) => Object.entries(w.running.save()).map(([o, state]) => [`${w.key}/${o}`, state]))),
    load(state) {
      for (const w of ways) {
        const prefix = `${w.key}/`;
        w.running.load(
          Object.fromEntries(Object.entries(state).flatMap(([o, s]) => (o.startsWith(prefix) ? [[o.slice(prefix.length), s]] : []))),
        );
      }
    },
  };
}

/** The program of a node counts for the node: what its own operators count is seen by nobody. */
function hostOf(host: ProgramHost, stats: readonly OperatorStats[], emit: (result: Result) => void): ProgramHost {
  return innerHost(host, {
    emit,
    exception: (_own, error, row) => host.exception(stats[0]!, error, row),
    stats: newOperatorStats,
  });
}
