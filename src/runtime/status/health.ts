// Health of a rule in words and figures: what a person must know beyond "running". Called by Rule.health, REST and the status key `health`.
import type { OperatorStats } from '../../exec/operator.ts';
import type { RuleHealth, SinkHealth, SourceHealth } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import { messages, moment, rows, since, span } from '../diagnosis/cause.ts';
import { causesOf } from '../diagnosis/causes.ts';
import { Growth } from '../diagnosis/growth.ts';
import type { Environment } from '../environment.ts';
import { keyProblems, keysOf, timeProblems } from './state-health.ts';
import type { RuleStatusView, RunStatusView } from './view.ts';

/** A source that waits longer for its rules is worth a word. */
const WAITING_MS = 2000;
/** So many losses in a minute are not an accident. */
const FLAPPING = 2;

export function healthOf(rule: RuleStatusView, env: Environment): RuleHealth {
  const { run } = rule;
  const nowMs = env.clock.now();
  const sources = run?.sources.map((s) => s.health()) ?? [];
  const sinks = run?.sinks.map((s) => s.health()) ?? [];
  const told: Telling = { problems: [], notes: [], nowMs, growth: run?.growth ?? new Growth() };
  const live = rule.state === 'running' || rule.state === 'starting';
  if (rule.state === 'stoppedByError')
    told.problems.push(rule.parked ? `The rule is ${rule.message}` : `The rule stopped by an error: ${rule.message}`);
  if (live) for (const s of sources) tellSource(s, told);
  if (live && run) told.problems.push(...changedSources(run, rule.definition));
  for (const s of sinks) tellSink(s, live, run?.deadLetters ?? 0, told);
  for (const [name, { table }] of run?.lookups ?? []) {
    const { count, reason } = table.leftOut ?? { count: 0, reason: '' };
    tellLoss(
      told,
      `${name} left out`,
      count,
      `Lookup table ${name} left out ${rows(count)} (${reason}): joins do not find ${count === 1 ? 'it' : 'them'}.`,
    );
  }
  if (run?.checkpoints.error) told.problems.push(`State cannot be stored: ${run.checkpoints.error}`);
  const setAside = env.deps.suspects?.setAsideCount(rule.id) ?? 0;
  if (setAside > 0)
    told.problems.push(`${setAside} messages were not evaluated, since they ended the gateway before (kuiper show deadletters).`);
  for (const r of env.deps.store.reports()) told.problems.push(`${r.file}: ${r.text}`);
  const causes = [...causesOf(rule, nowMs), ...(rule.definition.outside?.() ?? []), ...(live ? (env.deps.outside?.() ?? []) : [])];
  const operators = run?.operators ?? [];
  // the wrong unit is told once, with what it does to the windows
  if (!causes.some((c) => c.kind === 'timestamp-unit')) {
    const { on } = told.growth.of(
      'time',
      operators.reduce((n, o) => n + (o.ahead ?? 0) + (o.looksLikeSeconds ?? 0), 0),
      nowMs,
    );
    (on ? told.problems : told.notes).push(...timeProblems(operators));
  }
  told.problems.push(...keyProblems(operators));
  const failedRows = operators.flatMap((o) => (o.failed ? [failedOf(o.name, o.failed)] : []));
  for (const f of failedRows)
    if (!causes.some((c) => c.at === f.op && c.kind === 'rows-fail' && c.problem))
      tellLoss(
        told,
        `${f.op} failed`,
        f.count,
        `${f.op} left out ${f.count} rows or groups that cannot be computed, the last ${f.key === undefined || f.key === '' ? '' : `of group ${f.key} `}` +
          `at ${moment(f.atMs)}: ${f.text}${f.sample ? `; the row: ${f.sample}` : ''}.`,
      );
  for (const c of causes) (c.problem ? told.problems : told.notes).push(`${c.text} ${c.cure}`);
  return {
    state: rule.state,
    ok: told.problems.length === 0,
    problems: told.problems,
    notes: [
      ...rule.notes,
      ...told.notes,
      ...sources.flatMap((s) => s.notes.map((note) => `Source ${s.stream}: ${note}`)),
      ...sinks.flatMap((s) => s.notes.map((note) => `Sink ${s.sink}: ${note}`)),
    ],
    causes,
    sources,
    sinks,
    lateRows: run?.operators.reduce((n, o) => n + (o.dropped ?? 0), 0) ?? 0,
    aheadRows: run?.operators.reduce((n, o) => n + (o.ahead ?? 0), 0) ?? 0,
    keys: keysOf(operators),
    exceptions:
      (run?.operators.reduce((n, o) => n + o.exceptions, 0) ?? 0) +
      (run?.sources.reduce((n, s) => n + s.stats().exceptions, 0) ?? 0) +
      (run?.sinks.reduce((n, s) => n + s.stats.exceptions, 0) ?? 0),
    failedRows,
    operatorTimes: operatorTimesOf(run),
    deadLetters: run?.deadLetters ?? 0,
    setAside,
    ...(rule.parked && { parked: rule.parked }),
    lastError: run?.lastError,
    checkpoint: {
      bytes: run?.checkpoints.bytes ?? 0,
      lastAtMs: run?.checkpoints.lastAtMs ?? 0,
      heldMessages: run?.checkpoints.heldCount ?? 0,
      failures: run?.checkpoints.failures ?? 0,
      lastError: run?.checkpoints.error ?? '',
    },
  };
}

