// Where a node of the syntax tree stands in the text. Part of ast.ts, which exports it.

/** Half-open range [start, end) of UTF-16 offsets into the statement's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Node {
  readonly span: Span;
}
