// One life of the gateway: from its start to its orderly end or to a kill. Whatever it puts out (bytes, writes, calls of sinks) is counted, so that it can
// be killed between any two of them.
import type { Owner } from './world.ts';

export type Output = 'socket' | 'disk' | 'sink';

export class Process implements Owner {
  alive = true;
  outputs = 0;
  /** Nothing is put out from this output on: it is being killed. */
  cutAt = Number.POSITIVE_INFINITY;
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  /** @returns false when this output does not happen any more */
  puts(_what: Output): boolean {
    return this.alive && ++this.outputs <= this.cutAt;
  }

  /** The output at which it was to be killed was reached. */
  get struck(): boolean {
    return this.outputs > this.cutAt;
  }
}
