// What commands that follow something have in common: they end after so many, with Ctrl-C, or when the gateway ends them. Used by tail, tap, plot, events
// and logs.
import { CliError } from './cli-error.ts';
import type { CommandContext, Flag } from './command.ts';

export const countFlag = (what: string): Flag => ({ names: ['count', 'n'], doc: `end after so many ${what}` });

/** @returns Infinity without the flag  @throws CliError */
export function countOf({ flags }: Pick<CommandContext, 'flags'>): number {
  const { count } = flags;
  if (count === undefined) return Number.POSITIVE_INFINITY;
  const most = Number(count);
  if (!Number.isInteger(most) || most < 1) throw new CliError('--count is a whole number from 1.', 'usage');
  return most;
}

/** Aborts with Ctrl-C or when the process is told to end. */
export async function untilSignal<T>(work: (ended: AbortController) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const stop = () => ended.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(ended);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Resolves with the abort. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
