// What an expression inside a JSON path sees, and its compiled form. Shared by the files of this folder.
import type { Value } from '../value.ts';

export interface Scope {
  /** `$`, and where plain names are looked up. */
  readonly root: Value;
  /** `@`: the element that a filter or script looks at. */
  readonly current: Value;
}

/** @throws rowError when it cannot be computed */
export type Evaluable = (scope: Scope) => Value;

/** Why a path fails on a value. Thrown for each element that a filter or a descent passes over, so it is not an Error: one with a stack would cost
 *  more than the search. Becomes rowError where it leaves the path (index.ts). */
export class PathFailure {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
