import { describe, expect, it } from 'vitest';
import { connectionCode, createConnectionStats } from '../../src/runtime/node-stats.ts';

describe('the code of a connection', () => {
  // @covers issue:21#4
  it('is -1 until it is reached for the first time, 1 while it is there, and 0 while it is away and tried again', () => {
    const c = createConnectionStats();
    expect(connectionCode(c)).toBe(0);
    c.state = 'disconnected';
    expect(connectionCode(c)).toBe(-1);
    c.state = 'connected';
    c.lastConnectedAtMs = 5;
    expect(connectionCode(c)).toBe(1);
    c.state = 'disconnected';
    expect(connectionCode(c)).toBe(0);
  });
});
