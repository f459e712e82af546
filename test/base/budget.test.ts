import { describe, expect, it, vi } from 'vitest';
import {
  Budget,
  beginMessage,
  checkNesting,
  enter,
  inFunction,
  isBudgetError,
  leave,
  reserve,
  reserveText,
  spend,
  within,
} from '../../src/base/budget.ts';
import { rowError } from '../../src/base/errors/gateway-error.ts';
import { sizeText } from '../../src/base/size-text.ts';

const limits = { maxSteps: 100_000, maxBytes: 1_000_000, maxTimeMs: 60_000 };
const on = <T>(budget: Budget, work: () => T): T => {
  const before = enter(budget);
  budget.forRow();
  try {
    return work();
  } finally {
    leave(before);
  }
};
const textOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(isBudgetError(error)).toBe(true);
    return (error as Error).message;
  }
  return '';
};

describe('a budget', () => {
  it('ends work at its limit of steps, to the step, and stays used up whoever swallows the error', () => {
    const budget = new Budget('rule r', limits);
    beginMessage();
    on(budget, () => {
      for (let i = 0; i < 100_000; i++) spend(1);
      expect(budget.steps).toBe(100_000);
      expect(textOf(() => spend(1))).toBe(
        'rule r: the work is more than 100,000 steps, the limit for one row (basic.rowBudget.maxSteps raises it)',
      );
      expect(textOf(() => spend(1))).toContain('100,000 steps');
    });
  });

  // @covers issue:13#2
  it('used up by time stays used up, until the neighbours of the row get their share', () => {
    let usedMs = 0;
    const clock = vi.spyOn(process, 'threadCpuUsage').mockImplementation(() => ({ user: usedMs * 1000, system: 0 }));
    const budget = new Budget('rule r', { ...limits, maxSteps: 1e9, maxTimeMs: 20 });
    beginMessage();
    on(budget, () => {
      spend(1_000_000);
      usedMs = 21;
      expect(textOf(() => spend(1_000_000))).toContain('the work took 21 ms; the limit for one row is 20 ms');
      expect(textOf(() => spend(1))).not.toBe('');
      budget.forgive();
      expect(textOf(() => spend(1_000_000))).toBe('');
    });
    clock.mockRestore();
  });

  it('is new for the next message, and shared by the rows of one, each of which adds 20 steps', () => {
    const budget = new Budget('rule r', limits);
    beginMessage();
    on(budget, () => spend(100_000));
    expect(textOf(() => on(budget, () => spend(21)))).toContain('100,020 steps');
    beginMessage();
    on(budget, () => spend(100_000));
    expect(textOf(() => on(budget, () => spend(20)))).toBe('');
    expect(textOf(() => on(budget, () => spend(21)))).toContain('100,040 steps');
  });

  it('refuses a result by its size before it is built, and results together', () => {
    const budget = new Budget('rule r', limits);
    beginMessage();
    on(budget, () => {
      reserve(1_000_000);
      expect(textOf(() => reserve(1))).toContain('the result');
    });
    beginMessage();
    expect(textOf(() => on(budget, () => reserveText(200 * 1024 * 1024)))).toBe(
      'rule r: the result would be 400 MB; the limit for one row is 977 kB (basic.rowBudget.maxBytes raises it)',
    );
  });

  it('has room for a window: a fortieth more for each further row, fifty times the limit at most', () => {
    const budget = new Budget('rule r', limits);
    const most = (rows: number): number => {
      let steps = 0;
      textOf(() => within(budget, rows, () => { for (;;) { spend(500); steps += 500; } })); // biome-ignore format: one look
      return steps;
    };
    expect(most(1)).toBe(100_000);
    expect(most(41)).toBe(200_000);
    expect(most(1_000_000)).toBe(5_000_000);
  });

  it('looks at the clock between slices of work', () => {
    const budget = new Budget('rule r', { ...limits, maxSteps: 1e12, maxTimeMs: 20 });
    const text = textOf(() => within(budget, 1, () => { for (;;) { spend(1); } })); // biome-ignore format: one look
    expect(text).toMatch(/^rule r: the work took \d+ ms; the limit for one row is 20 ms \(basic\.rowBudget\.maxTime raises it\)$/);
  });

  it('counts nothing outside of an evaluation', () => {
    expect(textOf(() => spend(1e15))).toBe('');
    expect(textOf(() => reserve(1e15))).toBe('');
  });

  it('is left when its evaluation ends, also by an error', () => {
    const [outer, inner] = [new Budget('rule outer', limits), new Budget('rule inner', limits)];
    beginMessage();
    on(outer, () => {
      expect(textOf(() => on(inner, () => spend(1e9)))).toContain('rule inner');
      spend(50_000);
      expect(outer.steps).toBe(50_000);
    });
  });

  it('gives neighbours of a failed row a share, forty times at most', () => {
    const budget = new Budget('', limits);
    within(budget, 1, () => {
      textOf(() => spend(200_000));
      let given = 0;
      for (let i = 0; i < 60; i++) {
        budget.forgive();
        if (textOf(() => spend(2_000)) === '') given++;
        textOf(() => spend(1e9));
      }
      expect(given).toBe(40);
    });
  });
});

describe('errors of a budget', () => {
  it('name the innermost function and leave other errors alone', () => {
    const budget = new Budget('rule r', limits);
    beginMessage();
    on(budget, () => {
      const inner = inFunction(budget.error('too much'), 'to_json') as Error;
      expect(inner.message).toBe('rule r, function to_json: too much');
      expect((inFunction(inner, 'concat') as Error).message).toBe('rule r, function to_json: too much');
    });
    const other = rowError('divided by zero');
    expect(inFunction(other, 'mod')).toBe(other);
  });

  it('say that a value is nested too deep', () => {
    expect(textOf(() => checkNesting(500))).toBe('');
    expect(textOf(() => checkNesting(501))).toContain('nested more than 500 levels deep');
  });

  it('of rows quote long values by their ends', () => {
    const text = rowError(`bad ${'x'.repeat(1_000_000)} end`).message;
    expect(text.length).toBeLessThan(3200);
    expect(text).toMatch(/^bad xxx.*characters left out.*xxx end$/);
    expect(rowError('y'.repeat(4096)).message.length).toBe(4096);
  });

  it('give sizes in words', () => {
    expect([0, 12, 1023, 1024, 1536, 10 * 1024, 400 * 1024 * 1024, 3 * 1024 ** 3].map(sizeText)).toEqual([
      '0 bytes',
      '12 bytes',
      '1023 bytes',
      '1 kB',
      '1.5 kB',
      '10 kB',
      '400 MB',
      '3 GB',
    ]);
  });
});

// @covers issue:13#2
describe('a window', () => {
  it.each([
    [41, 2],
    [121, 4],
    [100_000, 4],
  ])('of %i rows may build %i times the bytes of a message', (rows, times) => {
    const budget = new Budget('rule r', limits);
    within(budget, rows, () => {
      reserve(limits.maxBytes * times);
      expect(textOf(() => reserve(1))).toContain(`the limit is ${sizeText(limits.maxBytes * times)}`);
    });
  });
  it('of 100,000 rows may take fifty times the steps', () => {
    const budget = new Budget('rule r', limits);
    within(budget, 100_000, () => {
      spend(limits.maxSteps * 50);
      expect(textOf(() => spend(1))).toContain('5,000,000 steps');
    });
  });
});
