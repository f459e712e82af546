// Tree of a template. Built by parser.ts, turned into closures by compile.ts.
import type { Value } from '../data/value.ts';

export type Operand =
  | { kind: 'constant'; value: Value; untyped?: 'int' | 'float' }
  | { kind: 'dot' }
  | { kind: 'variable'; name: string }
  | { kind: 'function'; name: string }
  | { kind: 'group'; pipeline: Pipeline };

/** An operand and the fields taken from it: `$x.a.b`, `.a`, `(f .x).y`. */
export interface Term {
  operand: Operand;
  fields: readonly string[];
  line: number;
}

/** First term with its arguments. */
export interface Command {
  terms: readonly Term[];
  line: number;
}

export interface Pipeline {
  /** `$x :=`, `$i, $v :=`, `$x =` */
  variables: readonly string[];
  declares: boolean;
  commands: readonly Command[];
  line: number;
}

export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: readonly TemplateNode[]; otherwise: readonly TemplateNode[] }
  | { kind: 'template'; name: string; pipeline: Pipeline | undefined; line: number }
  | { kind: 'break' | 'continue' };

export interface TemplateTree {
  main: readonly TemplateNode[];
  defined: ReadonlyMap<string, readonly TemplateNode[]>;
}
