// Accumulators of windows of which one is open at a time, whatever its bounds (tumbling, session, count). There may be one per key: the store is the
// content itself, and what does not change stands in `work`. Overlapping windows: fold-store.ts, which makes both.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import type { WindowStore } from '../windows/store.ts';
import { FoldContent, type FoldWork, type SavedWindow } from './fold-content.ts';

export class SingleFold extends FoldContent implements WindowStore {
  private readonly work: FoldWork;
  private isOpen = false;

  constructor(work: FoldWork) {
    super();
    this.work = work;
  }

  add(t: Tuple, pos: number): void {
    if (!this.isOpen) {
      this.isOpen = true;
      this.from = pos;
      this.to = pos;
    }
    this.work.add(this, t);
  }

  emit(_from: number, _to: number, win: WindowRange): void {
    this.work.emit(this.isOpen ? this : undefined, win);
  }

  dropBefore(): void {
    this.isOpen = false;
    this.clear();
    this.work.room?.count(0);
  }

  shift(deltaMs: number): void {
    this.from += deltaMs;
    this.to += deltaMs;
  }

  setOrigin(): void {
    // its bounds are those of its rows
  }

  oldest(): number | undefined {
    return this.isOpen ? this.from : undefined;
  }

  save(): SavedWindow[] {
    return this.isOpen ? [this.work.save(this)] : [];
  }

  load(state: unknown): void {
    if (!Array.isArray(state)) throw new Error('no windows');
    const [saved] = state as SavedWindow[];
    this.clear();
    this.isOpen = saved !== undefined;
    if (saved) this.work.load(saved, this);
  }
}
