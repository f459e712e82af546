// Declared fields of a stream: CREATE STREAM s (a BIGINT, b STRUCT(x FLOAT)) WITH (…).
export type FieldType =
  | { kind: 'bigint' | 'float' | 'string' | 'bytea' | 'datetime' | 'boolean' }
  | { kind: 'array'; element: FieldType }
  | { kind: 'struct'; fields: readonly FieldDef[] };

export interface FieldDef {
  name: string;
  type: FieldType;
  /** DEFAULT literal, used with STRICT_VALIDATION when the field is missing. */
  default?: bigint | number | string | boolean;
}

/** undefined = schemaless */
export type StreamSchema = readonly FieldDef[];
