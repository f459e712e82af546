// Faults on demand for the image's tests. Nothing is installed unless KUIPER_TEST_HOOKS=1 is in the environment, which no
// shipped unit sets. Called once by the daemon's main; see test/image.
import type { Log } from '../base/log.ts';

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
