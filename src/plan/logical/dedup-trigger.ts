// dedup_trigger(start, end, now, expire): splits overlapping recordings into those that were not sent yet.
import type { BoundCall } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface DedupTriggerNode extends NodeBase {
  readonly type: 'dedup-trigger';
  readonly call: BoundCall;
}

export const dedupTriggerInfo = (n: DedupTriggerNode, names: InputNames): string => ekuiperText(n.call, names);
