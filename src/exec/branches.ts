// Several programs as one: the branches of a graph rule, each with sinks of its own. They share the rule's subscriptions: an input that
// two branches read is subscribed once. Made by service/rules/rule-plan.ts; the runtime sees an ordinary program.

import { innerHost } from './inner-host.ts';
import type { ProgramHost, ProgramInput, RuleProgram, RunningProgram } from './operator.ts';
import { tracedAs } from './traced.ts';

export interface Branch {
  readonly program: RuleProgram;
  /** Indexes of the actions that get its results. */
  readonly sinks: readonly number[];
}

/** @param branches at least one */
export function joinBranches(branches: readonly Branch[]): RuleProgram {
  const inputs: ProgramInput[] = [];
  /** By branch and its own input: index in `inputs`. */
  const places = branches.map(({ program }) => program.inputs.map((input) => placeInput(inputs, input)));
  const named = (i: number, name: string) => `b${i}_${name}`;
  return {
    inputs,
    lookups: [...new Set(branches.flatMap((b) => b.program.lookups))],
    stateful: branches.some((b) => b.program.stateful),
    eventTime: branches.some((b) => b.program.eventTime),
    outside: branches.some((b) => b.program.outside === true),
    // a row may be wanted by one branch and not by another
    index: [],
    operators: branches.flatMap((b, i) => b.program.operators.map((o) => named(i, o))),
    details: Object.fromEntries(branches.flatMap((b, i) => Object.entries(b.program.details ?? {}).map(([o, d]) => [named(i, o), d]))),
    fingerprints: Object.fromEntries(branches.flatMap((b, i) => Object.entries(b.program.fingerprints).map(([o, f]) => [named(i, o), f]))),
    start(host, slotOf) {
      const running = branches.map(({ program, sinks }, i) =>
        program.start(
          hostOf(host, sinks, (name) => named(i, name)),
          (input, column) => slotOf(places[i]![input]!, column),
        ),
      );
      return together(running, places, inputs.length, named);
    },
  };
}

/** Finds or makes the input; what it must bring is the union of what the branches read. */
export function placeInput(inputs: ProgramInput[], input: ProgramInput): number {
  const at = inputs.findIndex((other) => other.source === input.source && other.kind === input.kind);
  if (at < 0) return inputs.push(input) - 1;
  const { members: _members, ...old } = inputs[at]!;
  inputs[at] = { ...old, columns: [...new Set([...old.columns, ...input.columns])].sort(), all: old.all || input.all };
  return at;
}

function hostOf(host: ProgramHost, sinks: readonly number[], name: (operator: string) => string): ProgramHost {
  return innerHost(host, {
    emit(result) {
      result.sinks = sinks;
      host.emit(result);
    },
    stats: (operator) => host.stats(name(operator)),
    ...(host.trace && { trace: tracedAs(host.trace, name) }),
  });
}

function together(
  running: readonly RunningProgram[],
  places: readonly (readonly number[])[],
  inputCount: number,
  named: (branch: number, operator: string) => string,
): RunningProgram {
  // who reads an input, looked up once: [program, its own input]
  const readers = Array.from({ length: inputCount }, (_, input) =>
    places.flatMap((own, i) => own.flatMap((at, ownInput) => (at === input ? [{ program: running[i]!, input: ownInput }] : []))),
  );
  return {
    push(input, t) {
      for (const reader of readers[input]!) reader.program.push(reader.input, t);
    },
    save: () => Object.fromEntries(running.flatMap((p, i) => Object.entries(p.save()).map(([o, state]) => [named(i, o), state]))),
    load(state) {
      for (const [i, p] of running.entries()) {
        const prefix = named(i, '');
        p.load(Object.fromEntries(Object.entries(state).flatMap(([o, s]) => (o.startsWith(prefix) ? [[o.slice(prefix.length), s]] : []))));
      }
    },
    begin() {
      for (const p of running) p.begin();
    },
    end() {
      for (const p of running) p.end();
    },
    close(again) {
      for (const p of running) p.close(again);
    },
    measure(on) {
      for (const p of running) p.measure?.(on);
    },
    explain: () =>
      Object.fromEntries(running.flatMap((p, i) => Object.entries(p.explain?.() ?? {}).map(([o, view]) => [named(i, o), view]))),
  };
}
