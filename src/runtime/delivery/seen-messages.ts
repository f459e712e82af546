// Identities of messages that a rule's state holds and that their peer may still repeat: those since the last checkpoint, and those of
// checkpoints before whose confirmation the peer may not have (it can wait behind another rule's message, since MQTT confirms in order).
// Saved with the state, so that a repetition after a kill is not counted twice. Part of the ledger (ledger.ts).

/** A confirmation reaches the peer within this time after the checkpoint: the interval of another rule's checkpoint, and a little. */
const KEEP_MS = 20_000;
/** Bound of memory and of the checkpoint, in messages. */
const MAX_KEPT = 20_000;

export class SeenMessages {
  private current = new Set<number>();
  /** Of checkpoints before, oldest first. */
  private before: { ids: Set<number>; atMs: number }[] = [];

  add(identity: number): void {
    this.current.add(identity);
  }

  has(identity: number): boolean {
    return this.current.has(identity) || this.before.some((b) => b.ids.has(identity));
  }

  /** A checkpoint was taken.
   *  @param nowMs monotonic  @param window messages that the peer gives without confirmation, when known: more cannot be repeated */
  next(nowMs: number, window: number | undefined): void {
    if (this.current.size) this.before.push({ ids: this.current, atMs: nowMs });
    this.current = new Set();
    const most = window === undefined ? MAX_KEPT : Math.min(MAX_KEPT, 4 * window);
    let kept = this.before.reduce((n, b) => n + b.ids.size, 0);
    while (this.before.length > 2 && (kept > most || nowMs - this.before[0]!.atMs > KEEP_MS)) kept -= this.before.shift()!.ids.size;
  }

  /** What is in the state that is being saved; called before `next`. */
  save(): Float64Array {
    let n = this.current.size;
    for (const b of this.before) n += b.ids.size;
    const out = new Float64Array(n);
    let i = 0;
    for (const b of this.before) for (const id of b.ids) out[i++] = id;
    for (const id of this.current) out[i++] = id;
    return out;
  }

  /** @param nowMs monotonic */
  load(saved: Float64Array, nowMs: number): void {
    this.before = [{ ids: new Set(saved), atMs: nowMs }];
  }
}
