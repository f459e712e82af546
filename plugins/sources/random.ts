// Random numbers, as eKuiper's plugin of this name: options `interval` (ms), `seed` (count takes whole numbers below it), `pattern` (an object
// that goes with each row), `deduplicate` (n: a number is not given again among the last n; 0 = no matter, -1 = never again).
import type { Emit, Props, SourceContext } from 'kuiper-gateway';

export class Random {
  #intervalMs = 1000;
  #seed = 1;
  #pattern: Record<string, unknown> = { count: 0 };
  #memory = 0;
  #seen: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  configure(_datasource: string, props: Props): void {
    this.#intervalMs = this.#positive(props, 'interval', 1000);
    this.#seed = this.#positive(props, 'seed', 1);
    const pattern = props['pattern'] ?? { count: 0 };
    if (typeof pattern !== 'object' || Array.isArray(pattern))
      throw new Error('source `random` property `pattern` is required to be an object');
    this.#pattern = pattern as Record<string, unknown>;
    this.#memory = Number(props['deduplicate'] ?? 0);
    if (!Number.isInteger(this.#memory)) throw new Error('source `random` property `deduplicate` must be a whole number');
  }

  open(ctx: SourceContext, emit: Emit): void {
    const seen = ctx.getState('seen');
    this.#seen = Array.isArray(seen) ? [...(seen as number[])] : [];
    this.#timer = setInterval(() => {
      const count = Math.floor(Math.random() * this.#seed);
      if (this.#memory !== 0) {
        if (this.#seen.includes(count)) return;
        this.#seen.push(count);
        if (this.#memory > 0 && this.#seen.length > this.#memory) this.#seen.shift();
        ctx.putState('seen', this.#seen);
      }
      void emit({ ...this.#pattern, count } as never);
    }, this.#intervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #positive(props: Props, name: string, fallback: number): number {
    const value = props[name] === undefined ? fallback : Number(props[name]);
    if (!(value > 0)) throw new Error(`source \`random\` property \`${name}\` must be a positive number but got ${String(props[name])}`);
    return value;
  }
}
