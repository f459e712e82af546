// Records what happens to the messages of one rule while it is traced. A traced rule runs a program whose operators are wrapped (traced.ts), so a rule
// that is not traced costs nothing. Pushes are synchronous: the span under way is the parent of what begins within it.

import type { Clock } from '../../base/clock.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { maskValue } from '../../base/secrets.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Row } from '../../data/value.ts';
import type { HeldSpan, TraceLink, TraceSpan, TraceTarget } from '../../exec/traced.ts';
import type { SourceType, Span, TraceStore } from './trace-store.ts';

/** `always`: each message; `head`: those that bring a trace context (W3C traceparent in MQTT 5 user properties). */
export type TraceStrategy = 'always' | 'head';

/** Characters of data that a span keeps. */
const MAX_DATA = 4096;
const MAX_LINKS = 100;
const NO_PARENT = '0'.repeat(16);

interface Context {
  traceId: string;
  spanId: string;
}

class OpenSpan implements TraceSpan {
  readonly span: Span;
  readonly outer: Context;

  constructor(span: Span, outer: Context) {
    this.span = span;
    this.outer = outer;
  }
}

class SpanOnHold implements HeldSpan {
  readonly held: Span;

  constructor(held: Span) {
    this.held = held;
  }
}

export class RuleTrace implements TraceTarget {
  readonly strategy: TraceStrategy;
  shift = 0;
  private readonly ruleId: string;
  private readonly store: TraceStore;
  private readonly clock: Clock;
  /** The span under way. */
  private current: Context | Span | undefined;
  /** Messages whose way began before they were decoded (interval of the source). */
  private readonly begun = new WeakMap<object, Context>();
  /** Spans that wait for an answer. */
  private readonly held = new Set<Span>();

  constructor(ruleId: string, strategy: TraceStrategy, store: TraceStore, clock: Clock) {
    this.ruleId = ruleId;
    this.strategy = strategy;
    this.store = store;
    this.clock = clock;
  }

  // ------------------------------------------------------------------------------------------------------------- sources

  /** A message arrived at a source that keeps only the last one of an interval: its way begins, whether it goes on or not. */
  arrived(stream: string, data: unknown, meta: Meta | undefined): void {
    if (typeof data !== 'object' || data === null) return;
    const root = this.root(stream, data, meta);
    if (!root) return;
    const limit = this.span('2_ratelimit', root, payloadText(data));
    this.store.add(limit);
    this.begun.set(data, limit);
  }

  /** A message is decoded and given to rules within `work`. @param limited it went through `arrived` */
  message(stream: string, data: unknown, meta: Meta | undefined, limited: boolean, work: () => void): void {
    const before = (typeof data === 'object' && data !== null ? this.begun.get(data) : undefined) ?? this.root(stream, data, meta);
    if (!before) return this.inside(undefined, work);
    const bytes = typeof data === 'string' || data instanceof Uint8Array;
    if (!bytes) return this.inside(before, work);
    const decoder = this.span(limited ? '3_decoder' : '2_decoder', before, payloadText(data));
    this.inside(decoder, work);
    this.end(decoder);
  }

  private root(stream: string, data: unknown, meta: Meta | undefined): Context | undefined {
    const incoming = contextOf(meta);
    if (!incoming && this.strategy === 'head') return undefined;
    const sourceType = meta?.['sourceKind'] === 'neuron' ? 'data-collection' : 'data-processing';
    const root = this.span(stream, incoming, payloadText(data), [], sourceType);
    this.store.add(root);
    return root;
  }

  // ----------------------------------------------------------------------------------------------------- operators and sinks

  begin(name: string, row: () => unknown): TraceSpan | undefined {
    const { current } = this;
    if (!current) return undefined;
    const span = this.span(name, current, dataText(row()));
    this.current = span;
    return new OpenSpan(span, current);
  }

