// The simulated machines of the demo: values in range, a fault when it is due, dropouts, nothing by chance in tests.
import { describe, expect, test } from 'vitest';
import { createMachine } from '../../src/daemon/demo/machine.ts';
import { createPrinter } from '../../src/daemon/demo/printer.ts';

/** A fixed sequence of numbers below 1 (mulberry32). */
function seeded(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('simulated machine', () => {
  const readings = (seed: number) => {
    const machine = createMachine({ device: 'pump-1', temperature: 62, vibration: 2.1, firstFaultMs: 7_000, random: seeded(seed) });
    return Array.from({ length: 2400 }, (_, i) => machine.read(i * 500));
  };

  test('the first fault comes when it is due and heats above the alarm', () => {
    const all = readings(1);
    expect(all.slice(0, 14).every((r) => r?.status === 'running')).toBe(true);
    const fault = all.slice(14, 30);
    expect(fault.every((r) => r?.status === 'fault')).toBe(true);
    expect(Math.max(...fault.map((r) => r!.temperature))).toBeGreaterThan(80);
    expect(all[30]?.status).toBe('running');
  });

  test('there are dropouts and further faults, and values stay physical', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const all = readings(seed);
      expect(all.filter((r) => r === undefined).length).toBeGreaterThan(0);
      expect(all.slice(40).filter((r) => r?.status === 'fault').length).toBeGreaterThan(0);
      for (const r of all)
        if (r) expect(r.temperature > 40 && r.temperature < 110 && r.vibration >= 0 && r.vibration < 12, JSON.stringify(r)).toBe(true);
    }
  });
});

describe('demo lines', () => {
  test('hold the measured values, plain when there is no terminal', () => {
    const lines: string[] = [];
    const printer = createPrinter((text) => lines.push(text), false);
    printer.result('demo/results/alarm', '{"device":"pump-1","temperature":83.26,"vibration":8.4}', 0);
    printer.result('demo/results/average', '{"device":"fan-2","temperature":41.04,"vibration":1.31,"readings":10}', 0);
    printer.result('demo/results/change', '{"device":"pump-1","status":"fault","before":"running"}', 0);
    printer.result('demo/results/alarm', 'not JSON', 0);
    expect(lines.map((l) => l.slice(10))).toEqual([
      'ALARM    pump-1     83.3 °C    8.40 mm/s\n',
      'average  fan-2      41.0 °C    1.31 mm/s (highest)  10 readings in 5 s\n',
      'change   pump-1    running → fault\n',
      'demo/results/alarm  not JSON\n',
    ]);
    expect(printer.results).toBe(4);
  });
});
