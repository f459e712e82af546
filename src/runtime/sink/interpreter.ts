// Carries out what the machine of outbox.ts asks for: arms its timers, and calls the line for the rest. Part of sink-line.ts.
import { ioError } from '../../base/errors/gateway-error.ts';
import type { LineParts } from './line-parts.ts';
import { type Load, newOutbox, type Outbox, type OutboxEffect, type OutboxEvent, step } from './outbox.ts';
import type { Pacing } from './pacing.ts';

/** What the line does for the machine. */
export interface LineHost {
  readonly load: Load;
  /** The sources are asked to wait. */
  readonly behind: boolean;
  readonly spool: { delayMs(failing: boolean): number };
  /** Rounds of retrying. */
  retried: number;
  pump(): void;
  spill(): void;
  unspill(): void;
  readonly disk: { startFlush(): void; startDrain(): void; stopDrain(): void };
  /** After each event. */
  settle(): void;
}

export class Interpreter {
  outbox: Outbox = newOutbox;
  private readonly parts: LineParts;
  private readonly pacing: Pacing;
  private readonly host: LineHost;

  constructor(parts: LineParts, pacing: Pacing, host: LineHost) {
    this.parts = parts;
    this.pacing = pacing;
    this.host = host;
  }

  apply(event: OutboxEvent): void {
    // a spread rule has nothing on the disk of this gateway, which may not come back: its sources wait
    if (event === 'stuck' && this.parts.rule.spread) return;
    const [next, effects] = step(this.outbox, event, this.host.load);
    this.outbox = next;
    for (const effect of effects) this.run(effect);
    this.host.settle();
  }

  private run(effect: OutboxEffect): void {
    const { pacing } = this;
    switch (effect) {
      case 'pump':
        return this.host.pump();
      case 'spill':
        return this.host.spill();
      case 'drain':
        return this.host.disk.startDrain();
      case 'stopDrain':
        return this.host.disk.stopDrain();
      case 'flush':
        return this.host.disk.startFlush();
      case 'unspill':
        return this.host.unspill();
      case 'armRetry':
        return pacing.arm('retry', pacing.retryMs(), () => {
          this.host.retried++;
          this.apply('retryDue');
        });
      case 'armWatch':
        pacing.progressed();
        return pacing.arm('watch', pacing.watchMs / 2, () => this.look());
      case 'rearmWatch':
        return pacing.arm('watch', pacing.watchMs / 2, () => this.look());
      case 'armGuard':
        return pacing.arm('guard', pacing.guardMs, this.guard(this.parts.clock.monotonic()));
      case 'armFlush':
        return pacing.arm('flush', this.host.spool.delayMs(this.outbox.disk === 'failing'), () => this.apply('flushDue'));
      case 'clearRetry':
        return pacing.clear('retry');
      case 'clearWatch':
        return pacing.clear('watch');
      case 'clearGuard':
        return pacing.clear('guard');
      case 'clearFlush':
        return pacing.clear('flush');
    }
  }

  /** The watch: no answer for long, or behind without any move? */
  private look(): void {
    const { pacing } = this;
    const stuck = pacing.stillMs >= pacing.watchMs || (this.host.behind && !pacing.isBusy);
    this.apply('watchDue');
    if (stuck && this.outbox.watch === 'armed') this.apply('stuck');
  }

  /** The guard: a peer that answers nothing at all is opened anew. */
  private guard(sinceMs: number): () => void {
    const { clock } = this.parts;
    const { pacing } = this;
    return () => {
      if (clock.monotonic() - Math.max(sinceMs, pacing.lastAnswerMs) < pacing.guardMs) this.apply('guardDue');
      else this.parts.lost(ioError(`the sink answered nothing for ${pacing.guardMs / 1000} s`));
    };
  }
}
