// State of one run as a whole: what a checkpoint holds is taken from the program, the sources and the sinks, and given back to them at the next
// start. Called by rule-run.ts; the shape is checkpoint/rule-state.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { RuleProgram, RunningProgram } from '../../exec/operator.ts';
import { matchOperators, type RuleSnapshot } from '../checkpoint/rule-state.ts';
import type { Ledger } from '../delivery/ledger.ts';
import type { SourcePort } from '../ports.ts';

/** What has state beside the program. */
export interface StateHolders {
  plan: Pick<RuleProgram, 'inputs' | 'fingerprints'>;
  /** Of a stream; undefined for a table. */
  node(input: number): Pick<SourcePort, 'offset' | 'saveState' | 'loadState' | 'rewind'> | undefined;
  sinks: readonly { readonly name: string; saveState(): unknown; loadState(state: unknown): void }[];
  ledger: Ledger;
}

export function takeState(program: RunningProgram, { plan, node, sinks, ledger }: StateHolders): RuleSnapshot {
  const s: RuleSnapshot = { v: 1, fingerprints: plan.fingerprints, operators: program.save(), offsets: {}, sources: {}, sinks: {} };
  const seen = ledger.saveSeen();
  if (seen.length) s.seen = seen;
  plan.inputs.forEach(({ source }, i) => {
    const from = node(i);
    const offset = from?.offset();
    if (offset !== undefined) s.offsets[source] = offset;
    const state = from?.saveState();
    if (state !== undefined) s.sources[source] = state;
  });
  for (const sink of sinks) {
    const state = sink.saveState();
    if (state !== undefined) s.sinks[sink.name] = state;
  }
  return s;
}

/** Before the sinks are opened. */
export function giveSinksState(s: RuleSnapshot | undefined, sinks: StateHolders['sinks']): void {
  for (const sink of sinks) if (s?.sinks[sink.name] !== undefined) sink.loadState(s.sinks[sink.name]);
}

/** Before the sources are opened. */
export function giveState(
  s: RuleSnapshot,
  program: RunningProgram,
  { plan, node, ledger }: Omit<StateHolders, 'sinks'> & { plan: RuleProgram },
  to: { ruleId: string; log: Log; nowMs: number },
): void {
  const { kept, dropped } = matchOperators(s, plan);
  if (dropped.length) to.log.warn({ rule: to.ruleId, operators: dropped }, 'State of changed operators is dropped.');
  program.load(kept);
  if (s.seen) ledger.loadSeen(s.seen, to.nowMs);
  plan.inputs.forEach(({ source }, i) => {
    node(i)?.loadState(s.sources[source]);
    node(i)?.rewind(s.offsets[source]);
  });
  if (Object.keys({ ...s.sources, ...s.sinks }).length > 0) ledger.keepsState = true;
}

/** What is needed of a program that was started: the rest holds the rule's syntax tree and plan, 10 kB that nobody reads any more. */
export function slim(plan: RuleProgram): RuleProgram {
  const { inputs, lookups, stateful, eventTime, operators, fingerprints, details, anyCase } = plan;
  return {
    inputs,
    lookups,
    stateful,
    eventTime,
    index: [],
    operators,
    fingerprints,
    ...(details && { details }),
    ...(anyCase && { anyCase }),
    start() {
      throw new GatewayError('INTERNAL', { text: 'a program is started once' });
    },
  };
}
