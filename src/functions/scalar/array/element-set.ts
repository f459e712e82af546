// Set of array elements with typed equality: int 2 is not float 2, null is an element. Scalars are hashed as they are, nested values by the
// text of their equality. Used by array_union, array_intersect, array_except, array_contains_any and array_distinct.
import { isBudgetError, spend } from '../../../base/budget.ts';
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';
import { equalityKey } from '../../../data/value-key.ts';

export class ElementSet {
  private readonly scalars = new Set<Value>();
  private readonly nested = new Map<string, Value>();
  /** Nested values with a member that could not be decoded: they are compared one by one, since only who reads that member fails. */
  private readonly unreadable: Value[] = [];

  constructor(elements: readonly Value[] = []) {
    for (const e of elements) this.add(e);
  }

  has(e: Value): boolean {
    spend(1);
    if (typeof e !== 'object' || e === null) return this.scalars.has(e ?? null);
    return this.hasNested(e, keyOf(e));
  }

  /** @returns false when an equal element was there */
  add(e: Value): boolean {
    spend(1);
    if (typeof e !== 'object' || e === null) {
      const before = this.scalars.size;
      this.scalars.add(e ?? null);
      return this.scalars.size > before;
    }
    const key = keyOf(e);
    if (this.hasNested(e, key)) return false;
    if (key === UNREADABLE) this.unreadable.push(e);
    else if (key !== undefined) this.nested.set(key, e);
    return true;
  }

  private hasNested(e: Value, key: string | undefined): boolean {
    if (this.unreadable.some((n) => deepEqual(n, e))) return true;
    if (key !== UNREADABLE) return key !== undefined && this.nested.has(key);
    for (const n of this.nested.values()) if (deepEqual(n, e)) return true;
    return false;
  }
}

/** No key begins with it. */
const UNREADABLE = '!';

function keyOf(e: Value): string | undefined {
  try {
    return equalityKey(e);
  } catch (error) {
    if (isBudgetError(error)) throw error;
    return UNREADABLE;
  }
}
