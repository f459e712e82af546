// INTERVAL literals: `INTERVAL 10 MINUTE`, `INTERVAL '90' SECOND`, `INTERVAL '1 day 2 hours'`. Standard SQL; `interval` stays a name everywhere else.
// Called by primary.ts; window.ts makes lengths of windows of them.
import type { Expr, IntervalExpr, IntervalPart, IntLiteral, TimeUnitExpr } from '../ast.ts';
import { didYouMean } from '../suggest.ts';
import { unitNames, unitOf } from '../units.ts';
import type { Reader } from './reader.ts';

const AMOUNTS: ReadonlySet<string> = new Set(['int', 'float', 'string', 'single']);

export const atInterval = (r: Reader): boolean => r.standard && r.atWord('INTERVAL') && AMOUNTS.has(r.peek(1).type);

export function parseInterval(r: Reader): IntervalExpr {
  const start = r.take();
  const token = r.take();
  const text = token.text.trim();
  if (/^-?(\d+\.?\d*|\.\d+)$/.test(text)) {
    const unit = unitAfter(r);
    return { kind: 'interval', parts: [{ amount: Number(text), unit }], span: r.spanFrom(start.span) };
  }
  const parts: IntervalPart[] = [];
  const piece = /\s*(-?(?:\d+\.?\d*|\.\d+))\s*([A-Za-z]+)\s*,?/y;
  while (piece.lastIndex < text.length) {
    const from = piece.lastIndex;
    const found = piece.exec(text);
    const unit = found ? unitOf(found[2]!) : undefined;
    if (!found || unit === undefined)
      throw r.error('SQL_BAD_LITERAL', `found ${JSON.stringify(text.slice(from))}, expected a number and a unit.`, token.span, HINT);
    parts.push({ amount: Number(found[1]), unit });
  }
  if (parts.length === 0) throw r.error('SQL_BAD_LITERAL', 'an interval needs a number and a unit.', token.span, HINT);
  return { kind: 'interval', parts, span: r.spanFrom(start.span) };
}

const HINT = "write INTERVAL 10 MINUTE, or INTERVAL '1 day 2 hours'";

/** A word, or a unit of windows that is a reserved one (SS). */
function unitAfter(r: Reader) {
  const token = r.peek();
  const unit = token.quoted === true ? undefined : unitOf(token.text);
  if (unit === undefined)
    throw r.error(
      'SQL_SYNTAX',
      `found ${JSON.stringify(token.text)}, expected a unit of time.`,
      undefined,
      didYouMean(token.text, Object.values(unitNames)) ?? 'units are year, quarter, month, week, day, hour, minute, second, millisecond',
    );
  r.take();
  return unit;
}

const FIXED_MS: Readonly<Record<string, number>> = { ww: 604_800_000, dd: 86_400_000, hh: 3_600_000, mi: 60_000, ss: 1000, ms: 1 };

/** @returns what an interval is in ms; undefined when it has months, which differ in length */
export function fixedMs(parts: readonly IntervalPart[]): number | undefined {
  let sum = 0;
  for (const { amount, unit } of parts) {
    const ms = FIXED_MS[unit];
    if (ms === undefined) return undefined;
    sum += amount * ms;
  }
  return sum;
}

/** Intervals as the unit and the whole numbers that windows and functions of time take: `INTERVAL 10 MINUTE` as `mi, 10`. Several get one unit: their
 *  own when it is the same (a day is a calendar day), else the largest in which all are whole.
 *  @returns undefined when they cannot be said so */
export function asUnitAndNumbers(intervals: readonly IntervalExpr[]): [TimeUnitExpr, ...IntLiteral[]] | undefined {
  const first = intervals[0]!.parts[0]!.unit;
  const one = intervals.every((i) => i.parts.length === 1 && i.parts[0]!.unit === first && Number.isInteger(i.parts[0]!.amount));
  if (one) return unitAnd(first, intervals, (i) => i.parts[0]!.amount);
  const all = intervals.map((i) => fixedMs(i.parts));
  const unit = (['hh', 'mi', 'ss', 'ms'] as const).find((u) => all.every((ms) => ms !== undefined && ms % FIXED_MS[u]! === 0));
  return unit && unitAnd(unit, intervals, (i) => fixedMs(i.parts)! / FIXED_MS[unit]!);
}

function unitAnd(
  unit: TimeUnitExpr['unit'],
  intervals: readonly IntervalExpr[],
  amount: (i: IntervalExpr) => number,
): [TimeUnitExpr, ...IntLiteral[]] {
  const reserved = unit in { dd: 1, hh: 1, mi: 1, ss: 1, ms: 1 };
  const { span } = intervals[0]!;
  return [
    { kind: 'timeUnit', unit, ...(reserved ? {} : { named: true as const }), span },
    ...intervals.map((i): IntLiteral => ({ kind: 'int', value: BigInt(amount(i)), span: i.span })),
  ];
}

export const isInterval = (e: Expr | undefined): e is IntervalExpr => e?.kind === 'interval';
