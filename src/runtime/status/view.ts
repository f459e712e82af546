// What status, health and metrics read of a rule and of its run. Implemented by rule/rule.ts and rule/rule-run.ts, which need not be known here.
import type { OperatorStats, RuleProgram } from '../../exec/operator.ts';
import type { RuleHealth, RuleState, SinkHealth, SourceHealth } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import type { ConnectionStats, NodeStats } from '../node-stats.ts';
import type { ParkedRule } from '../suspect/index.ts';

export interface RuleStatusView {
  readonly id: string;
  readonly definition: RuleDefinition;
  readonly state: RuleState;
  readonly message: string;
  readonly parked: ParkedRule | undefined;
  readonly lastStartAtMs: number;
  readonly lastStopAtMs: number;
  readonly nextStartAtMs: number;
  /** The run, or the last one. */
  readonly run: RunStatusView | undefined;
  health(): RuleHealth;
}

export interface RunStatusView {
  readonly plan: RuleProgram | undefined;
  readonly sources: readonly SourceStatusView[];
  readonly operators: readonly (OperatorStats & NodeStats)[];
  readonly sinks: readonly SinkStatusView[];
  /** Streams and tables that it reads, as the catalog had them at its start. */
  readonly statements: ReadonlyMap<string, string | undefined>;
  readonly deadLetters: number;
  readonly lastError: { text: string; atMs: number; op: string } | undefined;
  readonly checkpoints: {
    readonly bytes: number;
    readonly lastAtMs: number;
    readonly failures: number;
    readonly error: string;
    readonly heldCount: number;
  };
}

export interface SourceStatusView {
  readonly name: string;
  stats(): NodeStats;
  connection(): ConnectionStats;
  health(): SourceHealth;
}

export interface SinkStatusView {
  readonly name: string;
  readonly stats: NodeStats;
  readonly connection: ConnectionStats;
  readonly pending: number;
  health(): SinkHealth;
}
