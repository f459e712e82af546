// Status of a rule with eKuiper's keys, in its order (rules.md §2). Called by Rule.status.
import type { RuleStatus } from '../api.ts';
import { stateTexts } from '../api.ts';
import { type ConnectionStats, connectionCode, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { RuleStatusView, SinkStatusView } from './view.ts';

/** Metrics of one node under their wire names. */
export function nodeMetrics(s: NodeStats, c?: ConnectionStats): Record<string, unknown> {
  return {
    records_in_total: s.recordsIn,
    records_out_total: s.recordsOut,
    messages_processed_total: s.processed,
    process_latency_us: s.latencyUs,
    buffer_length: s.bufferLength,
    last_invocation: s.lastInvocationAtMs,
    exceptions_total: s.exceptions,
    last_exception: s.lastException,
    last_exception_time: s.lastExceptionAtMs,
    // ours: late rows; only when there are any
    ...(s.dropped && { records_dropped_total: s.dropped }),
    ...(c && {
      connection_status: connectionCode(c),
      connection_last_connected_time: c.lastConnectedAtMs,
      connection_last_disconnected_time: c.lastDisconnectedAtMs,
      connection_last_disconnected_message: c.lastDisconnectedMessage,
      connection_last_try_time: c.lastTryAtMs,
    }),
  };
}

export interface NodeStatus {
  kind: 'source' | 'op' | 'sink';
  name: string;
  stats: NodeStats;
  connection: ConnectionStats | undefined;
}

/** Nodes of the current or last run in order of the flow; [] for a rule that never ran. */
export function nodesOf(rule: RuleStatusView): NodeStatus[] {
  const run = rule.run;
  if (!run) return [];
  // operators do not look at the clock for each row: their last call is that of the sources
  const lastMs = Math.max(0, ...run.sources.map((s) => s.stats().lastInvocationAtMs));
  return [
    ...run.sources.map((s): NodeStatus => ({ kind: 'source', name: s.nodeName, stats: s.stats(), connection: s.connection() })),
    ...run.sources.flatMap((s) => operator(s.decoder())),
    ...run.operators.map(
      (s): NodeStatus => ({
        kind: 'op',
        name: s.name,
        stats: { ...s, processed: s.processed || s.recordsIn, lastInvocationAtMs: s.lastInvocationAtMs || (s.recordsIn ? lastMs : 0) },
        connection: undefined,
      }),
    ),
    ...run.sinks.flatMap(shapingOf),
    ...run.sinks.map(
      (s): NodeStatus => ({ kind: 'sink', name: s.name, stats: { ...s.stats, bufferLength: s.pending }, connection: s.connection }),
    ),
  ];
}

const operator = (stats: NodeStats | undefined): NodeStatus[] =>
  stats ? [{ kind: 'op', name: stats.name, stats, connection: undefined }] : [];

/** What results go through before a sink has them: steps of the same node here, nodes of their own in eKuiper's status. */
function shapingOf({ name, stats, shaped, encodes }: SinkStatusView): NodeStatus[] {
  const step = (place: string, recordsIn: number, exceptions: number): NodeStats => ({
    ...createNodeStats(`${name}_${place}`),
    recordsIn,
    processed: recordsIn,
    recordsOut: stats.recordsIn,
    exceptions,
    lastException: exceptions ? shaped.failing.reason : '',
    lastExceptionAtMs: exceptions ? shaped.failing.lastAtMs : 0,
    lastInvocationAtMs: stats.lastInvocationAtMs,
  });
  return [
    ...operator(step('0_transform', shaped.seen, shaped.failing.count)),
    ...(encodes ? operator(step('1_encode', stats.recordsIn, 0)) : []),
  ];
}

/** Nodes of status whose failures and rows the source or the sink counts as well. */
export const isShadow = (key: string): boolean => /^op_.*_(decoder|transform|encode)_0_[a-z_]+$/.test(key);

function head(rule: RuleStatusView): Record<string, unknown> {
  return {
    status: stateTexts[rule.state],
    message: rule.message,
    lastStartTimestamp: rule.lastStartAtMs,
    lastStopTimestamp: rule.lastStopAtMs,
    nextStartTimestamp: rule.nextStartAtMs,
  };
}

export function statusOf(rule: RuleStatusView): RuleStatus {
  const out = head(rule);
  for (const n of nodesOf(rule)) {
    const prefix = `${n.kind}_${n.name}_0_`;
    for (const [metric, value] of Object.entries(nodeMetrics(n.stats, n.connection))) out[prefix + metric] = value;
  }
  out['health'] = rule.health();
  return out;
}
