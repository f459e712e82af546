// Join with a lookup table.
import { createLookupJoin } from '../../exec/lookup-join.ts';
import type { LookupJoinSpec } from '../../exec/operator.ts';
import type { LookupNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';

export function makeLookup(n: LookupNode, { ctx }: MakerInput): OperatorMaker {
  const { frame } = ctx;
  const spec: LookupJoinSpec = {
    // only LEFT keeps a row without match; eKuiper runs every other kind as INNER
    type: n.join.type === 'left' ? 'left' : 'inner',
    table: n.table,
    fields: n.all ? [] : n.columns,
    keys: n.keys,
    values: n.values.map((v) => compileExpr(v, ctx)),
    columns: n.columns.map((column) => ({ column, slot: frame.column(n.input, column) })),
    star: n.all ? frame.star(n.input) : undefined,
    present: frame.present(n.input),
    get width() {
      return frame.width;
    },
  };
  return (host, stats, next) => createLookupJoin(spec, host, stats, next);
}
