// What the planner is told from outside: the sources that exist, the functions, and the options of the rule that change the plan.
// Given by service/ (from the stored streams) and by tests. Next: bind/index.ts.
import type { SqlCompatibility } from '../base/sql-compatibility.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import type { StreamSchema } from '../contract/schema.ts';

/** A stream or table as CREATE made it. */
export interface SourceInfo {
  readonly name: string;
  readonly kind: 'stream' | 'table';
  /** undefined = schemaless */
  readonly schema?: StreamSchema;
  /** Without a schema: the only columns that there can be (the step of a rule). */
  readonly outputs?: readonly string[];
  /** KIND="lookup" */
  readonly lookup?: boolean;
  /** TIMESTAMP option: the field of event time. */
  readonly timestamp?: string;
  /** TEMP="true": only temp rules may read it. */
  readonly temp?: boolean;
  /** FORMAT, lower case. */
  readonly format?: string;
}

export interface PlanCatalog {
  source(name: string): SourceInfo | undefined;
  /** Names for "did you mean". */
  names?(): readonly string[];
  readonly functions: FunctionCatalogue;
}

export interface PlanOptions {
  /** Text of the statement, for places in error messages. */
  readonly sql?: string;
  readonly isEventTime?: boolean;
  readonly lateToleranceMs?: number;
  readonly sendNilField?: boolean;
  readonly sendMetaToSink?: boolean;
  /** The rule itself is temporary and may read TEMP streams. */
  readonly temp?: boolean;
  /** IANA name. Default UTC. */
  readonly timeZone?: string;
  /** Marks of windows are so much later on the wall clock. Default 0. */
  readonly windowOffsetMs?: number;
  /** Event time: rows so far ahead of the clock are held out; 0 or absent = none. Standard SQL only. */
  readonly futureToleranceMs?: number;
  /** Event time: a stream without rows for so long holds nobody back; 0 or absent = never. */
  readonly idleTimeoutMs?: number;
  /** How many keys an operator keeps, and for how long; ttlMs 0 = for ever. */
  readonly keyLimits?: { readonly maxKeys: number; readonly ttlMs: number };
  /** basic.ignoreCase: names of columns match in any case. */
  readonly ignoreCase?: boolean;
  /** Whose answers SQL gives. Default ekuiper: who plans says otherwise. */
  readonly sqlCompatibility?: SqlCompatibility | undefined;
  /** Rewrite rules that are off, by their name in rules/index.ts (eKuiper's names are understood). */
  readonly disabledRules?: readonly string[];
  readonly incrementalWindow?: 'auto' | 'off';
  /** planOptimizeStrategy.windowOption.windowVersion */
  readonly windowVersion?: string;
  readonly sendSlidingWindowTwice?: boolean;
}
