// A rule that is replaced or restarted does not read for a moment, while others that share its subscription read on. What arrives in that
// moment is kept for it here, with its confirmation, and given to its next run first. So it is with a rule that failed and waits for its restart
// strategy, but that may last: such a rule neither keeps confirmations back nor has the source wait, which would stall the other rules.
// Used by source-node.ts; begun by rule-run.ts.
import type { Emit } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Meta } from '../../data/tuple.ts';
import type { HandoverKind } from '../ports.ts';

export interface KeptMessage {
  data: Parameters<Emit>[0];
  /** Arrival, epoch ms. */
  atMs: number;
  meta: Meta | undefined;
  /** Retained until the handover ends. */
  ack: Ack | undefined;
}

export interface Handovers {
  /** Rules between two runs. */
  readonly size: number;
  /** What is kept already stays: a rule may read the subscription twice, and a failed one may be replaced. */
  begin(ruleId: string, kind: HandoverKind): void;
  put(data: KeptMessage['data'], atMs: number, meta: Meta | undefined, ack: Ack | undefined): void;
  /** What was kept for a rule so far, oldest first. */
  of(ruleId: string): readonly KeptMessage[];
  /** The first so many of them are done: the rule failed on the last of these. */
  consume(ruleId: string, count: number): void;
  /** The rule's next run has what was kept, or there is none: its share is released. */
  end(ruleId: string): void;
  /** @param release false: the peer gives unconfirmed messages out again (end of the gateway) */
  close(release: boolean): void;
}

/** Messages of one rule at which the source is asked to wait: a rule whose sink is blocked takes seconds to end. */
const MAX_KEPT = 10_000;
/** A source that does not wait loses its oldest from here on, counted. */
const MAX_KEPT_IMPATIENT = 20_000;

interface Kept {
  kind: HandoverKind;
  list: KeptMessage[];
  /** The source is asked to wait. */
  full: boolean;
}

export function createHandovers(source: { full(yes: boolean): void; dropped(count: number, reason: string): void }): Handovers {
  const rules = new Map<string, Kept>();
  const setFull = (kept: Kept, full: boolean) => {
    if (kept.full === full) return;
    kept.full = full;
    source.full(full);
  };
  const end = (ruleId: string, release: boolean) => {
    const kept = rules.get(ruleId);
    if (!kept) return;
    rules.delete(ruleId);
    setFull(kept, false);
    if (release) for (const m of kept.list) m.ack?.release();
  };
  const giveUp = (kept: Kept, reason: string) => {
    kept.list.shift()!.ack?.release();
    source.dropped(1, reason);
  };
  return {
    get size() {
      return rules.size;
    },
    begin(ruleId, kind) {
      const before = rules.get(ruleId);
      if (before) before.kind = kind;
      else rules.set(ruleId, { kind, list: [], full: false });
    },
    put(data, atMs, meta, ack) {
      let unconfirmed: KeptMessage | undefined;
      for (const kept of rules.values()) {
        const { list } = kept;
        if (kept.kind === 'recovery') {
          if (list.length >= MAX_KEPT) giveUp(kept, 'a rule that failed waits for its restart');
          // one object for all of them: a thousand rules may have failed on the same message
          unconfirmed ??= { data, atMs, meta, ack: undefined };
          list.push(unconfirmed);
          continue;
        }
        ack?.retain();
        if (list.length >= MAX_KEPT_IMPATIENT) giveUp(kept, 'a rule that is being replaced does not read');
        list.push({ data, atMs, meta, ack });
        if (list.length >= MAX_KEPT) setFull(kept, true);
      }
    },
    of: (ruleId) => rules.get(ruleId)?.list ?? [],
    consume(ruleId, count) {
      const kept = rules.get(ruleId);
      for (const m of kept?.list.splice(0, count) ?? []) m.ack?.release();
      if (kept && (kept.kind === 'recovery' || kept.list.length < MAX_KEPT)) setFull(kept, false);
    },
    end: (ruleId) => end(ruleId, true),
    close(release) {
      for (const ruleId of [...rules.keys()]) end(ruleId, release);
    },
  };
}
