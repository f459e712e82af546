// Joins of a window's content, and with scan tables.
import { createJoin } from '../../exec/join.ts';
import type { JoinKey, JoinSide, JoinStep } from '../../exec/operator.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import { conjunctsOf, inputsOf } from '../../plan/classify.ts';
import type { JoinNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { createConversion } from '../ingest.ts';
import { failedRows } from '../sample.ts';

export function makeJoin(n: JoinNode, input: MakerInput): OperatorMaker {
  const { ctx } = input;
  const joined = new Set([n.from]);
  const steps = n.joins.map((j): JoinStep => {
    const step: JoinStep = {
      type: j.type,
      right: sideOf(j.source, input),
      on: j.on && compileExpr(j.on, ctx),
      keys: j.on && keysOf(j.on, joined, j.source, input),
    };
    joined.add(j.source);
    return step;
  });
  const spec = { from: sideOf(n.from, input), steps, failed: failedRows(ctx) };
  return (host, stats, next) => createJoin(spec, host, stats, next);
}

function sideOf(source: number, { ctx, sources, slotOf }: MakerInput): JoinSide {
  const at = sources.findIndex((s) => s.input === source);
  const table = sources[at];
  return {
    present: ctx.frame.present(source)!,
    slots: ctx.frame.slotsOf(source),
    table: table?.kind === 'scan-table' ? { name: table.source, convert: createConversion(table, at, slotOf, ctx.frame) } : undefined,
  };
}

/** Equalities at the beginning of ON between what was joined before and the new side. */
function keysOf(on: BoundExpr, left: ReadonlySet<number>, right: number, { ctx }: MakerInput): JoinKey[] {
  const keys: JoinKey[] = [];
  for (const c of conjunctsOf(on)) {
    if (c.kind !== 'binary' || c.op !== '=') break;
    const pair =
      reads(c.left, left) && readsOnly(c.right, right)
        ? c
        : reads(c.right, left) && readsOnly(c.left, right)
          ? { left: c.right, right: c.left }
          : undefined;
    if (!pair) break;
    keys.push({ left: compileExpr(pair.left, ctx), right: compileExpr(pair.right, ctx) });
  }
  return keys;
}

function reads(e: BoundExpr, inputs: ReadonlySet<number>): boolean {
  const used = inputsOf(e);
  return used !== undefined && used.size > 0 && [...used].every((i) => inputs.has(i));
}

const readsOnly = (e: BoundExpr, input: number): boolean => reads(e, new Set([input]));
