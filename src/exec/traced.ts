// Operators of a rule that is traced: each call is a span, and what it pushes on is below it. Made by compile/chain.ts only for traced rules.
import type { Tuple } from '../data/tuple.ts';
import type { Collection, Operator } from './operator.ts';

/** Opaque: what `begin` gave and `finish` takes. */
export interface TraceSpan {
  readonly span: unknown;
  readonly outer: unknown;
}

/** Opaque: what `hold` gave and `resume` takes. */
export interface HeldSpan {
  readonly held: unknown;
}

/** A span of another trace. */
export interface TraceLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** Who records (runtime/trace/rule-trace.ts). */
export interface TraceTarget {
  /** @returns undefined when no message that is traced is under way */
  begin(name: string, row: () => unknown): TraceSpan | undefined;
  finish(span: TraceSpan | undefined): void;
  /** The span under way goes on after its call has returned, until `resume`. @returns undefined when none is under way */
  hold(): HeldSpan | undefined;
  /** What that span waited for is there: it ends after `work`, and what begins within is below it. */
  resume(held: HeldSpan | undefined, work: () => void): void;
  fired(name: string, links: readonly TraceLink[], row: () => unknown, work: () => void): void;
  /** The span under way; undefined = none. */
  readonly link: TraceLink | undefined;
  /** eKuiper counts nodes that we do not have (the rate limit of a source): operators are called by a number so much higher. */
  readonly shift: number;
}

/** The same trace for a program within a program, whose operators have names of their own. */
export function tracedAs(target: TraceTarget, named: (operator: string) => string): TraceTarget {
  return {
    begin: (name, row) => target.begin(named(name), row),
    finish: (span) => target.finish(span),
    hold: () => target.hold(),
    resume: (held, work) => target.resume(held, work),
    fired: (name, links, row, work) => target.fired(named(name), links, row, work),
    get link() {
      return target.link;
    },
    get shift() {
      return target.shift;
    },
  };
}

/** Traces that a window remembers for its next firing. */
const MAX_LINKS = 100;

/** A row as a person may see it. */
export type ShowRow = (t: Tuple) => unknown;

/** @param note a window took a row of the trace under way */
export function traced(op: Operator, name: string, target: TraceTarget, show: ShowRow, note?: () => void): Operator {
  return {
    ...op,
    row(t) {
      const span = target.begin(name, () => show(t));
      note?.();
      try {
        op.row(t);
      } finally {
        target.finish(span);
      }
    },
    rows(c) {
      const span = target.begin(name, () => c.rows.map(show));
      note?.();
      try {
        op.rows(c);
      } finally {
        target.finish(span);
      }
    },
  };
}

/** A window keeps rows of many traces: what it gives out is a trace of its own with links to them. */
export function tracedWindow(name: string, target: TraceTarget, show: ShowRow, next: Operator): { note(): void; next: Operator } {
  const links = new WindowLinks(name, target);
  return {
    note: () => links.note(),
    next: {
      ...next,
      row: (t) => next.row(t),
      rows: (c: Collection) =>
        links.fired(
          () => c.rows.map(show),
          () => next.rows(c),
        ),
    },
  };
}

/** The traces whose rows a window took since it last gave something out. */
export class WindowLinks {
  private readonly name: string;
  private readonly target: TraceTarget;
  private links: TraceLink[] = [];

  constructor(name: string, target: TraceTarget) {
    this.name = name;
    this.target = target;
  }

  /** It took a row of the trace under way. */
  note(): void {
    const { link } = this.target;
    if (link === undefined || this.links.at(-1)?.traceId === link.traceId) return;
    if (this.links.length >= MAX_LINKS) this.links.shift();
    this.links.push(link);
  }

  fired(rows: () => unknown, work: () => void): void {
    const from = this.links;
    this.links = [];
    this.target.fired(this.name, from, rows, work);
  }
}
