// Checkpoints of rules by id, with the knowledge of which rules have one, so that starting or deleting thousands of stateless rules asks
// the disk once. Used by rule/rule.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { CheckpointStore } from '../../store/index.ts';
import { type RuleSnapshot, unpackSnapshot } from './rule-state.ts';

export interface CheckpointAccess {
  /** @returns undefined when there is none, or it is damaged (logged) */
  load(rule: string): Promise<RuleSnapshot | undefined>;
  /** A checkpoint was written. */
  stored(rule: string): void;
  forget(rule: string): Promise<void>;
}

export function createCheckpointAccess(store: CheckpointStore, log: Log): CheckpointAccess {
  let known: Promise<Set<string>> | undefined;
  const ids = () => {
    known ??= store.rules().then(
      (list) => new Set(list),
      (error: unknown) => {
        log.error({ code: 'STORE_FAILED', cause: messageOf(error) }, 'Saved state cannot be read; rules begin without.');
        known = undefined;
        return new Set<string>();
      },
    );
    return known;
  };
  const early = new Set<string>();
  return {
    async load(rule) {
      if (!(await ids()).has(rule)) return undefined;
      try {
        const record = await store.load(rule);
        return record && unpackSnapshot(record.state);
      } catch (error) {
        log.error({ rule, cause: messageOf(error) }, 'Saved state of a rule is damaged; the rule begins without.');
        return undefined;
      }
    },
    stored(rule) {
      early.add(rule);
      void known?.then((set) => set.add(rule));
    },
    async forget(rule) {
      const set = await ids();
      if (!set.has(rule) && !early.has(rule)) return;
      set.delete(rule);
      early.delete(rule);
      await store.delete(rule);
    },
  };
}
