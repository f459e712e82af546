// Slots of a subscription: append while in use, no growth under churn, safe names.
import { describe, expect, it } from 'vitest';
import { createLayout } from '../../src/runtime/source/layout.ts';

describe('layout', () => {
  it('gives each name one slot and the whole object to *', () => {
    const layout = createLayout();
    const a = layout.acquire('a');
    const star = layout.acquire('*');
    expect(layout.acquire('a')).toBe(a);
    const row = { a: 1, b: 2 };
    const cols = layout.extract(row);
    expect(cols[a]).toBe(1);
    expect(cols[star]).toBe(row);
  });

  it('keeps slots of names in use when others come and go', () => {
    const layout = createLayout();
    const a = layout.acquire('a');
    for (let i = 0; i < 1000; i++) {
      layout.acquire(`c${i}`);
      layout.release(`c${i}`);
    }
    expect(layout.acquire('a')).toBe(a);
    expect(layout.extract({ a: 1 }).length).toBeLessThanOrEqual(2);
  });

  it('reads names of the prototype only when the row has them', () => {
    const layout = createLayout();
    const slots = ['__proto__', 'constructor', 'toString', 'a"]; process.exit(1); //'].map((n) => layout.acquire(n));
    expect(layout.extract({}).filter((v) => v !== undefined)).toEqual([]);
    const row = JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"a\\"]; process.exit(1); //":4}');
    expect(slots.map((s) => layout.extract(row)[s])).toEqual([1, 2, 3, 4]);
  });
});
