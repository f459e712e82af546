// Collects rows into windows.
import type { BoundWindow } from '../bind/select.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface WindowNode extends NodeBase {
  readonly type: 'window';
  readonly window: BoundWindow;
}

/** eKuiper's names of window types, in explain. */
export const windowTypeName: Readonly<Record<BoundWindow['type'], string>> = {
  tumbling: 'TUMBLING_WINDOW',
  hopping: 'HOPPING_WINDOW',
  sliding: 'SLIDING_WINDOW',
  session: 'SESSION_WINDOW',
  count: 'COUNT_WINDOW',
  state: 'STATE_WINDOW',
};

export function windowInfo(n: WindowNode, names: InputNames): string {
  const condition = n.window.filter ? `, condition:${ekuiperText(n.window.filter, names)}` : '';
  return `{ length:${n.window.lengths[0] ?? 0}, windowType:${windowTypeName[n.window.type]}${condition}, limit: 0 }`;
}
