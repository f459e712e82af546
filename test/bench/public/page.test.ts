// The page of the public bench: where we lose stands first, and a cheap figure of somebody who lost messages does not count.
import { describe, expect, it } from 'vitest';
import { type JobResult, type Measured, type Repetition, rowsOf } from '../../../bench/public/measure.ts';
import { losses, page } from '../../../bench/public/page.ts';

const run = (us: number, delivered = 10): Repetition => ({ us, expected: 10, delivered, wrong: 0, lateMs: 1 });
const measured = (peer: string, runs: Repetition[]): Measured => ({ peer, runs, rssMB: 50 });
const job = (...peers: Measured[]): JobResult => ({ job: 'w1', doc: 'W1', rate: 100, count: 10, peers });
const us = (...values: number[]) =>
  measured(
    'kuiper-gateway',
    values.map((v) => run(v)),
  );

describe('where we lose', () => {
  // @covers issue:24#8
  it('names everybody who is cheaper by the median, the cheapest first', () => {
    const peers = [us(7, 8, 90), measured('A', [run(6)]), measured('B', [run(5)]), measured('C', [run(9)])];
    expect(losses([job(...peers)])).toEqual(['- **w1**: B costs 5.00 µs, we 8.00; A costs 6.00 µs, we 8.00']);
  });

  it('takes no account of somebody who lost messages', () => {
    expect(losses([job(us(8), measured('A', [run(1, 9)]))])).toEqual([]);
  });

  it('is where messages of ours are missing, were it ever so cheap, and where we could not be measured', () => {
    expect(losses([job(measured('kuiper-gateway', [run(1, 9)]), measured('A', [run(5)]))])).toEqual(['- **w1**: 1 missing, 0 wrong']);
    const failed = { ...us(), left: 'could not be started: no port\nmore' };
    expect(losses([job(failed)])).toEqual(['- **w1**: we could not be measured (could not be started: no port)']);
  });
});

describe('the page', () => {
  it('shows all that was measured, cheapest first, and names what was not', () => {
    const left = { ...measured('Bento', []), left: 'has no SQL; filters only' };
    const text = page({
      date: '2026-12-01',
      commit: 'abc',
      machine: { cpu: 'x', cores: 2, kernel: '6', loadAverage: 1 },
      options: { runs: 3, rate: 100 },
      absent: ['Telegraf'],
      jobs: [job(us(8, 9, 10), measured('A', [run(4), run(6, 7)]), left)],
    });
    expect(text).toContain('Not given, so not measured: Telegraf.');
    expect(text).toContain('In no job that was measured here.');
    expect(text.indexOf('| A | 5.00 (4.00–6.00) | 3 | 0 | 50 |')).toBeGreaterThan(0);
    expect(text.indexOf('| kuiper-gateway | 9.00 (8.00–10.0) | 0 | 0 | 50 |')).toBeGreaterThan(text.indexOf('| A |'));
    expect(text).toContain('Not in it: Bento has no SQL; filters only.');
  });
});

describe('results of tools', () => {
  it('are read as rows, lines and arrays of rows', () => {
    expect(rowsOf(['{"id":1}', '', '[{"id":2},{"id":3}]'])).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });
});
