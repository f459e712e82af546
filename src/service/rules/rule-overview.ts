// One line per rule: what flows and what is wrong, for `kuiper top` and the console. Built from the rule's own status when somebody asks;
// nothing is kept or computed otherwise. Called by rest/routes/observe.ts.
import { isShadow, type RuleStatus } from '../../runtime/index.ts';

export interface RuleOverview {
  id: string;
  name: string;
  state: string;
  /** False when data that should flow does not. */
  ok: boolean;
  problems: readonly string[];
  /** Messages of all sources since the start of the run. */
  recordsIn: number;
  /** Rows given to all sinks since the start of the run. */
  recordsOut: number;
  exceptions: number;
  /** Rows that wait in memory before operators and sinks. */
  waiting: number;
  lastMessageAtMs: number;
  startedAtMs: number;
  tags: readonly string[];
}

export function overviewOf(
  { id, name, status: state, tags }: { id: string; name: string; status: string; tags: readonly string[] | null },
  status: RuleStatus,
): RuleOverview {
  let recordsIn = 0;
  let recordsOut = 0;
  let waiting = 0;
  let exceptions = 0;
  let lastMessageAtMs = 0;
  for (const [key, value] of Object.entries(status)) {
    if (typeof value !== 'number' || isShadow(key)) continue;
    const source = key.startsWith('source_');
    if (key.endsWith('_exceptions_total')) exceptions += value;
    else if (key.endsWith('_buffer_length')) waiting += value;
    else if (source && key.endsWith('_records_in_total')) recordsIn += value;
    else if (source && key.endsWith('_last_invocation')) lastMessageAtMs = Math.max(lastMessageAtMs, value);
    else if (key.startsWith('sink_') && key.endsWith('_records_in_total')) recordsOut += value;
  }
  const health = status['health'] as { ok?: boolean; problems?: readonly string[] } | undefined;
  const problems = health?.problems ?? (status['message'] ? [String(status['message'])] : []);
  return {
    id,
    name,
    state,
    ok: health?.ok ?? state === 'running',
    problems,
    recordsIn,
    recordsOut,
    exceptions,
    waiting,
    lastMessageAtMs,
    startedAtMs: Number(status['lastStartTimestamp'] ?? 0),
    tags: tags ?? [],
  };
}
