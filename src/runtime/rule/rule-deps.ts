// What a rule (rule.ts) needs of the runtime. Given by runtime/index.ts.
import type { CheckpointAccess } from '../checkpoint/access.ts';
import type { Checkpointer } from '../checkpoint/checkpointer.ts';
import type { Environment } from '../environment.ts';
import type { SourcePool } from '../ports.ts';
import type { TraceStore } from '../trace/trace-store.ts';
import type { RuleLogs } from './rule-log.ts';

export interface RuleDeps {
  env: Environment;
  pool: SourcePool;
  checkpointer: Checkpointer;
  checkpoints: CheckpointAccess;
  logs: RuleLogs;
  traces: TraceStore;
  onDeleted(rule: { readonly id: string }): void;
}
