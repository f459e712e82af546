import { describe, expect, it } from 'vitest';
import { and, or } from '../../src/data/logic.ts';
import type { Value } from '../../src/data/value.ts';

const never = (): Value => {
  throw new Error('the right side was evaluated');
};

describe('logic', () => {
  it('a left side that decides is enough', () => {
    expect(and(false, never)).toBe(false);
    expect(or(true, never)).toBe(true);
  });

  it('null is false, but a left side that decides is enough', () => {
    expect(and(null, () => true)).toBe(false);
    expect(and(true, () => null)).toBe(false);
    expect(or(null, () => true)).toBe(false);
    expect(or(false, () => undefined)).toBe(false);
    expect(or(true, () => null)).toBe(true);
  });

  it('other kinds are errors', () => {
    expect(() => and(1, () => true)).toThrow('invalid operation float64(1) AND bool(true)');
    expect(() => or(false, () => 'x')).toThrow('invalid operation bool(false) OR string(x)');
    expect(() => and([1], () => null)).toThrow('AND is an invalid operation for []interface {}');
  });
});
