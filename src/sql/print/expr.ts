// Expressions back to text, with as few parentheses as the grammar needs. Used for messages, EXPLAIN, `ArgFact.text` and tests.
// Next: select.ts and ddl.ts for statements.
import type { CallOver, Expr, SortItem } from '../ast.ts';
import {
  binaryPrecedence,
  NEGATE_PRECEDENCE,
  NOT_PRECEDENCE,
  POSTFIX_PRECEDENCE,
  PREDICATE_PRECEDENCE,
  PRIMARY_PRECEDENCE,
  precedenceOf,
} from '../operators.ts';
import { unitNames } from '../units.ts';
import { printField } from './field.ts';
import { printFloat, printName, printString } from './names.ts';

/** parseExpression(printExpr(e)) gives e again, spans aside. */
export const printExpr = (expr: Expr): string => print(expr, false);

/** @param bare products before `->` and `[` go without parentheses: behind IN a parenthesis begins a list, and only eKuiper's grammar makes such a set */
function print(expr: Expr, bare: boolean): string {
  switch (expr.kind) {
    case 'int':
      return String(expr.value);
    case 'float':
      return printFloat(expr.value);
    case 'string':
      return printString(expr.value);
    case 'bool':
      return expr.value ? 'TRUE' : 'FALSE';
    case 'timeUnit':
      return expr.name ?? expr.unit.toUpperCase();
    case 'column':
      return qualified(expr.stream, printName(expr.name));
    case 'metaRef':
      return qualified(expr.stream, expr.name === '*' ? '*' : printName(expr.name));
    case 'wildcard':
      return [
        qualified(expr.stream, '*'),
        ...(expr.except.length > 0 ? [`EXCEPT(${expr.except.map(printName).join(', ')})`] : []),
        ...(expr.replace.length > 0 ? [`REPLACE(${expr.replace.map(printField).join(', ')})`] : []),
      ].join(' ');
    case 'binary': {
      const precedence = binaryPrecedence[expr.op];
      const right = printOperand(expr.right, precedence + 1);
      // `a - -1` would begin a comment.
      return `${printOperand(expr.left, precedence, bare)} ${expr.op} ${expr.op === '-' && right.startsWith('-') ? `(${right})` : right}`;
    }
    case 'between':
      return `${printOperand(expr.value, PREDICATE_PRECEDENCE)}${not(expr)} BETWEEN ${printOperand(expr.low, PRIMARY_PRECEDENCE)} AND ${printOperand(expr.high, PREDICATE_PRECEDENCE + 1)}`;
    case 'in': {
      const set =
        expr.list === undefined ? printOperand(expr.set!, PREDICATE_PRECEDENCE + 1, true) : `(${expr.list.map(printExpr).join(', ')})`;
      return `${printOperand(expr.value, PREDICATE_PRECEDENCE)}${not(expr)} IN ${set}`;
    }
    case 'like':
      return `${printOperand(expr.value, PREDICATE_PRECEDENCE)}${not(expr)} LIKE ${printOperand(expr.pattern, PREDICATE_PRECEDENCE + 1)}`;
    case 'is':
      return `${printOperand(expr.value, PREDICATE_PRECEDENCE)} IS${not(expr)} ${expr.what}`;
    case 'not':
      return `NOT ${printOperand(expr.operand, NOT_PRECEDENCE)}`;
    case 'negate': {
      const operand = printOperand(expr.operand, NEGATE_PRECEDENCE);
      // two signs begin a comment, and a number takes the sign for its own
      return /^[-\d.]/.test(operand) ? `-(${operand})` : `-${operand}`;
    }
    case 'interval':
      return `INTERVAL ${printString(expr.parts.map((p) => `${printAmount(p.amount)} ${unitNames[p.unit]}`).join(' '))}`;
    case 'lambda': {
      const params = expr.params.map(printName).join(', ');
      return `${expr.params.length === 1 ? params : `(${params})`} -> ${printExpr(expr.body)}`;
    }
    case 'array':
      return `[${expr.items.map(printExpr).join(', ')}]`;
    case 'case': {
      const whens = expr.whens.map((w) => ` WHEN ${printExpr(w.when)} THEN ${printExpr(w.result)}`).join('');
      return `CASE${expr.value === undefined ? '' : ` ${printExpr(expr.value)}`}${whens}${expr.otherwise === undefined ? '' : ` ELSE ${printExpr(expr.otherwise)}`} END`;
    }
    case 'member':
      return `${printObject(expr.object, bare)}->${expr.computed === undefined ? printName(expr.name) : `(${printExpr(expr.computed)})`}`;
    case 'index':
      return `${printObject(expr.object, bare)}[${printEnd(expr.index)}]`;
    case 'slice': {
      const inner =
        expr.from === undefined && expr.to === undefined
          ? ''
          : `${expr.from === undefined ? '' : printEnd(expr.from)}:${expr.to === undefined ? '' : printEnd(expr.to)}`;
      return `${printObject(expr.object, bare)}[${inner}]`;
    }
    case 'call':
      return `${printName(expr.name)}(${expr.distinct === true ? 'DISTINCT ' : ''}${expr.args.map(printExpr).join(', ')})${expr.filter === undefined ? '' : ` FILTER(WHERE ${printExpr(expr.filter)})`}${expr.over === undefined ? '' : printOver(expr.over)}`;
    case 'window': {
      const args = [...(expr.unit === undefined ? [] : [expr.unit.toUpperCase()]), ...expr.args.map(printExpr)].join(', ');
      const over = [...(expr.when === undefined ? [] : [`WHEN ${printExpr(expr.when)}`]), ...printPartition(expr.partitionBy)];
      return `${printName(expr.name)}(${args})${expr.filter === undefined ? '' : ` FILTER(WHERE ${printExpr(expr.filter)})`}${over.length === 0 ? '' : ` OVER(${over.join(' ')})`}`;
    }
  }
}

