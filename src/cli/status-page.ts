// State and health of a rule on a terminal: what a person asks first stands first. Used by `kuiper getstatus rule` and `gethealth rule`.
import type { Style } from './output.ts';
import { type Cell, renderTable } from './table.ts';

type Paint = (style: Style, text: string) => string;

interface Health {
  state: string;
  ok: boolean;
  problems: readonly string[];
  notes?: readonly string[];
  sources?: readonly { stream: string; connection: string; message: string; lastMessageAtMs: number }[];
  sinks?: readonly {
    sink: string;
    connection: string;
    mode: string;
    waiting: number;
    queueRows: number;
    parked: number;
    lastError: string;
  }[];
}

const ago = (atMs: number, nowMs = Date.now()): string => {
  if (!atMs) return 'never';
  const s = Math.max(0, Math.round((nowMs - atMs) / 1000));
  return s < 2 ? 'now' : s < 120 ? `${s} s ago` : s < 7200 ? `${Math.round(s / 60)} min ago` : `${Math.round(s / 3600)} h ago`;
};

export function healthPage(value: Health, paint: Paint): string {
  const { state, ok, problems, notes = [], sources = [], sinks = [] } = value;
  return [
    ok ? paint('good', `${state}, ok`) : paint('bad', `${state}, not ok`),
    ...problems.map((p) => paint('bad', `  ! ${p}`)),
    ...notes.map((n) => paint('warn', `  note: ${n}`)),
    ...sources.map(
      (s) => `  source ${s.stream}: ${s.connection}, last message ${ago(s.lastMessageAtMs)}${s.message ? ` (${s.message})` : ''}`,
    ),
    ...sinks.map((s) => {
      const waits = s.waiting + s.queueRows;
      return `  sink ${s.sink}: ${s.connection}, ${s.mode}${waits ? `, ${waits} rows wait` : ''}${s.parked ? `, ${s.parked} parked` : ''}${s.lastError ? `; last error: ${s.lastError}` : ''}`;
    }),
  ].join('\n');
}

const METRIC =
  /^(.+)_(records_in_total|records_out_total|exceptions_total|buffer_length|process_latency_us|last_invocation|last_exception)$/;

export function statusPage(columns: number, color: boolean) {
  return (value: Record<string, unknown>, paint: Paint): string => {
    const nodes = new Map<string, Record<string, unknown>>();
    for (const [key, v] of Object.entries(value)) {
      const [, node, metric] = METRIC.exec(key) ?? [];
      if (node === undefined) continue;
      const of = nodes.get(node) ?? {};
      of[metric!] = v;
      nodes.set(node, of);
    }
    const count = (v: unknown): number => Number(v ?? 0);
    const rows = [...nodes].map(([node, m]): Cell[] => [
      node.replace(/_0$/, ''),
      count(m['records_in_total']),
      count(m['records_out_total']),
      count(m['buffer_length']),
      count(m['exceptions_total']),
      count(m['process_latency_us']),
      ago(count(m['last_invocation'])),
      m['last_exception'] ? { text: String(m['last_exception']), style: 'bad' } : '',
    ]);
    const health = value['health'] as Health | undefined;
    const state = String(value['status']);
    const head = health
      ? healthPage({ ...health, state, sources: [], sinks: [] }, paint)
      : `${state}${value['message'] ? `: ${String(value['message'])}` : ''}`;
    if (rows.length === 0) return head;
    return `${head}\n\n${renderTable(['NODE', 'IN', 'OUT', 'WAITING', 'ERRORS', 'µs', 'LAST', 'LAST ERROR'], rows, columns, color)}`;
  };
}
