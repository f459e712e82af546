// The steps of one rule (WITH, sub-selects, UNION ALL): programs of which one takes in what others give out. Within the process and the message: a row goes
// through all of them before the next one comes, with its confirmation, and one checkpoint holds the state of all. Made by service/rules/rule-steps.ts;
// the runtime sees an ordinary program.
import { type Result, Tuple } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import { placeInput } from './branches.ts';
import { innerHost } from './inner-host.ts';
import type { ProgramHost, ProgramInput, RuleProgram, RunningProgram } from './operator.ts';
import { tracedAs } from './traced.ts';

export interface ProgramStep {
  /** Before the names of its operators; '' for none. */
  readonly prefix: string;
  readonly program: RuleProgram;
  /** By input of the program: the earlier steps that it reads; undefined = a source of the rule. */
  readonly reads: readonly (readonly number[] | undefined)[];
  /** How it takes the rows that came together out of a window: one by one as rows of a stream (`stream`), one by one with the results together again
   *  (`each`), or at once (`together`). */
  readonly takes: 'stream' | 'each' | 'together';
  /** What it gives out are the rows of a window. */
  readonly collects: boolean;
  /** Its results are those of the rule. */
  readonly last: boolean;
}

interface Reader {
  readonly step: number;
  readonly input: number;
}

/** @param steps each after those that it reads */
export function chainSteps(steps: readonly ProgramStep[], eventTime: boolean): RuleProgram {
  const inputs: ProgramInput[] = [];
  /** By input of the rule: who reads it. */
  const readers: Reader[][] = [];
  /** By step: place of its inputs among those of the rule, -1 for steps. */
  const places = steps.map(({ program, reads }, step) =>
    program.inputs.map((own, input) => {
      if (reads[input]) return -1;
      const at = placeInput(inputs, own);
      (readers[at] ??= []).push({ step, input });
      return at;
    }),
  );
  const followers = steps.map((_, from) =>
    steps.flatMap(({ reads }, step) => reads.flatMap((all, input): Reader[] => (all?.includes(from) ? [{ step, input }] : []))),
  );
  const all = steps.flatMap(({ program, prefix }) => Object.entries(program.fingerprints).map(([o, f]) => [prefix + o, f] as const));
  return {
    inputs,
    lookups: [...new Set(steps.flatMap((s) => s.program.lookups))],
    stateful: steps.some((s) => s.program.stateful),
    outside: steps.some((s) => s.program.outside === true),
    eventTime,
    // a row may be wanted by one step and not by another
    index: steps.length === 1 ? steps[0]!.program.index : [],
    operators: steps.flatMap(({ program, prefix }) => program.operators.map((o) => prefix + o)),
    fingerprints: Object.fromEntries(all),
    details: Object.assign({}, ...steps.map(({ program, prefix }) => prefixed(program.details ?? {}, prefix))) as RuleProgram['details'] &
      object,
    ...(steps.some((s) => s.program.anyCase) && { anyCase: true }),
    start(host, slotOf) {
      const running: RunningStep[] = [];
      steps.forEach((step, i) => {
        running.push(
          startStep(
            step,
            host,
            (input, column) => slotOf(places[i]![input]!, column),
            (result, single) => {
              for (const f of followers[i]!) running[f.step]!.take(f.input, result, single);
              // sinks may change what they get: other steps come first
              if (step.last) host.emit(result);
            },
          ),
        );
      });
      return together(steps, running, readers);
    },
  };
}

interface RunningStep {
  readonly program: RunningProgram;
  /** @param single a row of a stream, not a collection */
  take(input: number, result: Result, single: boolean): void;
}

type Forward = (result: Result, single: boolean) => void;

function startStep(step: ProgramStep, host: ProgramHost, slotOf: (input: number, column: string) => number, forward: Forward): RunningStep {
  /** Names of the columns that it reads of an earlier step, by input; their index is the slot. */
  const columns: string[][] = step.reads.map(() => []);
  /** Set while the rows of a collection go through one by one: their results come together here. */
  let gathered: Result[] | undefined;
  const program = step.program.start(
    hostOf(host, step.prefix, (result) => {
      if (gathered) gathered.push(result);
      else forward(result, !step.collects);
    }),
    (input, column) => {
      if (!step.reads[input]) return slotOf(input, column);
      const own = columns[input]!;
      const at = own.indexOf(column);
      return at >= 0 ? at : own.push(column) - 1;
    },
  );
  const tupleOf = (names: readonly string[], row: Row, of: Result): Tuple => {
    const cols: Value[] = new Array(names.length);
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      cols[i] = name === '*' ? (row as Value) : Object.hasOwn(row, name) ? row[name] : undefined;
    }
    return new Tuple(cols, of.tsMs, of.meta, of.acks[0]);
  };
  return {
    program,
    take(input, result, single) {
      const names = columns[input]!;
      if (single || step.takes === 'stream') {
        for (const row of result.rows) program.push(input, tupleOf(names, row, result));
        return;
      }
      if (step.takes === 'together') {
        program.collect!(result.rows.map((row) => tupleOf(names, row, result)));
        return;
      }
      gathered = [];
      for (const row of result.rows) program.push(input, tupleOf(names, row, result));
      const rows = gathered.flatMap((r) => r.rows);
      gathered = undefined;
      if (rows.length > 0) forward({ ...result, rows }, false);
    },
  };
}

function hostOf(host: ProgramHost, prefix: string, emit: (result: Result) => void): ProgramHost {
  return innerHost(host, {
    emit,
    stats: (operator) => host.stats(prefix + operator),
    ...(host.trace && { trace: tracedAs(host.trace, (operator) => prefix + operator) }),
  });
}

const prefixed = <T>(of: Readonly<Record<string, T>>, prefix: string): Record<string, T> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [prefix + key, value]));

function together(steps: readonly ProgramStep[], running: readonly RunningStep[], readers: readonly (readonly Reader[])[]): RunningProgram {
  return {
    push(input, t) {
      for (const r of readers[input]!) running[r.step]!.program.push(r.input, t);
    },
    save: () => Object.assign({}, ...running.map((r, i) => prefixed(r.program.save(), steps[i]!.prefix))) as Record<string, unknown>,
    load(state) {
      running.forEach(({ program }, i) => {
        const { prefix } = steps[i]!;
        // the last step without a prefix sees the others' names too, and knows none of them
        const own = Object.entries(state).flatMap(([o, s]) => (o.startsWith(prefix) ? [[o.slice(prefix.length), s] as const] : []));
        program.load(Object.fromEntries(own));
      });
    },
    begin() {
      for (const r of running.toReversed()) r.program.begin();
    },
    end() {
      for (const r of running) r.program.end();
    },
    close(again) {
      for (const r of running) r.program.close(again);
    },
    measure(on) {
      for (const r of running) r.program.measure?.(on);
    },
    explain: () =>
      Object.assign({}, ...running.map((r, i) => prefixed(r.program.explain?.() ?? {}, steps[i]!.prefix))) as Record<string, never>,
  };
}
