// Windows of GROUP BY: argument rules, FILTER(WHERE ..) and OVER(..). Called by call.ts when the name is one of the six.
// The argument rules and texts are eKuiper's (docs/spec/sql.md §7).
import type { Expr, TimeUnit, WindowExpr, WindowType } from '../ast.ts';
import { printExpr } from '../print/expr.ts';
import type { Token } from '../tokens.ts';
import { parseFilter } from './filter.ts';
import { asUnitAndNumbers, isInterval } from './interval.ts';
import { parseWindowOver } from './over.ts';
import type { Reader } from './reader.ts';

const windowTypes: Readonly<Record<string, WindowType>> = {
  tumblingwindow: 'tumbling',
  hoppingwindow: 'hopping',
  slidingwindow: 'sliding',
  sessionwindow: 'session',
  countwindow: 'count',
  statewindow: 'state',
};

export function windowTypeOf(name: string): WindowType | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(windowTypes, lower) ? windowTypes[lower] : undefined;
}

/** How many arguments, the unit included, a time window takes. */
const timeWindowCounts: Partial<Record<WindowType, readonly number[]>> = { tumbling: [2], hopping: [3], session: [3], sliding: [2, 3] };

/** @param name token of the name   @param args as written, up to the closing parenthesis that was just taken */
export function parseWindow(r: Reader, name: Token, type: WindowType, written: readonly Expr[]): WindowExpr {
  const counts = timeWindowCounts[type];
  const args = counts === undefined ? written : withUnit(written);
  const lower = name.text.toLowerCase();
  if (counts !== undefined) checkTimeWindow(r, name, lower, counts, args);
  else if (type === 'count') checkCountWindow(r, name, args);
  else if (args.length !== 1 && args.length !== 2)
    throw r.error('SQL_WINDOW', `The arguments for ${lower} should be 1 or 2.`, r.spanFrom(name.span));

  const first = args[0]?.kind === 'timeUnit' && counts !== undefined ? args[0] : undefined;
  const unit = first?.unit;
  const filter = parseFilter(r);
  const over = parseWindowOver(r);
  return {
    kind: 'window',
    type,
    name: name.text,
    ...(unit === undefined ? {} : { unit }),
    ...(first?.named ? { namedUnit: true as const } : {}),
    args: unit === undefined ? args : args.slice(1),
    ...(filter === undefined ? {} : { filter }),
    ...(over.when === undefined ? {} : { when: over.when }),
    partitionBy: over.partitionBy,
    span: r.spanFrom(name.span),
  };
}

/** Units that are no reserved words: a bare name as first argument of a time window. */
const namedUnits: Readonly<Record<string, TimeUnit>> = {
  yy: 'yy',
  year: 'yy',
  qq: 'qq',
  quarter: 'qq',
  mm: 'mm',
  month: 'mm',
  ww: 'ww',
  wk: 'ww',
  week: 'ww',
  day: 'dd',
  hour: 'hh',
  minute: 'mi',
  second: 'ss',
  millisecond: 'ms',
};

function withUnit(args: readonly Expr[]): readonly Expr[] {
  if (args.length > 0 && args.every(isInterval)) return asUnitAndNumbers(args) ?? args;
  const [first, ...rest] = args;
  if (first?.kind !== 'column' || first.stream !== undefined || first.parens === true) return args;
  const lower = first.name.toLowerCase();
  const unit = Object.hasOwn(namedUnits, lower) ? namedUnits[lower] : undefined;
  return unit === undefined ? args : [{ kind: 'timeUnit', unit, named: true, span: first.span }, ...rest];
}

const isPlainInt = (arg: Expr | undefined) => arg?.kind === 'int' && arg.parens !== true;

function checkTimeWindow(r: Reader, name: Token, lower: string, counts: readonly number[], args: readonly Expr[]): void {
  const whole = r.spanFrom(name.span);
  if (!counts.includes(args.length))
    throw r.error('SQL_WINDOW', `The arguments for ${lower} should be ${counts.join(' or ')}.`, whole, usage[lower]);
  const first = args[0]!;
  if (first.kind !== 'timeUnit' || first.parens === true)
    throw r.error(
      'SQL_WINDOW',
      `The 1st argument for ${lower} is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].`,
      first.span,
      usage[lower],
    );
  args.slice(1).forEach((arg, i) => {
    if (!isPlainInt(arg))
      throw r.error('SQL_WINDOW', `The ${i + 1} argument for ${lower} is expecting interger literal expression.`, arg.span, usage[lower]);
  });
}

function checkCountWindow(r: Reader, name: Token, args: readonly Expr[]): void {
  const whole = r.spanFrom(name.span);
  if (args.length !== 1 && args.length !== 2) throw r.error('SQL_WINDOW', 'Invalid parameter count.', whole, usage['countwindow']);
  const [length, interval] = args;
  const integers = args.every((arg) => isPlainInt(arg));
  if (!integers || length!.kind !== 'int')
    throw r.error('SQL_WINDOW', `Invalid parameter value ${args.map(shown).join(', ')}.`, whole, usage['countwindow']);
  // eKuiper checks the length of the one-argument form only, but COUNTWINDOW(0, 0) or (-1, -2) would never fire.
  // An interval of 0 or less it takes as "not given".
  if (length.value <= 0n)
    throw r.error('SQL_WINDOW', `Invalid parameter value ${length.value}.`, length.span, 'the length must be at least 1');
  if (interval?.kind !== 'int') return;
  if (interval.value > length.value)
    throw r.error(
      'SQL_WINDOW',
      `The second parameter value ${interval.value} should be less than the first parameter ${length.value}.`,
      interval.span,
    );
}

const shown = (arg: Expr) => (arg.kind === 'string' ? arg.value : printExpr(arg));

const usage: Readonly<Record<string, string>> = {
  tumblingwindow: 'write TUMBLINGWINDOW(ss, 10)',
  hoppingwindow: 'write HOPPINGWINDOW(ss, 10, 5): length, then hop',
  slidingwindow: 'write SLIDINGWINDOW(ss, 10), or SLIDINGWINDOW(ss, 10, 5) with a delay',
  sessionwindow: 'write SESSIONWINDOW(ss, 60, 10): longest session, then time-out',
  countwindow: 'write COUNTWINDOW(10), or COUNTWINDOW(10, 5) to fire every 5 rows',
};
