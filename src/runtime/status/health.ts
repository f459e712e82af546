// Health of a rule in words and figures: what a person must know beyond "running". Called by Rule.health, REST and the status key `health`.
import type { OperatorStats } from '../../exec/operator.ts';
import type { RuleHealth } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Environment } from '../environment.ts';
import { ignoredOptions } from './ignored-options.ts';
import { keyProblems, keysOf, timeProblems } from './state-health.ts';
import type { RuleStatusView, RunStatusView } from './view.ts';

/** A source that waits longer for its rules is worth a word. */
const WAITING_MS = 2000;
/** So many losses in a minute are not an accident. */
const FLAPPING = 2;

export function healthOf(rule: RuleStatusView, env: Environment): RuleHealth {
  const run = rule.run;
  const sources = run?.sources.map((s) => s.health()) ?? [];
  const sinks = run?.sinks.map((s) => s.health()) ?? [];
  const problems: string[] = [];
  const live = rule.state === 'running' || rule.state === 'starting';
  if (rule.state === 'stoppedByError')
    problems.push(rule.parked ? `The rule is ${rule.message}` : `The rule stopped by an error: ${rule.message}`);
  if (live)
    for (const s of sources) {
      if (s.connection !== 'connected') problems.push(`Source ${s.stream} is ${s.connection}${s.message ? `: ${s.message}` : ''}.`);
      if (s.recentLosses >= FLAPPING) problems.push(flapping(`Source ${s.stream}`, s));
      if (s.dropped > 0) problems.push(`Source ${s.stream} dropped ${s.dropped} messages (${Object.keys(s.dropReasons).join(', ')}).`);
      if (s.peerDropped > 0)
        problems.push(
          `The peer of source ${s.stream} dropped ${s.peerDropped} messages itself (all its clients together): it gives more than is read.`,
        );
      if (s.waitingMs >= WAITING_MS)
        problems.push(
          `Source ${s.stream} has been waiting ${Math.round(s.waitingMs / 1000)} s for the sinks of its rules; its peer may drop what it cannot hold.`,
        );
      // while the line is away its state says everything
      if (s.connection === 'connected') for (const d of s.devices) if (d.problem) problems.push(`Source ${s.stream}: ${d.problem}`);
      if (s.undecodable > 0) problems.push(`Source ${s.stream} got ${s.undecodable} messages that cannot be decoded.`);
    }
  if (live && run) problems.push(...changedSources(run, rule.definition));
  for (const s of sinks) {
    // a sink without a connection (nop) never tries one
    if (live && s.connection !== 'connected' && (s.connection === 'disconnected' || s.lastTryAtMs > 0))
      problems.push(`Sink ${s.sink} is ${s.connection}${s.message ? `: ${s.message}` : ''}.`);
    if (live && s.recentLosses >= FLAPPING) problems.push(flapping(`Sink ${s.sink}`, s));
    if (s.mode === 'spilling')
      problems.push(
        `Sink ${s.sink} is behind: ${s.queueRows} rows wait on disk since ${time(s.queueOldestAtMs)}${s.lastError ? ` (${s.lastError})` : ''}.`,
      );
    else if (s.mode === 'retrying') problems.push(`Sink ${s.sink} does not take data: ${s.lastError}`);
    if (s.storeError) problems.push(`Rows of sink ${s.sink} cannot be stored: ${s.storeError}; its sources wait.`);
    if (s.refused > 0)
      problems.push(
        `Sink ${s.sink} refused ${s.refused} rows${run?.deadLetters ? '; they went to the dead letter action' : ''}: ${s.lastError}`,
      );
    if (s.parked > 0)
      problems.push(`Sink ${s.sink} does not take ${s.parked} rows; they are parked since ${time(s.parkedOldestAtMs)}: ${s.parkedReason}`);
    if (live && s.parkError) problems.push(`Sink ${s.sink} does not take a row that cannot be parked: ${s.parkError}; its line waits.`);
    if (s.dropped > 0) problems.push(`Sink ${s.sink} discarded ${s.dropped} rows.`);
  }
  const lateRows = run?.operators.reduce((n, o) => n + (o.dropped ?? 0), 0) ?? 0;
  if (lateRows > 0) problems.push(`${lateRows} rows came too late for their window.`);
  problems.push(...timeProblems(run?.operators ?? []), ...keyProblems(run?.operators ?? []));
  const failedRows = (run?.operators ?? []).flatMap((o) => (o.failed ? [failedOf(o.name, o.failed)] : []));
  for (const f of failedRows)
    problems.push(
      `${f.op} left out ${f.count} rows or groups that cannot be computed, the last ${f.key === undefined || f.key === '' ? '' : `of group ${f.key} `}` +
        `at ${time(f.atMs)}: ${f.text}${f.sample ? `; the row: ${f.sample}` : ''}.`,
    );
  if (run?.checkpoints.error) problems.push(`State cannot be stored: ${run.checkpoints.error}`);
  const exceptions =
    (run?.operators.reduce((n, o) => n + o.exceptions, 0) ?? 0) +
    (run?.sources.reduce((n, s) => n + s.stats().exceptions, 0) ?? 0) +
    (run?.sinks.reduce((n, s) => n + s.stats.exceptions, 0) ?? 0);
  const setAside = env.deps.suspects?.setAsideCount(rule.id) ?? 0;
  if (setAside > 0)
    problems.push(`${setAside} messages were not evaluated, since they ended the gateway before (kuiper show deadletters).`);
  for (const r of env.deps.store.reports()) problems.push(`${r.file}: ${r.text}`);
  return {
    state: rule.state,
    ok: problems.length === 0,
    problems,
    notes: ignoredOptions(rule.definition),
    sources,
    sinks,
    lateRows,
    aheadRows: run?.operators.reduce((n, o) => n + (o.ahead ?? 0), 0) ?? 0,
    keys: keysOf(run?.operators ?? []),
    exceptions,
    failedRows,
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
const time = (atMs: number): string => (atMs > 0 ? new Date(atMs).toISOString() : 'now');
