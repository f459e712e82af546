// What GET /openapi.json says of one route: a line of operations/, turned into an operation by document.ts. A route without a line fails a test.
import type { OptionSpec } from '../../contract/props.ts';

/** What a route answers when all went well. */
export type Answer =
  | 'text'
  | 'none'
  | 'file'
  | 'events'
  | 'names'
  | 'object'
  | 'list'
  | 'any'
  | 'created'
  | 'tags'
  | { readonly schema: Readonly<Record<string, unknown>> };

export interface Operation {
  readonly summary: string;
  readonly answer: Answer;
  /** Status when all went well; default 200. */
  readonly ok?: number;
  /** Members of the body, or what else it is. */
  readonly body?: readonly OptionSpec[] | { readonly schema: Readonly<Record<string, unknown>> };
  /** Also as multipart/form-data, with this member for the file. */
  readonly form?: string;
  readonly query?: readonly OptionSpec[];
  /** Further statuses, beside the ones that every route may answer. */
  readonly also?: Readonly<Record<number, string>>;
}

/** By method and path of the router, e.g. `GET /rules/{name}`. */
export type Operations = Readonly<Record<string, Operation>>;

/** @param rest body, query and so on */
export const op = (summary: string, answer: Answer, rest: Omit<Operation, 'summary' | 'answer'> = {}): Operation => ({
  summary,
  answer,
  ...rest,
});

export const query = (name: string, doc: string, more: Partial<OptionSpec> = {}): OptionSpec => ({ name, type: 'string', doc, ...more });
