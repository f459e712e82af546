// The syntax tree of eKuiper's SQL: plain read-only data, told apart by `kind`, each node with the span of text it came from.
// The parser builds it (parser/index.ts), print.ts writes it back as text, plan/bind gives names a meaning. Nothing here knows
// streams or functions: `a.b` stays `column {stream:'a', name:'b'}` until the binder decides whether `a` is a stream or a struct.

import type { BinaryOperatorText } from '../data/arithmetic.ts';
import type { CreateStatement, DescribeStatement, DropStatement, ExplainStatement, ShowStatement } from './ast-ddl.ts';
import type { Node, Span } from './span.ts';

export type * from './ast-ddl.ts';
export type { Span } from './span.ts';

interface ExprNode extends Node {
  /** Written in parentheses. eKuiper treats `(x)` unlike `x` in CASE WHEN, HAVING, LIMIT, windows and field names; nobody else should care. */
  readonly parens?: true;
}

// ---- expressions ----------------------------------------------------------------------------------------------------------

export type Expr =
  | Literal
  | TimeUnitExpr
  | ColumnExpr
  | MetaRefExpr
  | WildcardExpr
  | BinaryExpr
  | BetweenExpr
  | InExpr
  | LikeExpr
  | IsExpr
  | NotExpr
  | NegateExpr
  | ArrayExpr
  | IntervalExpr
  | LambdaExpr
  | CaseExpr
  | MemberExpr
  | IndexExpr
  | SliceExpr
  | CallExpr
  | WindowExpr;

export type ExprKind = Expr['kind'];

export type Literal = IntLiteral | FloatLiteral | StringLiteral | BoolLiteral;

/** Integer literal, already clamped to int64 as eKuiper does (a negative sign directly before the digits belongs to it). */
export interface IntLiteral extends ExprNode {
  readonly kind: 'int';
  readonly value: bigint;
}

export interface FloatLiteral extends ExprNode {
  readonly kind: 'float';
  readonly value: number;
}

export interface StringLiteral extends ExprNode {
  readonly kind: 'string';
  /** The text after unescaping. */
  readonly value: string;
}

export interface BoolLiteral extends ExprNode {
  readonly kind: 'bool';
  readonly value: boolean;
}

/** ww weeks, mm months, qq quarters, yy years: standard SQL, in windows only. */
export type TimeUnit = 'yy' | 'qq' | 'mm' | 'ww' | 'dd' | 'hh' | 'mi' | 'ss' | 'ms';

/** A bare DD, HH, MI, SS or MS. Of use only as first window argument; eKuiper also takes it as a value, which is null. */
export interface TimeUnitExpr extends ExprNode {
  readonly kind: 'timeUnit';
  readonly unit: TimeUnit;
  /** As written: where no unit is meant it is a column in standard SQL. */
  readonly name?: string;
  /** Written as a name that is no reserved word (`month`): standard SQL. */
  readonly named?: true;
}

/** `name`, or `qualifier.name`. Names are as written, without back quotes, case kept. */
export interface ColumnExpr extends ExprNode {
  readonly kind: 'column';
  /** The part before the dot: a stream, an alias of one, or (the binder finds out) a struct column. */
  readonly stream?: string;
  readonly name: string;
}

/** A name inside `meta(...)` or `mqtt(...)`; there columns are not columns but keys of the metadata. `*` = all metadata. */
export interface MetaRefExpr extends ExprNode {
  readonly kind: 'metaRef';
  /** As in {@link ColumnExpr}: stream, alias, or a key that holds an object. */
  readonly stream?: string;
  readonly name: string;
}

/** `*`, `stream.*`, `* EXCEPT(a, b) REPLACE(x AS a)`. Only as a select field or as an argument of a call. */
export interface WildcardExpr extends ExprNode {
  readonly kind: 'wildcard';
  readonly stream?: string;
  readonly except: readonly string[];
  readonly replace: readonly SelectField[];
}

/** `||`, `<<` and `>>` are standard SQL only. */
export type BinaryOp = Exclude<BinaryOperatorText, 'IN' | 'NOT IN'> | '||' | '<<' | '>>';

export interface BinaryExpr extends ExprNode {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
}

