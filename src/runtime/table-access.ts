// How rules reach tables; implemented by runtime/table. Called when a run starts and ends.
import type { LookupTable, ScanTable } from '../exec/operator.ts';
import type { SourceSpec } from './definition.ts';
import type { SourcePool } from './source/source-pool.ts';

export interface TableLease<T> {
  readonly table: T;
  release(): void;
}

export interface TableAccess {
  /** Scan table: rows of its source are kept, bounded by RETAIN_SIZE. @param columns that the rule reads, in order of slots 0…n-1 asked by slotOf */
  openScan(
    spec: SourceSpec,
    columns: readonly string[],
    pool: SourcePool,
  ): Promise<TableLease<ScanTable> & { slotOf(column: string): number }>;
  /** Lookup table, shared by all rules that join it. */
  openLookup(spec: SourceSpec): Promise<TableLease<LookupTable>>;
}
