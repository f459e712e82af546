// INTERVAL: beside + and - it moves a time (days and months as the calendar has them), elsewhere it is a number of milliseconds. Called by expression.ts.
import type { BinaryExpr, Expr, IntervalExpr } from '../../sql/ast.ts';
import { fixedMs } from '../../sql/index.ts';
import type { BoundExpr } from '../bound.ts';
import type { Scope } from './scope.ts';
import { callOf, literal } from './sugar.ts';

export const isInterval = (e: Expr): e is IntervalExpr => e.kind === 'interval';

/** @throws GatewayError PLAN_BAD_ARGUMENT for months and years */
export function lengthMs(e: IntervalExpr, scope: Scope): number {
  const ms = fixedMs(e.parts);
  if (ms === undefined)
    throw scope.fail(
      'PLAN_BAD_ARGUMENT',
      'months, quarters and years differ in length',
      e.span,
      'add the interval to a time: t + INTERVAL 1 MONTH',
    );
  return ms;
}

const MONTHS: Readonly<Record<string, number>> = { yy: 12, qq: 3, mm: 1 };
const DAYS: Readonly<Record<string, number>> = { ww: 7, dd: 1 };

/** `t + INTERVAL …`, `INTERVAL … + t`, `t - INTERVAL …`; of two intervals the sum in ms. */
export function bindMoved(e: BinaryExpr, go: (e: Expr) => BoundExpr, scope: Scope): BoundExpr {
  const { left, right, op, span } = e;
  const sign = op === '-' ? -1 : 1;
  if (isInterval(left) && (isInterval(right) || op === '-'))
    return { kind: 'binary', op: sign < 0 ? '-' : '+', left: go(left), right: go(right), span };
  const [moved, interval] = isInterval(right) ? [left, right] : [right, left as IntervalExpr];
  let ms = 0;
  let days = 0;
  let months = 0;
  for (const { amount, unit } of interval.parts) {
    if (unit in MONTHS) months += amount * MONTHS[unit]!;
    else if (unit in DAYS && Number.isInteger(amount)) days += amount * DAYS[unit]!;
    else ms += fixedMs([{ amount, unit }])!;
  }
  if (!Number.isInteger(months)) throw scope.fail('PLAN_BAD_ARGUMENT', 'a part of a month has no length', interval.span, 'write days');
  const numbers = [ms, days, months].map((n) => literal(BigInt(Math.round(n * sign)), 'int', interval.span));
  return callOf('time_add', [go(moved), ...numbers], scope, span);
}
