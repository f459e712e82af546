// The collection after the start happens once, and after the start.
import { expect, it, vi } from 'vitest';
import { collectStart } from '../../src/daemon/collect-start.ts';

// @covers issue:24#6
it('what the start left behind is collected once, a moment after it', () => {
  vi.useFakeTimers();
  try {
    let times = 0;
    collectStart(() => times++);
    expect(times).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(times).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

it('works with the engine as it is', () => {
  vi.useFakeTimers();
  try {
    collectStart();
    expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
  } finally {
    vi.useRealTimers();
  }
});
