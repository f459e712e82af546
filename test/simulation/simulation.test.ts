// The whole gateway in simulated worlds: 200 seeds are right, each of four breaks is found, the same seed gives the same trace, and what runs is what is
// shipped. Each run is a process of its own, since it replaces timers and sockets. `make simulate` runs more.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

function simulate(...args: string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/simulate.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.once('exit', (code) => resolve({ code, text }));
  });
}

describe('the gateway in simulated worlds', () => {
  // @covers issue:14#5
  it('loses nothing, doubles nothing without a reason, counts exactly and tells its faults, in 200 worlds', {
    timeout: 300_000,
  }, async () => {
    const halves = await Promise.all([simulate('1-100'), simulate('101-200')]);
    for (const { code, text } of halves)
      expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/^100 seeds, 0 with violations/) });
  });

  // rules and plugins that are replaced while the disk is full, while answers are late, and while a batch waits for its time
  it('is right in the worlds that once found rows twice', { timeout: 120_000 }, async () => {
    const { code, text } = await simulate('20807,31513,32251,42438');
    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/^4 seeds, 0 with violations/) });
  });

  it('goes the same way each time for the same seed', { timeout: 120_000 }, async () => {
    const { code, text } = await simulate('1-6', '--twice');
    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/^6 seeds, 0 with violations/) });
  });

  // @covers issue:14#5
  for (const [broken, says] of [
    ['ack-early', /lost \d+ messages, \d+ of them confirmed/],
    ['skip-sync', /lost \d+ messages, \d+ of them confirmed/],
    ['lose-drain', /lost \d+ messages, \d+ of them confirmed/],
    ['drop-dedup', /the counter says|again at/],
  ] as const)
    it(`finds within 100 seeds that the gateway was broken on purpose: ${broken}`, { timeout: 300_000 }, async () => {
      const { code, text } = await simulate('1-100', '--break', broken, '--no-shrink');
      expect({ code, text }).toEqual({ code: 1, text: expect.stringMatching(says) });
    });

  it('a failing seed prints its smallest run and the end of its trace', { timeout: 120_000 }, async () => {
    const { code, text } = await simulate('1-100', '--break', 'ack-early');
    expect(code).toBe(1);
    expect(text).toMatch(/smallest failing run of seed \d+: rules [\w-]+/);
    expect(text).toMatch(/\d+\.\d s (kill|power-cut|shutdown|kill-between-outputs)/);
    expect(text).toMatch(/VIOLATION rule [\w-]+ lost/);
  });
});

describe('the simulator', () => {
  /** Files that are loaded with a file, itself included. */
  const graphOf = (start: string): Set<string> => {
    const seen = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (seen.has(file) || !existsSync(file)) continue;
      seen.add(file);
      const text = readFileSync(file, 'utf8');
      for (const [statement, target] of text.matchAll(/(?:^|\n)(?:import|export)\s[^;]*?from '(\.[^']+)';/g))
        if (!/^\s*(?:import|export) type\b/.test(statement)) open.push(path.join(path.dirname(file), target!));
      for (const [, target] of text.matchAll(/import\('(\.[^']+)'\)/g)) open.push(path.join(path.dirname(file), target!));
    }
    return seen;
  };

  it('runs what is shipped: rules, operators, delivery, sinks, sources, connectors and the store', () => {
    const graph = graphOf('test/simulation/gateway.ts');
    const below = (folder: string) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile() && e.name.endsWith('.ts'))
        .map((e) => path.join(e.parentPath, e.name));
    for (const file of [
      'src/runtime/rule/rule.ts',
      'src/runtime/rule/run-host.ts',
      'src/runtime/delivery/ledger.ts',
      'src/runtime/delivery/cadence.ts',
      'src/runtime/checkpoint/checkpointer.ts',
      'src/runtime/sink/outbox.ts',
      'src/runtime/sink/durable-queue.ts',
      'src/runtime/link/link.ts',
      'src/runtime/source/source-node.ts',
      'src/store/sink-queue.ts',
      'src/store/checkpoint.ts',
      'src/service/rules/rule-service.ts',
      'src/service/rules/rule-plan.ts',
      'src/connectors/mqtt/connection.ts',
      'src/connectors/modbus/source.ts',
    ])
      expect(graph.has(file), file).toBe(true);
    // all operators, but for files that hold types only
    const operators = below('src/exec').filter((f) => /^export (?:function|const|class) /m.test(readFileSync(f, 'utf8')));
    expect(operators.length).toBeGreaterThan(15);
    expect(operators.filter((f) => !graph.has(f))).toEqual([]);
  });

  it('replaces the clock, the disk, sockets, randomness and timers, and nothing else', () => {
    const values = new Map<string, string[]>();
    for (const name of readdirSync('test/simulation').filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'))) {
      const text = readFileSync(path.join('test/simulation', name), 'utf8');
      const of = [...text.matchAll(/\nimport (?!type)[^;]*? from '\.\.\/\.\.\/(src\/[^']+)'/g)].map((m) => m[1]!);
      if (of.length > 0 && name !== 'gateway.ts') values.set(name, of);
    }
    // errors that peers give, the error of a disk, and the ledger that `--break` breaks
    expect(Object.fromEntries(values)).toEqual({
      'disk.ts': ['src/base/errors/gateway-error.ts'],
      'peers.ts': ['src/base/errors/gateway-error.ts'],
      'run.ts': ['src/runtime/delivery/ledger.ts'],
    });
    const put = readFileSync('test/simulation/gateway.ts', 'utf8');
    expect([...put.matchAll(/createRuntime\(\{|database: disk\.opener|random: \(\) => world\.random|createWorldClock\(/g)]).toHaveLength(4);
  });
});
