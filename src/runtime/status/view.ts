// What status, health and metrics read of a rule and of its run. Implemented by rule/rule.ts and rule/rule-run.ts, which need not be known here.
import type { SourceFound, SourceReads } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';
import type { LookupTable, OperatorStats, OperatorView, RuleProgram } from '../../exec/operator.ts';
import type { RuleHealth, RuleState, SinkHealth, SourceHealth } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Failing } from '../diagnosis/failing.ts';
import type { Growth } from '../diagnosis/growth.ts';
import type { Rhythm } from '../diagnosis/rhythm.ts';
import type { ConnectionStats, NodeStats } from '../node-stats.ts';
import type { ParkedRule } from '../suspect/index.ts';
import type { Histogram } from './histogram.ts';

export interface RuleStatusView {
  readonly id: string;
  readonly definition: RuleDefinition;
  readonly state: RuleState;
  readonly message: string;
  readonly parked: ParkedRule | undefined;
  /** What it asks for and does not get, in sentences. */
  readonly notes: readonly string[];
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
  /** Lookup tables that it joins, by name. */
  readonly lookups: ReadonlyMap<string, { readonly table: Pick<LookupTable, 'leftOut'> }>;
  /** Streams and tables that it reads, as the catalog had them at its start. */
  readonly statements: ReadonlyMap<string, string | undefined>;
  readonly deadLetters: number;
  readonly lastError: { text: string; atMs: number; op: string } | undefined;
  /** Failures by operator; operators without any are left out. */
  readonly failing: ReadonlyMap<string, Failing>;
  readonly growth: Growth;
  /** Time of the program per row, of one row in 16, and of each operator, of some of those. */
  readonly rowTimes: { readonly program: Histogram; readonly operators: ReadonlyMap<string, Histogram> };
  /** Operators from inside; {} when the rule does not run. */
  explain(): Readonly<Record<string, OperatorView>>;
  readonly checkpoints: {
    readonly bytes: number;
    readonly lastAtMs: number;
    readonly failures: number;
    readonly error: string;
    readonly heldCount: number;
  };
}

export interface SourceStatusView {
  /** The stream. */
  readonly name: string;
  /** Of its node in status and metrics. */
  readonly nodeName: string;
  stats(): NodeStats;
  /** Of the node that decodes its messages; undefined when there is nothing to decode. */
  decoder(): NodeStats | undefined;
  connection(): ConnectionStats;
  health(): SourceHealth;
  inside(): SourceInside;
  readonly latency: Histogram;
  readonly rhythm: Rhythm;
}

/** What health and diag ask a source besides its health. */
export interface SourceInside {
  reads: SourceReads;
  /** Answer of the last search for places with messages. */
  found: SourceFound | undefined;
  connectedAtMs: number;
  /** Messages that were decoded or could not be, and their bytes, since the rule reads. */
  messages: number;
  bytes: number;
  lastRow: Row | undefined;
  failing: Failing;
  /** True when no message had the column since it was asked for. */
  isUnseen(column: string): boolean;
}

export interface SinkStatusView {
  readonly name: string;
  readonly stats: NodeStats;
  readonly connection: ConnectionStats;
  readonly pending: number;
  /** It takes bytes: results are encoded for it. */
  readonly encodes: boolean;
  /** Results given to it, and those that could not be made ready (template, encoding). */
  readonly latency: Histogram;
  readonly shaped: { readonly seen: number; readonly failing: Failing };
  health(): SinkHealth;
}