const printAmount = (n: number): string => (Number.isInteger(n) ? String(n) : printFloat(n));

export function printSortItem(item: SortItem): string {
  return printExpr(item.expr) + (item.descending ? ' DESC' : '');
}

function printOperand(expr: Expr, minPrecedence: number, bare = false): string {
  const text = print(expr, bare && precedenceOf(expr) >= minPrecedence);
  return precedenceOf(expr) < minPrecedence ? `(${text})` : text;
}

/** What `->` and `[` stand behind. A product gets its parentheses, since standard SQL would read them behind its last factor. */
function printObject(expr: Expr, bare: boolean): string {
  return printOperand(expr, !bare && (expr.kind === 'binary' || expr.kind === 'negate') ? PRIMARY_PRECEDENCE : POSTFIX_PRECEDENCE, bare);
}

function printOver(over: CallOver): string {
  const parts = [
    ...printPartition(over.partitionBy),
    ...(over.orderBy.length === 0 ? [] : [`ORDER BY ${over.orderBy.map(printSortItem).join(', ')}`]),
    ...(over.when === undefined ? [] : [`WHEN ${printExpr(over.when)}`]),
  ];
  return ` OVER (${parts.join(' ')})`;
}

const printPartition = (exprs: readonly Expr[]): string[] =>
  exprs.length === 0 ? [] : [`PARTITION BY ${exprs.map(printExpr).join(', ')}`];

/** An index or end of a slice: the grammar takes an integer there, or an expression that does not begin with one. */
function printEnd(expr: Expr): string {
  const text = printExpr(expr);
  return expr.kind === 'int' || !/^[-\d]/.test(text) ? text : `(${text})`;
}

const not = (expr: { readonly not: boolean }): string => (expr.not ? ' NOT' : '');
const qualified = (stream: string | undefined, name: string): string => (stream === undefined ? name : `${printName(stream)}.${name}`);