  finish(s: TraceSpan | undefined): void {
    if (!(s instanceof OpenSpan)) return;
    this.current = s.outer;
    if (!this.held.has(s.span)) this.end(s.span);
  }

  hold(): HeldSpan | undefined {
    const { current } = this;
    if (!current || !('endUs' in current)) return undefined;
    this.held.add(current);
    return new SpanOnHold(current);
  }

  resume(held: HeldSpan | undefined, work: () => void): void {
    if (!(held instanceof SpanOnHold)) return work();
    const { held: span } = held;
    this.held.delete(span);
    this.inside(span, work);
    this.end(span);
  }

  /** A window gives out rows: a trace of its own, linked with those of its rows. */
  fired(name: string, links: readonly TraceLink[], row: () => unknown, work: () => void): void {
    if (links.length === 0) return work();
    const span = this.span(name, undefined, dataText(row()), links.slice(-MAX_LINKS));
    this.inside(span, work);
    this.end(span);
  }

  get link(): TraceLink | undefined {
    const { current } = this;
    return current && { traceId: current.traceId, spanId: current.spanId };
  }

  /** W3C trace context of the span under way, for those who get the result. */
  get traceparent(): string | undefined {
    const { current } = this;
    return current && `00-${current.traceId}-${current.spanId}-01`;
  }

  inside(context: Context | undefined, work: () => void): void {
    const outer = this.current;
    this.current = context;
    try {
      work();
    } finally {
      this.current = outer;
    }
  }

  private span(
    name: string,
    parent: Context | undefined,
    data: string | undefined,
    links: readonly TraceLink[] = [],
    sourceType?: SourceType,
  ): Span {
    const startUs = this.nowUs();
    const span: Span = {
      name,
      traceId: parent?.traceId ?? hex(16),
      spanId: hex(8),
      parentId: parent?.spanId ?? NO_PARENT,
      ruleId: this.ruleId,
      data,
      sourceType,
      links,
      startUs,
      endUs: startUs,
    };
    this.store.began(span);
    return span;
  }

  private end(span: Span): void {
    span.endUs = this.nowUs();
    this.store.add(span);
  }

  private nowUs(): number {
    const fraction = this.clock.monotonic() % 1;
    return Math.round((this.clock.now() + fraction) * 1000);
  }
}

/** Gives a message of a source to its rules within a span of each traced one. */
export function tracedMessage(
  source: { readonly name: string; readonly limited: boolean; readonly traces: Iterable<RuleTrace> },
  data: unknown,
  meta: Meta | undefined,
  give: () => void,
): void {
  let work = give;
  for (const trace of source.traces) {
    const inner = work;
    work = () => trace.message(source.name, data, meta, source.limited, inner);
  }
  work();
}

const hex = (bytes: number): string => nodeCrypto().randomBytes(bytes).toString('hex');

/** W3C: `00-<trace id>-<parent id>-<flags>`; all zeros are no ids. */
export function contextOf(meta: Meta | undefined): Context | undefined {
  const given = (meta?.['properties'] as Row | undefined)?.['traceparent'];
  const m = typeof given === 'string' ? /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/.exec(given) : null;
  if (!m || /^0+$/.test(m[1]!) || /^0+$/.test(m[2]!)) return undefined;
  return { traceId: m[1]!, spanId: m[2]! };
}

/** Bytes in base64, as eKuiper shows them. */
function payloadText(data: unknown): string | undefined {
  if (data instanceof Uint8Array) return Buffer.from(data.subarray(0, MAX_DATA)).toString('base64');
  if (typeof data === 'string') return Buffer.from(data.slice(0, MAX_DATA)).toString('base64');
  return dataText(data);
}

function dataText(data: unknown): string | undefined {
  if (data instanceof Uint8Array || typeof data === 'string') return payloadText(data);
  const text = JSON.stringify(maskValue(data), (_key, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
  return text?.slice(0, MAX_DATA);
}
