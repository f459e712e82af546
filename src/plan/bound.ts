// Expressions after binding: every name is a column of an input, an alias, metadata or a function definition. Made by bind/, rewritten
// by rules/, turned into closures by compile/expression.ts. Plain data; rewriting makes new nodes and never changes one, except for
// the expression of an alias, which all references share.
import type { ArgFact, FunctionDefinition } from '../contract/function.ts';
import type { StaticType, Value } from '../data/value.ts';
import type { Span, BinaryOp as WrittenOp } from '../sql/ast.ts';

/** Those of standard SQL alone are calls after binding. */
export type BinaryOp = Exclude<WrittenOp, '||' | '<<' | '>>'>;

interface Node {
  readonly span: Span;
}

/** A place of a row that an operator fills: result of an aggregate, of an analytic function, a cached alias. */
export interface PlanSlot {
  readonly id: number;
  /** For explain and checkpoints; unique in the plan. */
  readonly label: string;
}

export type BoundExpr =
  | BoundLiteral
  | BoundColumn
  | BoundAnyColumn
  | BoundAliasRef
  | BoundMeta
  | BoundWildcard
  | BoundCall
  | BoundBinary
  | BoundBetween
  | BoundIn
  | BoundLike
  | BoundCase
  | BoundMember
  | BoundIndex
  | BoundSlice
  | BoundLocal
  | BoundLambda
  | BoundShared;

/** A constant: a literal, or what folding made of one. `value` null stands for what eKuiper evaluates to nothing (a time unit). */
export interface BoundLiteral extends Node {
  readonly kind: 'literal';
  readonly value: Value;
  /** AST kind of the literal, for plan-time checks of arguments. */
  readonly node: 'int' | 'float' | 'string' | 'bool' | 'null' | 'folded';
}

export interface BoundColumn extends Node {
  readonly kind: 'column';
  readonly input: number;
  readonly name: string;
  readonly type: StaticType;
  /** Written with the name of its stream. */
  readonly qualified: boolean;
}

/** An unqualified name in a join of schemaless streams: the first joined row that has the field. */
export interface BoundAnyColumn extends Node {
  readonly kind: 'any-column';
  readonly name: string;
  readonly inputs: readonly number[];
}

/** Definition of an alias; shared by its references. */
export interface AliasDefinition {
  readonly name: string;
  expr: BoundExpr;
  /** Set by the alias rule when the value is kept in the row. */
  cache?: PlanSlot;
}

export interface BoundAliasRef extends Node {
  readonly kind: 'alias';
  readonly alias: AliasDefinition;
}

/** Metadata: `key` `*` is all of it. `input` undefined: the row's own, or the first joined row that has the key. */
export interface BoundMeta extends Node {
  readonly kind: 'meta';
  readonly input?: number;
  readonly key: string;
  readonly ignoreCase: boolean;
}

/** The whole row as an object. */
export interface BoundWildcard extends Node {
  readonly kind: 'wildcard';
  /** undefined = all inputs, earlier ones win. */
  readonly input?: number;
  readonly except: readonly string[];
  readonly replace: readonly { readonly name: string; readonly expr: BoundExpr }[];
}

export interface BoundCall extends Node {
  readonly kind: 'call';
  readonly def: FunctionDefinition;
  /** As written. */
  readonly name: string;
  /** Number of the call in its rule, for state. */
  readonly id: number;
  readonly args: readonly BoundExpr[];
  /** What is known of the arguments as written. */
  readonly facts: readonly ArgFact[];
  readonly filter?: BoundExpr;
  /** `f(DISTINCT x)`: `def` takes each value once. */
  readonly distinct?: true;
  readonly over?: { readonly partitionBy: readonly BoundExpr[]; readonly orderBy: readonly BoundSort[]; readonly when?: BoundExpr };
  /** Where an operator leaves the result: aggregates, analytic functions, row_number. Scalars have none. */
  readonly slot?: PlanSlot;
}

export interface BoundSort {
  readonly expr: BoundExpr;
  readonly descending: boolean;
}

export interface BoundBinary extends Node {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: BoundExpr;
  readonly right: BoundExpr;
}

export interface BoundBetween extends Node {
  readonly kind: 'between';
  readonly not: boolean;
  readonly value: BoundExpr;
  readonly low: BoundExpr;
  readonly high: BoundExpr;
}

export interface BoundIn extends Node {
  readonly kind: 'in';
  readonly not: boolean;
  readonly value: BoundExpr;
  readonly list?: readonly BoundExpr[];
  readonly set?: BoundExpr;
}

export interface BoundLike extends Node {
  readonly kind: 'like';
  readonly not: boolean;
  readonly value: BoundExpr;
  readonly pattern: BoundExpr;
}

export interface BoundCase extends Node {
  readonly kind: 'case';
  readonly value?: BoundExpr;
  readonly whens: readonly { readonly when: BoundExpr; readonly result: BoundExpr }[];
  readonly otherwise?: BoundExpr;
}

export interface BoundMember extends Node {
  readonly kind: 'member';
  readonly object: BoundExpr;
  readonly name: string;
  /** `a->1`: always an error when the object is there. */
  readonly computed: boolean;
  /** A column of the row with the member's name: eKuiper looks there when the object is none, and fails if it is set. */
  readonly shadow?: BoundExpr;
}

export interface BoundIndex extends Node {
  readonly kind: 'index';
  readonly object: BoundExpr;
  readonly index: BoundExpr;
}

export interface BoundSlice extends Node {
  readonly kind: 'slice';
  readonly object: BoundExpr;
  readonly from?: BoundExpr;
  readonly to?: BoundExpr;
}

/** What a name means that no stream has: the parameter of a lambda, the element of UNNEST. */
export interface LocalDefinition {
  readonly name: string;
  /** Where the element of UNNEST is; a parameter has a place of its own while its lambda runs. */
  readonly slot?: PlanSlot;
}

export interface BoundLocal extends Node {
  readonly kind: 'local';
  readonly local: LocalDefinition;
}

export interface BoundLambda extends Node {
  readonly kind: 'lambda';
  readonly params: readonly LocalDefinition[];
  readonly body: BoundExpr;
}

/** A subexpression that occurs more than once: computed at most once per row and kept in a slot. */
export interface BoundShared extends Node {
  readonly kind: 'shared';
  readonly expr: BoundExpr;
  readonly slot: PlanSlot;
}