function operatorTimesOf(run: RunStatusView | undefined): RuleHealth['operatorTimes'] {
  const times = run?.rowTimes.operators;
  if (!times) return [];
  // in the order of the flow
  return run.operators.flatMap(({ name: op }) => {
    const h = times.get(op);
    return h ? [{ op, rows: h.count, p50Us: h.quantileUs(0.5), p90Us: h.quantileUs(0.9), p99Us: h.quantileUs(0.99) }] : [];
  });
}

/** Sentences so far. */
interface Telling {
  readonly problems: string[];
  readonly notes: string[];
  readonly nowMs: number;
  readonly growth: Growth;
}

/** What was lost is a problem while it goes on, and a note for ever. */
function tellLoss(told: Telling, name: string, count: number, sentence: string): void {
  if (count === 0) return;
  const { on, lastMs } = told.growth.of(name, count, told.nowMs);
  if (on) told.problems.push(sentence);
  else told.notes.push(`${sentence} Seen last ${moment(lastMs)}.`);
}

function tellSource(s: SourceHealth, told: Telling): void {
  const { problems, nowMs } = told;
  if (s.connection !== 'connected')
    problems.push(
      `Source ${s.stream} is ${s.connection}${s.message ? `: ${s.message}` : ''}.${s.disconnectedAtMs > 0 ? ` It has been so ${since(s.disconnectedAtMs, nowMs)}.` : ''}`,
    );
  if (s.recentLosses >= FLAPPING) problems.push(flapping(`Source ${s.stream}`, s));
  tellLoss(
    told,
    `${s.stream} dropped`,
    s.dropped,
    `Source ${s.stream} dropped ${messages(s.dropped)} (${Object.keys(s.dropReasons).join(', ')}).`,
  );
  tellLoss(
    told,
    `${s.stream} peer dropped`,
    s.peerDropped,
    `The peer of source ${s.stream} dropped ${messages(s.peerDropped)} itself (all its clients together): it gives more than is read.`,
  );
  if (s.waitingMs >= WAITING_MS)
    problems.push(
      `Source ${s.stream} has been waiting ${span(s.waitingMs)} for the sinks of its rules; its peer may drop what it cannot hold.`,
    );
  // while the line is away its state says everything
  if (s.connection === 'connected') for (const d of s.devices) if (d.problem) problems.push(`Source ${s.stream}: ${d.problem}`);
}

function tellSink(s: SinkHealth, live: boolean, deadLetters: number, told: Telling): void {
  const { problems } = told;
  // a sink without a connection (nop) never tries one
  if (live && s.connection !== 'connected' && (s.connection === 'disconnected' || s.lastTryAtMs > 0))
    problems.push(`Sink ${s.sink} is ${s.connection}${s.message ? `: ${s.message}` : ''}.`);
  if (live && s.recentLosses >= FLAPPING) problems.push(flapping(`Sink ${s.sink}`, s));
  if (s.mode === 'spilling')
    problems.push(
      `Sink ${s.sink} is behind: ${rows(s.queueRows)} wait on disk ${s.queueOldestAtMs > 0 ? since(s.queueOldestAtMs, told.nowMs) : 'now'}${s.lastError ? ` (${s.lastError})` : ''}.`,
    );
  else if (s.mode === 'retrying') problems.push(`Sink ${s.sink} does not take data: ${s.lastError}`);
  if (s.storeError) problems.push(`Rows of sink ${s.sink} cannot be stored: ${s.storeError}; its sources wait.`);
  tellLoss(
    told,
    `${s.sink} refused`,
    s.refused,
    `Sink ${s.sink} refused ${rows(s.refused)}${deadLetters ? '; they went to the dead letter action' : ''}: ${s.lastError}`,
  );
  if (s.parked > 0)
    problems.push(
      `Sink ${s.sink} does not take ${rows(s.parked)}; they have been parked ${since(s.parkedOldestAtMs, told.nowMs)}: ${s.parkedReason}`,
    );
  if (live && s.parkError) problems.push(`Sink ${s.sink} does not take a row that cannot be parked: ${s.parkError}; its line waits.`);
  tellLoss(told, `${s.sink} dropped`, s.dropped, `Sink ${s.sink} discarded ${rows(s.dropped)}.`);
}

/** A rule reads on by the definition that its streams had when it started, as in eKuiper. */
function changedSources(run: RunStatusView, { statementOf }: Pick<RuleDefinition, 'statementOf'>): string[] {
  if (!statementOf) return [];
  return [...run.statements].flatMap(([name, before]) => {
    const now = statementOf(name);
    if (now === before) return [];
    return now === undefined
      ? `${name} was dropped after the rule started; the rule keeps running with the old definition, but cannot be started again without it.`
      : `${name} was replaced since the rule started; restart the rule to have it read the new definition.`;
  });
}

const failedOf = (op: string, { key, ...failed }: NonNullable<OperatorStats['failed']>): RuleHealth['failedRows'][number] => ({
  op,
  ...failed,
  ...(key !== undefined && { key }),
});
const flapping = (what: string, s: { recentLosses: number; lastLoss: string }): string =>
  `${what} lost its connection ${s.recentLosses} times in the last minute${s.lastLoss ? `: ${s.lastLoss}` : ''}.`;
