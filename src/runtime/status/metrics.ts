// Prometheus text exposition with eKuiper's names, then ours (rules.md §2). Called by REST /metrics.
import { connectionCode } from '../node-stats.ts';
import { bounds, type Histogram } from './histogram.ts';
import { nodesOf } from './status.ts';
import type { RuleStatusView } from './view.ts';

type Kind = 'counter' | 'gauge' | 'histogram';
/** One measurement stands for so many rows. */
const SAMPLED = 16;

interface Family {
  kind: Kind;
  help: string;
  lines: string[];
}

export function metricsText(rules: Iterable<RuleStatusView>): string {
  const families = new Map<string, Family>();
  const put = (name: string, kind: Kind, help: string, labels: Record<string, string>, value: number, suffix = '') => {
    let f = families.get(name);
    if (!f) {
      f = { kind, help, lines: [] };
      families.set(name, f);
    }
    const text = Object.entries(labels)
      .map(([k, v]) => `${k}="${labelText(v)}"`)
      .join(',');
    f.lines.push(`${name}${suffix}{${text}} ${value}`);
  };
  const putHistogram = (name: string, help: string, labels: Record<string, string>, h: Histogram) => {
    let below = 0;
    h.counts.forEach((n, i) => {
      below += n;
      put(name, 'histogram', help, { ...labels, le: String(bounds[i] ?? '+Inf') }, below, '_bucket');
    });
    put(name, 'histogram', help, labels, h.sumUs, '_sum');
    put(name, 'histogram', help, labels, h.count, '_count');
  };
  let running = 0;
  let stopped = 0;
  for (const rule of rules) {
    if (rule.state === 'running') running++;
    else stopped++;
    put(
      'kuiper_rule_status',
      'gauge',
      'gauge of rule status',
      { rule: rule.id },
      rule.state === 'running' ? 1 : rule.state === 'stoppedByError' ? -1 : 0,
    );
    for (const n of nodesOf(rule)) {
      const labels = { rule: rule.id, type: n.kind, op: n.name, op_instance: '0' };
      const family = (metric: string) => `kuiper_${n.kind}_${metric}`;
      put(family('records_in_total'), 'counter', 'Total number of messages received', labels, n.stats.recordsIn);
      put(family('records_out_total'), 'counter', 'Total number of messages published', labels, n.stats.recordsOut);
      put(family('messages_processed_total'), 'counter', 'Total number of messages processed', labels, n.stats.processed);
      put(family('exceptions_total'), 'counter', 'Total number of user exceptions', labels, n.stats.exceptions);
      put(family('process_latency_us'), 'gauge', 'Process latency in microseconds', labels, n.stats.latencyUs);
      put(family('buffer_length'), 'gauge', 'Length of the buffer of the operator', labels, n.stats.bufferLength);
      if (n.connection) {
        const help = 'Connection status: 1 connected, 0 connecting, -1 disconnected';
        put(family('connection_status'), 'gauge', help, labels, connectionCode(n.connection));
        const lost = n.connection.state === 'disconnected' ? 1 : 0;
        put(family('connection_lost'), 'gauge', '1 while there is no connection, whether there was one before or not', labels, lost);
      }
    }
    if (!rule.run) continue;
    const { program: latency, operators } = rule.run.rowTimes;
    putHistogram('kuiper_rule_process_latency_us_hist', 'Time of the program per row, of one row in 16', { rule: rule.id }, latency);
    put(
      'kuiper_rule_cpu_ms_total',
      'counter',
      'Time of the program, from one row in 16',
      { rule: rule.id },
      (latency.sumUs * SAMPLED) / 1000,
    );
    for (const [op, h] of operators)
      putHistogram(
        'kuiper_op_process_latency_us_hist',
        'Time of an operator per row, without those behind it, of one row in 10 ms at most',
        { rule: rule.id, type: 'op', op, op_instance: '0' },
        h,
      );
    put('kuiper_rule_ok', 'gauge', 'Health of the rule: 1 ok, 0 not', { rule: rule.id }, rule.health().ok ? 1 : 0);
    for (const s of rule.run.sources)
      putHistogram(
        'kuiper_source_process_latency_us_hist',
        'Time until all rules have evaluated a message, of one in 16',
        { rule: rule.id, type: 'source', op: s.nodeName, op_instance: '0' },
        s.latency,
      );
    for (const s of rule.run.sinks)
      putHistogram(
        'kuiper_sink_process_latency_us_hist',
        'Time to make a result ready and hand it over, of one in 16',
        { rule: rule.id, type: 'sink', op: s.name, op_instance: '0' },
        s.latency,
      );
    for (const s of rule.run.sources.map((v) => v.health())) {
      const labels = { rule: rule.id, op: s.stream };
      put('kuiper_source_dropped_total', 'counter', 'Messages that a source could not keep', labels, s.dropped);
      put(
        'kuiper_source_peer_dropped_total',
        'counter',
        'Messages that the peer says it dropped, for all its clients',
        labels,
        s.peerDropped,
      );
      put('kuiper_source_undecodable_total', 'counter', 'Messages that could not be decoded', labels, s.undecodable);
      put('kuiper_source_reconnects_total', 'counter', 'Times that the connection was made again', labels, s.reconnects);
      put('kuiper_source_unconfirmed', 'gauge', 'Messages whose confirmation to the peer waits', labels, s.unconfirmed);
    }
    for (const s of rule.run.sinks.map((v) => v.health())) {
      const labels = { rule: rule.id, op: s.sink };
      put('kuiper_sink_retried_total', 'counter', 'Rounds of retrying', labels, s.retried);
      put('kuiper_sink_spilled_total', 'counter', 'Rows that went to the durable queue', labels, s.spilled);
      put('kuiper_sink_dropped_total', 'counter', 'Rows discarded at a limit', labels, s.dropped);
      put('kuiper_sink_refused_total', 'counter', 'Rows that the sink will never take', labels, s.refused);
      put('kuiper_sink_parked_rows', 'gauge', 'Rows that the sink does not take, parked on disk', labels, s.parked);
      put('kuiper_sink_reconnects_total', 'counter', 'Times that the connection was made again', labels, s.reconnects);
      put('kuiper_sink_queue_rows', 'gauge', 'Rows in the durable queue', labels, s.queueRows);
      put('kuiper_sink_queue_bytes', 'gauge', 'Bytes in the durable queue', labels, s.queueBytes);
    }
    put('kuiper_rule_dead_letters_total', 'counter', 'Given to dead letter actions', { rule: rule.id }, rule.run.deadLetters);
    put('kuiper_rule_held_messages', 'gauge', 'Messages that wait for a checkpoint', { rule: rule.id }, rule.run.checkpoints.heldCount);
    put('kuiper_rule_state_bytes', 'gauge', 'Size of the last checkpoint', { rule: rule.id }, rule.run.checkpoints.bytes);
  }
  put('kuiper_rule_count', 'gauge', 'gauge of rule count', { status: 'running' }, running);
  put('kuiper_rule_count', 'gauge', 'gauge of rule count', { status: 'stop' }, stopped);
  let out = '';
  for (const [name, f] of families) out += `# HELP ${name} ${f.help}\n# TYPE ${name} ${f.kind}\n${f.lines.join('\n')}\n`;
  return out;
}

const labelText = (v: string): string => v.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
