// Window and aggregation in one: rows are folded as they come and not kept. Made by rules/incremental-window.ts.

import type { BoundWindow } from '../bind/select.ts';
import type { BoundCall, BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';
import { windowTypeName } from './window.ts';

export interface IncWindowNode extends NodeBase {
  readonly type: 'inc-window';
  readonly window: BoundWindow;
  readonly dims: readonly BoundExpr[];
  readonly calls: readonly BoundCall[];
}

export function incWindowInfo(n: IncWindowNode, names: InputNames): string {
  const dims = n.dims.length ? `, Dimension:[${n.dims.map((d) => ekuiperText(d, names)).join(', ')}]` : '';
  const filter = n.window.filter ? `, filter:[${ekuiperText(n.window.filter, names)}]` : '';
  return `wType:${windowTypeName[n.window.type]}${dims}${filter}, funcs:[${n.calls.map((c) => ekuiperText(c, names)).join(',')}]`;
}
