// Stream and table definitions and the other statements without a SELECT. A part of the tree of ast.ts, which exports it.
import type { Node, Span } from './span.ts';

export type SourceKind = 'stream' | 'table';

export interface CreateStatement extends Node {
  readonly kind: 'create';
  readonly object: SourceKind;
  readonly name: string;
  readonly nameSpan: Span;
  /** Empty = schemaless. */
  readonly fields: readonly FieldDef[];
  readonly options: StreamOptions;
}

export interface FieldDef extends Node {
  readonly name: string;
  readonly type: FieldType;
  /** DEFAULT value, converted to the type: BIGINT bigint, FLOAT number, STRING string, BOOLEAN boolean. */
  readonly default?: bigint | number | string | boolean;
}

export type BasicTypeName = 'bigint' | 'float' | 'string' | 'bytea' | 'datetime' | 'boolean';

/** Same shape as the schema in contract/schema.ts, so that parsed fields can be handed on as they are. */
export type FieldType = BasicType | ArrayType | StructType;

export interface BasicType extends Node {
  readonly kind: BasicTypeName;
}

export interface ArrayType extends Node {
  readonly kind: 'array';
  readonly element: FieldType;
}

export interface StructType extends Node {
  readonly kind: 'struct';
  readonly fields: readonly FieldDef[];
}

/** An option of WITH. `span` covers the value, `nameSpan` the name. */
export interface OptionValue<T extends string | boolean | number> extends Node {
  readonly value: T;
  readonly nameSpan: Span;
}

/** The 16 options of WITH, under their upper-case names. Absent = not written; written twice = the later one. */
export interface StreamOptions {
  readonly DATASOURCE?: OptionValue<string>;
  readonly FORMAT?: OptionValue<string>;
  readonly SCHEMAID?: OptionValue<string>;
  readonly DELIMITER?: OptionValue<string>;
  readonly KEY?: OptionValue<string>;
  readonly TYPE?: OptionValue<string>;
  readonly CONF_KEY?: OptionValue<string>;
  /** JSON object text (checked to be JSON). */
  readonly EXTRA?: OptionValue<string>;
  readonly STRICT_VALIDATION?: OptionValue<boolean>;
  readonly TIMESTAMP?: OptionValue<string>;
  readonly TIMESTAMP_FORMAT?: OptionValue<string>;
  readonly SHARED?: OptionValue<boolean>;
  /** Lower-cased: `scan` or `lookup`. */
  readonly KIND?: OptionValue<string>;
  /** Rows. */
  readonly RETAIN_SIZE?: OptionValue<number>;
  /** Lower-cased. */
  readonly VERSION?: OptionValue<string>;
  readonly TEMP?: OptionValue<boolean>;
}

export type StreamOptionName = keyof StreamOptions;

export interface DescribeStatement extends Node {
  readonly kind: 'describe';
  readonly object: SourceKind;
  readonly name: string;
}

export interface DropStatement extends Node {
  readonly kind: 'drop';
  readonly object: SourceKind;
  readonly name: string;
}

export interface ExplainStatement extends Node {
  readonly kind: 'explain';
  readonly object: SourceKind;
  readonly name: string;
}

export interface ShowStatement extends Node {
  readonly kind: 'show';
  readonly object: SourceKind;
}