/** `value [NOT] BETWEEN low AND high`, both ends included. */
export interface BetweenExpr extends ExprNode {
  readonly kind: 'between';
  readonly not: boolean;
  readonly value: Expr;
  readonly low: Expr;
  readonly high: Expr;
}

/** `value [NOT] IN (a, b)`: `list` is set; `value [NOT] IN expr`: `set` is set (an expression that gives an array). */
export interface InExpr extends ExprNode {
  readonly kind: 'in';
  readonly not: boolean;
  readonly value: Expr;
  readonly list?: readonly Expr[];
  readonly set?: Expr;
}

export interface LikeExpr extends ExprNode {
  readonly kind: 'like';
  readonly not: boolean;
  readonly value: Expr;
  readonly pattern: Expr;
}

/** `value IS [NOT] NULL | TRUE | FALSE`: standard SQL. */
export interface IsExpr extends ExprNode {
  readonly kind: 'is';
  readonly not: boolean;
  readonly value: Expr;
  readonly what: 'NULL' | 'TRUE' | 'FALSE';
}

/** `NOT condition`: standard SQL. */
export interface NotExpr extends ExprNode {
  readonly kind: 'not';
  readonly operand: Expr;
}

/** `-x` of anything but a number literal: standard SQL. */
export interface NegateExpr extends ExprNode {
  readonly kind: 'negate';
  readonly operand: Expr;
}

/** `[a, b]`: standard SQL. */
export interface ArrayExpr extends ExprNode {
  readonly kind: 'array';
  readonly items: readonly Expr[];
}

/** `INTERVAL 10 MINUTE`, `INTERVAL '1 day 2 hours'`: standard SQL. */
export interface IntervalExpr extends ExprNode {
  readonly kind: 'interval';
  /** At least one. */
  readonly parts: readonly IntervalPart[];
}

export interface IntervalPart {
  readonly amount: number;
  readonly unit: TimeUnit;
}

/** `x -> x > 3`, `(sum, x) -> sum + x`: an argument of the functions that take one (parser/lambda.ts). Standard SQL. */
export interface LambdaExpr extends ExprNode {
  readonly kind: 'lambda';
  /** At least one. */
  readonly params: readonly string[];
  readonly body: Expr;
}

export interface CaseExpr extends ExprNode {
  readonly kind: 'case';
  /** `CASE value WHEN x ...`; absent in `CASE WHEN condition ...`. */
  readonly value?: Expr;
  readonly whens: readonly CaseWhen[];
  readonly otherwise?: Expr;
}

export interface CaseWhen extends Node {
  readonly when: Expr;
  readonly result: Expr;
}

/** `object->name`, also written `object.name` after the first dot. */
export interface MemberExpr extends ExprNode {
  readonly kind: 'member';
  readonly object: Expr;
  readonly name: string;
  /** Set when eKuiper's grammar let something other than a name stand after `->` (`a->1`); evaluates to an error there. */
  readonly computed?: Expr;
}

/** `object[index]`, 0-based, negative from the end. */
export interface IndexExpr extends ExprNode {
  readonly kind: 'index';
  readonly object: Expr;
  readonly index: Expr;
}

/** `object[from:to]`; a missing end is absent; `object[]` is a slice with neither. */
export interface SliceExpr extends ExprNode {
  readonly kind: 'slice';
  readonly object: Expr;
  readonly from?: Expr;
  readonly to?: Expr;
}

export interface CallExpr extends ExprNode {
  readonly kind: 'call';
  /** As written; the function catalogue looks built-in names up in lower case. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: readonly Expr[];
  /** `f(DISTINCT x)`: each value once. Standard SQL. */
  readonly distinct?: true;
  /** `FILTER (WHERE cond)` of an aggregate: standard SQL. */
  readonly filter?: Expr;
  readonly over?: CallOver;
}

/** `OVER ([PARTITION BY ..] [ORDER BY ..] [WHEN ..])` of an analytic function (WHEN) or a window function (ORDER BY). */
export interface CallOver extends Node {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortItem[];
  readonly when?: Expr;
}

export type WindowType = 'tumbling' | 'hopping' | 'sliding' | 'session' | 'count' | 'state';

