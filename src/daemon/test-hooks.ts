// Faults on demand for the image's tests and those of crash protection. Nothing is installed unless KUIPER_TEST_HOOKS=1 is in the environment, which no
// shipped unit sets. Called once by the daemon's main; see test/image.
import { writeSync } from 'node:fs';
import type { Log } from '../base/log.ts';
import { defineScalar, type FunctionCatalogue, param } from '../contract/function.ts';
import type { Value } from '../data/value.ts';

/** SIGUSR2 freezes the event loop for ever: what a function plugin without an end does to us.
 *  @returns true when the hooks are on */
export function installTestHooks(env: Record<string, string | undefined>, log: Log): boolean {
  if (env['KUIPER_TEST_HOOKS'] !== '1') return false;
  process.on('SIGUSR2', () => {
    log.warn({}, 'Test hook: the event loop is frozen now.');
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (;;) Atomics.wait(cell, 0, 0, 3_600_000);
  });
  log.warn({}, 'Test hooks are on.');
  return true;
}

/** The healthy period of crash protection; only with the hooks on may a test shorten it (KUIPER_HEALTHY_AFTER_MS). */
export function healthyAfterMs(env: Record<string, string | undefined>, defaultMs: number): number {
  const wanted = Number(env['KUIPER_HEALTHY_AFTER_MS']);
  return env['KUIPER_TEST_HOOKS'] === '1' && wanted > 0 ? wanted : defaultMs;
}

/** Only with the hooks on: the process ends at that step of an import (KUIPER_KILL_AT, counted from 1), as a power cut would end it. */
export function importStep(env: Record<string, string | undefined>): (name: string) => void {
  let left = env['KUIPER_TEST_HOOKS'] === '1' ? Number(env['KUIPER_KILL_AT'] ?? 0) : 0;
  return (name) => {
    if (left === 0 || --left > 0) return;
    writeSync(1, `${JSON.stringify({ level: 'warn', msg: 'killed', step: name })}\n`);
    process.kill(process.pid, 'SIGKILL');
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (;;) Atomics.wait(cell, 0, 0, 3_600_000);
  };
}

/** Only with the hooks on: `test_poison(x)`, which ends the process for "kill", freezes it for "stop" (until the supervisor ends it) and else gives x
 *  back. Each evaluation of a poison is written to stdout, so that tries can be counted. @param plugins functions of plugins */
export function withTestFunctions(
  env: Record<string, string | undefined>,
  plugins: FunctionCatalogue | undefined,
): FunctionCatalogue | undefined {
  if (env['KUIPER_TEST_HOOKS'] !== '1') return plugins;
  const poison = defineScalar({
    name: 'test_poison',
    group: 'test',
    since: '0.2.0',
    pure: false,
    nulls: 'pass',
    params: [param('x', 'any')],
    returns: 'unknown',
    doc: 'Ends or freezes the process.',
    examples: [],
    exec(x: Value) {
      if (x !== 'kill' && x !== 'stop') return x;
      writeSync(1, `${JSON.stringify({ level: 'warn', msg: 'poison', x })}\n`);
      process.kill(process.pid, x === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      const cell = new Int32Array(new SharedArrayBuffer(4));
      for (;;) Atomics.wait(cell, 0, 0, 3_600_000);
    },
  });
  return {
    get: (name) => (name === 'test_poison' ? poison : plugins?.get(name)),
    names: () => [...(plugins?.names() ?? []), 'test_poison'],
  };
}
