// A rule that is replaced or restarted does not read for a moment, while others that share its subscription read on. What arrives in that
// moment is kept for it here, with its confirmation, and given to its next run first. Used by source-node.ts; begun by rule-run.ts.
import type { Emit } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Meta } from '../../data/tuple.ts';

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
  /** Idempotent: a rule may read the subscription twice. */
  begin(ruleId: string): void;
  put(data: KeptMessage['data'], atMs: number, meta: Meta | undefined, ack: Ack | undefined): void;
  /** What was kept for a rule so far, oldest first. */
  of(ruleId: string): readonly KeptMessage[];
  /** The rule's next run has what was kept, or there is none: its share is released. */
  end(ruleId: string): void;
  /** @param release false: the peer gives unconfirmed messages out again (end of the gateway) */
  close(release: boolean): void;
}

/** Messages of one rule at which the source is asked to wait: a rule whose sink is blocked takes seconds to end. */
const MAX_KEPT = 10_000;
/** A source that does not wait loses its oldest from here on, counted. */
const MAX_KEPT_IMPATIENT = 20_000;

export function createHandovers(source: { full(yes: boolean): void; dropped(count: number, reason: string): void }): Handovers {
  const rules = new Map<string, KeptMessage[]>();
  const end = (ruleId: string, release: boolean) => {
    const kept = rules.get(ruleId);
    if (!kept) return;
    rules.delete(ruleId);
    if (kept.length >= MAX_KEPT) source.full(false);
    if (release) for (const m of kept) m.ack?.release();
  };
  return {
    get size() {
      return rules.size;
    },
    begin(ruleId) {
      if (!rules.has(ruleId)) rules.set(ruleId, []);
    },
    put(data, atMs, meta, ack) {
      for (const kept of rules.values()) {
        ack?.retain();
        if (kept.length >= MAX_KEPT_IMPATIENT) {
          kept.shift()!.ack?.release();
          source.dropped(1, 'a rule that is being replaced does not read');
        }
        if (kept.push({ data, atMs, meta, ack }) === MAX_KEPT) source.full(true);
      }
    },
    of: (ruleId) => rules.get(ruleId) ?? [],
    end: (ruleId) => end(ruleId, true),
    close(release) {
      for (const ruleId of [...rules.keys()]) end(ruleId, release);
    },
  };
}