/** `TUMBLINGWINDOW(ss, 10) FILTER(WHERE ..) OVER(WHEN .. PARTITION BY ..)`. Meaningful as an item of GROUP BY only. */
export interface WindowExpr extends ExprNode {
  readonly kind: 'window';
  readonly type: WindowType;
  /** Function name as written. */
  readonly name: string;
  /** Set for the time windows: tumbling, hopping, sliding, session. */
  readonly unit?: TimeUnit;
  /** The unit is a name that is no reserved word (`month`, `week`, `day`): standard SQL. */
  readonly namedUnit?: true;
  /** Arguments after the unit. Time windows: int literals (tumbling [n], hopping [n, hop], sliding [n] or [n, delay],
   *  session [maxDuration, timeout]); count: [n] or [n, interval] (an interval of 0 or less counts as absent); state: [cond] or [begin, emit]. */
  readonly args: readonly Expr[];
  readonly filter?: Expr;
  /** OVER(WHEN cond): with eKuiper's answers honoured by sliding windows only. */
  readonly when?: Expr;
  /** OVER(PARTITION BY ..): with eKuiper's answers honoured by state windows only. Empty when absent. */
  readonly partitionBy: readonly Expr[];
}

// ---- SELECT ---------------------------------------------------------------------------------------------------------------

export interface SelectStatement extends Node {
  readonly kind: 'select';
  /** `WITH name AS (SELECT …), …` before it: standard SQL. */
  readonly with?: readonly NamedQuery[];
  /** The SELECTs behind UNION ALL: standard SQL. */
  readonly union?: readonly SelectStatement[];
  /** SELECT DISTINCT: standard SQL. */
  readonly distinct?: true;
  readonly fields: readonly SelectField[];
  readonly from: SourceRef;
  readonly joins: readonly Join[];
  /** `CROSS JOIN UNNEST(list) AS x`: standard SQL. */
  readonly unnests?: readonly Unnest[];
  readonly where?: Expr;
  /** GROUP BY items that are not windows, in written order. */
  readonly groupBy: readonly Expr[];
  /** The first window of GROUP BY. */
  readonly window?: WindowExpr;
  /** Further windows of GROUP BY: eKuiper takes the first one and ignores these. */
  readonly ignoredWindows: readonly WindowExpr[];
  readonly having?: Expr;
  /** QUALIFY: a condition on the results of analytic and window functions. Standard SQL. */
  readonly qualify?: Expr;
  readonly orderBy: readonly SortItem[];
  readonly limit?: Limit;
}

export interface SelectField extends Node {
  readonly expr: Expr;
  readonly alias?: string;
  readonly aliasSpan?: Span;
  /** Output name when there is no alias: column name, function name as written, `*`, else `kuiper_field_N`. */
  readonly name: string;
  readonly invisible: boolean;
  /** True when the whole expression stood in parentheses, which makes eKuiper name the field `kuiper_field_N`. */
  readonly parens: boolean;
}

/** One step of WITH. */
export interface NamedQuery extends Node {
  readonly name: string;
  readonly nameSpan: Span;
  readonly query: SelectStatement;
}

export interface SourceRef extends Node {
  /** `(SELECT …) AS name`: standard SQL. The alias is the name. */
  readonly query?: SelectStatement;
  readonly name: string;
  readonly nameSpan: Span;
  readonly alias?: string;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross';

export interface Join extends Node {
  /** `ASOF JOIN`: the newest row of the other side that there is. Standard SQL. */
  readonly asOf?: true;
  readonly type: JoinType;
  readonly source: SourceRef;
  readonly on?: Expr;
}

/** One row for each element of a list. */
export interface Unnest extends Node {
  readonly list: Expr;
  /** LEFT JOIN: a row whose list is empty or missing stays. */
  readonly outer: boolean;
  /** The name of the element. */
  readonly name: string;
  /** The name of its number, from 1. */
  readonly ordinal?: string;
}

export interface SortItem extends Node {
  readonly expr: Expr;
  readonly descending: boolean;
}

export interface Limit extends Node {
  readonly count: bigint;
}

export type Statement = SelectStatement | CreateStatement | DescribeStatement | DropStatement | ExplainStatement | ShowStatement;
