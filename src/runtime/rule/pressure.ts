// Backpressure of one run: its sources are asked to wait while a sink is behind or too much is under way. Told by sinks, lookups and delay();
// next: source/source-node.ts.

/** Asynchronous lookups under way at which the sources are asked to wait. */
export const MAX_PENDING = 256;

export interface PressureDeps {
  /** bufferFullPolicy: wait */
  waits: boolean;
  /** Lookups under way and results that wait for delay(). */
  pending(): number;
  /** Asks the sources to wait (+1) or lets them go on (-1). */
  press(change: 1 | -1): void;
}

export class Pressure {
  private readonly deps: PressureDeps;
  private readonly behindSinks = new Set<object>();
  private pressing = false;
  private ended = false;

  constructor(deps: PressureDeps) {
    this.deps = deps;
  }

  behind(sink: object, yes: boolean): void {
    if (yes) this.behindSinks.add(sink);
    else this.behindSinks.delete(sink);
    this.update();
  }

  /** Something came or went. */
  update(): void {
    const { deps } = this;
    this.set(!this.ended && deps.waits && (this.behindSinks.size > 0 || deps.pending() >= MAX_PENDING));
  }

  /** The run is ending: no sink makes its sources wait any more. */
  stop(): void {
    this.ended = true;
  }

  /** It has ended: what waited goes on. */
  end(): void {
    this.ended = true;
    this.set(false);
  }

  private set(yes: boolean): void {
    if (this.pressing === yes) return;
    this.pressing = yes;
    this.deps.press(yes ? 1 : -1);
  }
}
