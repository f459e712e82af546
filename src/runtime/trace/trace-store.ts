// Spans of traced messages, kept in memory within bounds: the oldest traces go first. One per gateway. Written by rule-trace.ts, read by REST
// (/trace/{id}, /trace/rule/{id}) in eKuiper's shape, and handed to an exporter when one is set (service/otlp.ts).
import type { TraceLink } from '../../exec/traced.ts';

/** What a source does: a field device is read (Neuron), or messages come. */
export type SourceType = 'data-collection' | 'data-processing';

export interface Span {
  readonly name: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 zeros: it is the first. */
  readonly parentId: string;
  readonly ruleId: string;
  readonly data: string | undefined;
  /** eKuiper's `span.mytype`, of the span of a source only. */
  readonly sourceType?: SourceType | undefined;
  /** Traces that went into a window, or came out of one. */
  readonly links: readonly TraceLink[];
  /** Epoch microseconds. */
  readonly startUs: number;
  endUs: number;
}

/** One span with what is below it, as GET /trace/{id} gives it. */
export interface TraceTree {
  name: string;
  traceID: string;
  spanID: string;
  parentSpanID: string;
  attribute?: Record<string, unknown>;
  links?: { TraceID: string }[];
  startTime: string;
  endTime: string;
  ruleID: string;
  ChildSpan: TraceTree[];
}

export interface TraceStore {
  /** A span begins, with what its node gets. */
  began(span: Span): void;
  /** The spans of this rule go to the listener as they begin, in order, and are not kept. @returns ends it */
  tap(ruleId: string, listener: (span: Span) => void): () => void;
  add(span: Span): void;
  /** Ids of the last traces of a rule, oldest first. */
  ofRule(ruleId: string, limit?: number): string[];
  tree(traceId: string): TraceTree | undefined;
  /** The rule is gone. */
  forget(ruleId: string): void;
  /** Gets each span when it is kept; undefined: none. */
  exporter: ((span: Span) => void) | undefined;
  readonly size: number;
}

/** Spans of one trace; a rule that feeds itself makes no more. */
const MAX_SPANS = 500;
const MAX_TRACES_OF_RULE = 100;
const NO_PARENT = '0'.repeat(16);

export function createTraceStore(capacity = 2048): TraceStore {
  const traces = new Map<string, Span[]>();
  const rules = new Map<string, Set<string>>();
  const taps = new Map<string, (span: Span) => void>();
  const store: TraceStore = {
    exporter: undefined,
    began: (span) => taps.get(span.ruleId)?.(span),
    tap(ruleId, listener) {
      taps.set(ruleId, listener);
      return () => void taps.delete(ruleId);
    },
    add(span) {
      if (taps.has(span.ruleId)) return;
      let spans = traces.get(span.traceId);
      if (!spans) {
        if (traces.size >= capacity) drop(traces.keys().next().value!);
        traces.set(span.traceId, (spans = []));
      }
      if (spans.length >= MAX_SPANS) return;
      spans.push(span);
      let own = rules.get(span.ruleId);
      if (!own) rules.set(span.ruleId, (own = new Set()));
      own.add(span.traceId);
      if (own.size > MAX_TRACES_OF_RULE) own.delete(own.values().next().value!);
      store.exporter?.(span);
    },
    ofRule(ruleId, limit = MAX_TRACES_OF_RULE) {
      return limit > 0 ? [...(rules.get(ruleId) ?? [])].slice(-limit) : [];
    },
    tree(traceId) {
      const spans = traces.get(traceId);
      if (!spans) return undefined;
      const known = new Set(spans.map((s) => s.spanId));
      const root = spans.find((s) => !known.has(s.parentId));
      return root && treeOf(root, spans);
    },
    forget(ruleId) {
      rules.delete(ruleId);
    },
    get size() {
      return traces.size;
    },
  };
  const drop = (traceId: string) => {
    traces.delete(traceId);
    for (const [ruleId, own] of rules) if (own.delete(traceId) && own.size === 0) rules.delete(ruleId);
  };
  return store;
}

function treeOf(span: Span, all: readonly Span[]): TraceTree {
  return {
    name: span.name,
    traceID: span.traceId,
    spanID: span.spanId,
    parentSpanID: span.parentId || NO_PARENT,
    attribute: {
      ...(span.data !== undefined && { data: span.data }),
      rule: span.ruleId,
      ...(span.sourceType && { 'span.mytype': span.sourceType }),
    },
    ...(span.links.length > 0 && { links: span.links.map(({ traceId }) => ({ TraceID: traceId })) }),
    startTime: isoOf(span.startUs),
    endTime: isoOf(span.endUs),
    ruleID: span.ruleId,
    ChildSpan: all.filter((s) => s.parentId === span.spanId).map((s) => treeOf(s, all)),
  };
}

/** ISO 8601 with microseconds. */
function isoOf(us: number): string {
  const ms = Math.floor(us / 1000);
  return new Date(ms).toISOString().replace('Z', `${String(Math.round(us - ms * 1000)).padStart(3, '0')}Z`);
}
