// What goes on at a sink's disk: the write of the buffer and the drain of the backlog, each at most once at a time, and what the machine is
// told of them. Part of sink-line.ts.
import { Drain, type DrainEnd } from './drain.ts';
import { createDrainHost } from './drain-host.ts';
import type { LineAccess } from './line-access.ts';

export class DiskSide {
  private readonly line: LineAccess;
  private drain: Drain | undefined;
  private writing: Promise<boolean> | undefined;

  constructor(line: LineAccess) {
    this.line = line;
  }

  get isWriting(): boolean {
    return this.writing !== undefined;
  }

  startFlush(): void {
    const writing = this.line.spool.flush().then((ok) => {
      if (this.writing === writing) this.writing = undefined;
      this.line.apply(ok ? 'written' : 'writeFailed');
      return ok;
    });
    this.writing = writing;
  }

  /** Writes what lies in the buffer without waiting for more. @returns false when the disk does not take it */
  async flushNow(): Promise<boolean> {
    if (this.writing === undefined) {
      this.line.pacing.clear('flush');
      this.line.apply('flushDue');
    }
    return this.writing ?? true;
  }

  startDrain(): void {
    const { line } = this;
    this.drain ??= new Drain(createDrainHost(line));
    const ended = (end: DrainEnd): void => {
      if (end === 'stopped') return;
      line.pacing.soon = end === 'soon';
      line.apply(end === 'drained' ? 'drained' : 'drainFailed');
    };
    this.drain.run().then(ended, (error: unknown) => {
      line.exception(error);
      ended('failed');
    });
  }

  stopDrain(): void {
    this.drain?.stop();
  }

  /** Lets what was given to the sink be answered. Undefined when there never was a drain. */
  finish(): Promise<void> | undefined {
    return this.drain?.finish();
  }
}
