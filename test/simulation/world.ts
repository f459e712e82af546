// Virtual time of a simulated gateway: one queue of events in order of time, one source of randomness, one trace. Everything that the gateway waits
// for comes from here, so that the same seed gives the same run. The globals are replaced by globals.ts.

import { realTurn } from './real.ts';

export interface Owner {
  /** False: the process was killed; nothing of it happens any more. */
  alive: boolean;
}

interface Event {
  atMs: number;
  seq: number;
  fire: () => void;
  owner: Owner | undefined;
  cleared: boolean;
}

export type EventHandle = Pick<Event, 'cleared'>;

/** Seeded numbers 0 ≤ x < 1 (sfc32). */
export function createRandom(seed: number): () => number {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88, 0xb7e15162 ^ Math.imul(seed, 0x85ebca6b), 1];
  const next = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

export class World {
  /** Monotonic. */
  nowMs = 0;
  /** Wall time is monotonic time and this. */
  wallOffsetMs = Date.UTC(2026, 5, 1);
  events = 0;
  readonly random: () => number;
  /** Process whose code runs now: its timers die with it. */
  current: Owner | undefined;
  private readonly heap: Event[] = [];
  private readonly immediates: { fire: () => void; owner: Owner | undefined }[] = [];
  private seq = 0;
  private hash = 0x811c9dc5;
  /** The last lines, or all of them. */
  readonly lines: string[] = [];
  private readonly keepLines: number;

  constructor(seed: number, keepLines = 400) {
    this.random = createRandom(seed);
    this.keepLines = keepLines;
  }

  get wallMs(): number {
    return this.nowMs + this.wallOffsetMs;
  }

  // ---------------------------------------------------------------------------------------------------------------- chance

  chance(p: number): boolean {
    return this.random() < p;
  }

  /** Whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }

  // ----------------------------------------------------------------------------------------------------------------- trace

  trace(line: string): void {
    const text = `${(this.nowMs / 1000).toFixed(3).padStart(9)} ${line}`;
    for (let i = 0; i < text.length; i++) this.hash = Math.imul(this.hash ^ text.charCodeAt(i), 0x01000193);
    this.lines.push(text);
    if (this.lines.length > 2 * this.keepLines) this.lines.splice(0, this.lines.length - this.keepLines);
  }

  /** Equal for equal runs. */
  get fingerprint(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }

  // ------------------------------------------------------------------------------------------------------------------ time

  at(delayMs: number, fire: () => void, owner: Owner | undefined = undefined): EventHandle {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), seq: ++this.seq, fire, owner, cleared: false };
    this.push(event);
    return event;
  }

  immediate(fire: () => void, owner: Owner | undefined): void {
    this.immediates.push({ fire, owner });
  }

  /** Lets everything that was begun come to rest, without time passing. */
  async settle(): Promise<void> {
    await realTurn();
    while (this.immediates.length > 0) {
      for (const { fire, owner } of this.immediates.splice(0)) if (owner?.alive !== false) this.as(owner, fire);
      await realTurn();
    }
  }

  /** Runs code of a process. */
  as(owner: Owner | undefined, fire: () => void): void {
    const outer = this.current;
    this.current = owner ?? outer;
    try {
      fire();
    } finally {
      this.current = outer;
    }
  }

  /** Until that time, or until `until` says so. @param after called when all has come to rest after each event */
  async run(forMs: number, until: () => boolean = () => false, after: () => Promise<void> | void = () => undefined): Promise<boolean> {
    const endMs = this.nowMs + forMs;
    await this.settle();
    while (!until()) {
      const next = this.heap[0];
      if (!next || next.atMs > endMs) {
        this.nowMs = endMs;
        return until();
      }
      this.pop();
      if (next.cleared || next.owner?.alive === false) continue;
      this.nowMs = next.atMs;
      this.events++;
      this.as(next.owner, next.fire);
      await this.settle();
      await after();
    }
    return true;
  }

  // ------------------------------------------------------------------------------------------------------------------ heap

  private less(i: number, j: number): boolean {
    const a = this.heap[i]!;
    const b = this.heap[j]!;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
  }

  private swap(i: number, j: number): void {
    const a = this.heap[i]!;
    this.heap[i] = this.heap[j]!;
    this.heap[j] = a;
  }

  private push(event: Event): void {
    let i = this.heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.less(i, parent)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  private pop(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    let i = 0;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < this.heap.length && this.less(child, least)) least = child;
      if (least === i) return;
      this.swap(i, least);
      i = least;
    }
  }
}
