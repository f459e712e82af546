// What source-pool.ts worked out for a source before source-node.ts opens it.
import type { SourceDefinition } from '../../contract/source.ts';
import type { SourceSpec } from '../definition.ts';

/** What the pool worked out for a node before it is opened. */
export interface SourcePlan {
  spec: SourceSpec;
  definition: SourceDefinition;
  /** Keep only the last message of each interval; 0 = all. */
  downsampleMs: number;
  /** … of each value of this field; '' = of all. */
  mergeField: string;
  pullIntervalMs: number;
}
