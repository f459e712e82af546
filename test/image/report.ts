// Named checks with times; a failed one is printed with its reason, and the next one still runs. Used by checks/*.ts.

export interface CheckResult {
  name: string;
  ok: boolean;
  seconds: number;
  /** A figure or fact worth keeping, or the reason of the failure. */
  note: string;
}

export interface Report {
  readonly results: CheckResult[];
  readonly failed: number;
  /** @param test returns a note; throws with the reason
   *  @returns whether it held */
  check(name: string, test: () => Promise<string | undefined>): Promise<boolean>;
}

/** @param only parts of names; others are left out, for work on one check */
export function createReport(only: readonly string[]): Report {
  const results: CheckResult[] = [];
  return {
    results,
    get failed() {
      return results.filter((r) => !r.ok).length;
    },
    async check(name, test) {
      if (only.length > 0 && !only.some((part) => name.includes(part)) && !name.startsWith('boot')) return true;
      const startMs = performance.now();
      let ok = true;
      let note = '';
      try {
        note = (await test()) ?? '';
      } catch (error) {
        ok = false;
        note = (error as Error).message;
      }
      const seconds = Math.round((performance.now() - startMs) / 100) / 10;
      results.push({ name, ok, seconds, note });
      process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)${note ? `: ${note}` : ''}\n`);
      return ok;
    },
  };
}

/** Fails the check with a reason that shows what was there. */
export function expectThat(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(reason.slice(0, 2000));
}
