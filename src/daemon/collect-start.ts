// One thorough collection after the start: what loading and reading of settings left behind goes back to the system (about 6 MB), which V8 alone would
// keep until there is pressure. Once, when the gateway is up, some 30 ms; called by run.ts.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When it is done, after READY. */
const AFTER_MS = 250;

/** @param collect for tests; default: V8's own */
export function collectStart(collect: () => void = thorough): void {
  setTimeout(collect, AFTER_MS).unref();
}

function thorough(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (how: object) => void;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
