// Runs work of a library that counts no steps (regular expressions) so that the thread gets it back after a time. Only for work that changes
// nothing that is used afterwards: it may be stopped anywhere. Costs some 0.2 ms a call, so callers take it for large inputs only.
import { createContext, Script } from 'node:vm';

/** @returns what the work gives, or undefined in `stopped` when the time was over */
export type Stoppable = <T>(work: () => T, limitMs: number) => { done: true; value: T } | { done: false };

export function createStoppable(): Stoppable {
  let holder: { work: (() => unknown) | undefined } | undefined;
  const call = new Script('work()', { filename: 'stoppable' });
  return <T>(work: () => T, limitMs: number) => {
    holder ??= createContext({ work: undefined }) as { work: (() => unknown) | undefined };
    holder.work = work;
    try {
      return { done: true, value: call.runInContext(holder, { timeout: limitMs }) as T };
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { done: false };
      throw error;
    } finally {
      holder.work = undefined;
    }
  };
}
