// Set of array elements with typed equality: int 2 is not float 2, null is an element. Scalars are hashed, nested values compared one
// by one. Used by array_union, array_intersect, array_except, array_contains_any and array_distinct.
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';

export class ElementSet {
  private readonly scalars = new Set<Value>();
  private readonly nested: Value[] = [];

  constructor(elements: readonly Value[] = []) {
    for (const e of elements) this.add(e);
  }

  has(e: Value): boolean {
    if (typeof e !== 'object' || e === null) return this.scalars.has(e ?? null);
    return this.nested.some((n) => deepEqual(n, e));
  }

  /** @returns false when an equal element was there */
  add(e: Value): boolean {
    if (this.has(e)) return false;
    if (typeof e !== 'object' || e === null) this.scalars.add(e ?? null);
    else this.nested.push(e);
    return true;
  }
}
